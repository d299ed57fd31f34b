using Interp.Hooks;
using Interp.Models;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Models;

public class InterventionTests
{
    private static readonly HookPoint Resid = HookPoint.ResidPost(1);
    private static readonly HookPoint Heads = new(HookSite.Mixed, 1);
    private static readonly HookPoint Map = new(HookSite.Pattern, 1);

    private readonly LanguageModel model = FixtureModels.Load("mistral-window");

    private static Tensor Tokens => tensor(new long[] { 5, 9, 100, 30, 7, 1, 77, 8 }, [2, 4], device: CPU);

    [Fact]
    public void Each_change_does_what_it_says()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var run = model.Run(Tokens, [Resid]);
        var x = run[Resid];
        float[] vector = [.. Enumerable.Range(0, model.Config.Width).Select(i => MathF.Sin(i))];
        var v = tensor(vector, dtype: ScalarType.Float64, device: CPU);
        var unit = v / v.norm();
        var along = (x * unit).sum(-1, keepdim: true);

        Same(v.expand_as(x), new Change.Replace(vector));
        Same(x + v * 2.5, new Change.Add(vector, 2.5));
        Same(x * -3, new Change.Scale(-3));
        Same(zeros_like(x), new Change.Zero());
        Same(x.mean([0, 1]).expand_as(x), new Change.Mean(run));
        Same(x - along * unit + along.clamp(0.1, 0.2) * unit, new Change.Clamp(vector, 0.1, 0.2));
        Same(x.exp(), new Change.Apply(value => value.exp()));

        void Same(Tensor expected, Change change)
        {
            using var changed = model.Run(Tokens, [Resid], [new Intervention(Resid, change)]);
            Assert.InRange(FixtureModels.Distance(expected, changed[Resid]), 0, 1e-12);
        }
    }

    [Fact]
    public void Positions_and_heads_bound_it_and_the_rest_keeps_its_bits()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var run = model.Run(Tokens, [Resid]);
        foreach (var (positions, expected) in new[] { (Positions.At(1, 3), new[] { 1, 3 }), (Positions.Range(2), [2, 3]), (Positions.Range(0, 1), [0]), (Positions.Where(p => p % 2 == 0), [0, 2]), (Positions.At(9), []) })
        {
            using var changed = model.Run(Tokens, [Resid], [new Intervention(Resid, new Change.Zero()) { Positions = positions }]);
            for (var position = 0; position < 4; position++)
                Assert.True(changed[Resid].select(1, position).equal(expected.Contains(position) ? zeros(2, model.Config.Width, ScalarType.Float64, CPU) : run[Resid].select(1, position)).all().ToBoolean());
        }

        using var heads = model.Run(Tokens, [Heads]);
        using var oneHead = model.Run(Tokens, [Heads], [new Intervention(Heads, new Change.Zero()) { Head = 2, Positions = Positions.Range(1) }]);
        var kept = ones_like(heads[Heads]);
        kept.narrow(1, 1, 3).narrow(2, 2, 1).zero_();
        Assert.True(oneHead[Heads].equal(heads[Heads] * kept).all().ToBoolean());

        using var maps = model.Run(Tokens, [Map]);
        using var oneMap = model.Run(Tokens, [Map], [new Intervention(Map, new Change.Scale(0.5)) { Head = 0, Positions = Positions.At(3) }]);
        var factors = ones_like(maps[Map]);
        factors.narrow(1, 0, 1).narrow(2, 3, 1).fill_(0.5);
        Assert.True(oneMap[Map].equal(maps[Map] * factors).all().ToBoolean());
    }

    [Fact]
    public void Several_follow_each_other_in_order()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        float[] ones = [.. Enumerable.Repeat(1f, model.Config.Width)];
        Intervention add = new(Resid, new Change.Add(ones)), scale = new(Resid, new Change.Scale(2));
        using var run = model.Run(Tokens, [Resid]);
        using var first = model.Run(Tokens, [Resid], [add, scale]);
        using var second = model.Run(Tokens, [Resid], [scale, add]);
        Assert.InRange(FixtureModels.Distance((run[Resid] + 1) * 2, first[Resid]), 0, 1e-12);
        Assert.InRange(FixtureModels.Distance(run[Resid] * 2 + 1, second[Resid]), 0, 1e-12);
    }

    [Fact]
    public void Patching_the_residual_stream_carries_the_other_run_over()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var other = model.Run(FixtureModels.Tokens(1, 2, 3, 4), [Resid]);
        using var patched = model.Run(Tokens, [], [new Intervention(Resid, new Change.Patch(other))]);
        for (var row = 0; row < 2; row++)
            Assert.InRange(FixtureModels.Distance(other.Logits![0], patched.Logits![row]), 0, 1e-12);

        using var shorter = model.Run(FixtureModels.Tokens(1, 2), [Resid]);
        using var start = model.Run(Tokens, [Resid], [new Intervention(Resid, new Change.Patch(shorter))]);
        using var plain = model.Run(Tokens, [Resid]);
        Assert.InRange(FixtureModels.Distance(shorter[Resid][0], start[Resid][1].narrow(0, 0, 2)), 0, 1e-12);
        Assert.True(start[Resid].narrow(1, 2, 2).equal(plain[Resid].narrow(1, 2, 2)).all().ToBoolean());
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using var noGrad = no_grad();
        Assert.Contains("3 numbers", Fault(new Intervention(Resid, new Change.Add([1, 2, 3]))), StringComparison.Ordinal);
        Assert.Contains("the site has none", Fault(new Intervention(Resid, new Change.Zero()) { Head = 0 }), StringComparison.Ordinal);
        Assert.Contains("head 4", Fault(new Intervention(Heads, new Change.Zero()) { Head = 4 }), StringComparison.Ordinal);
        Assert.Contains("no range", Fault(new Intervention(Resid, new Change.Clamp(new float[model.Config.Width], 2, 1))), StringComparison.Ordinal);
        Assert.Contains("keep the shape", Fault(Intervention.Of(Resid, x => x.narrow(1, 0, 1))), StringComparison.Ordinal);
        Assert.Throws<InterpException>(() => Positions.At(-1));
        Assert.Throws<InterpException>(() => Positions.Range(3, 2));
    }

    private string Fault(Intervention intervention)
    {
        using var scope = NewDisposeScope();
        return Assert.Throws<InterpException>(() => model.Run(Tokens, [], [intervention])).Message;
    }
}
