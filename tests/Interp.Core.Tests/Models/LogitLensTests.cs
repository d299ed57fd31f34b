using Interp.Hooks;
using Interp.Models;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Models;

public class LogitLensTests
{
    public static TheoryData<string> Folders => FixtureModels.Folders;

    private static Tensor Tokens => tensor(Enumerable.Range(0, 12).Select(i => (long)(i * 31 % 200)).ToArray(), [2, 6], device: CPU);

    [Theory]
    [MemberData(nameof(Folders))]
    public void Contributions_of_all_parts_and_the_bias_sum_to_the_logits(string folder)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = FixtureModels.Load(folder);
        var last = HookPoint.ResidPost(model.Config.LayerCount - 1);
        var parts = LogitLens.Parts(model.Config);
        using var run = model.Run(Tokens, [.. parts, last]);
        var asked = (Tokens * 7 + 3).remainder(200);
        var sum = LogitLens.Bias(model, asked);
        foreach (var part in parts)
            sum = sum + LogitLens.Attribution(model, run[part], run[last], asked);
        if (model.Config.LogitCap is { } cap)
            sum = cap * (sum / cap).tanh();
        Assert.InRange(FixtureModels.Distance(run.Logits!.gather(-1, asked.unsqueeze(-1)).squeeze(-1), sum), 0, 1e-10);
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void The_lens_of_the_last_residual_is_the_logits_and_of_any_other_the_logits_of_a_model_that_ends_there(string folder)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = FixtureModels.Load(folder);
        HookPoint first = HookPoint.ResidPost(0), last = HookPoint.ResidPost(model.Config.LayerCount - 1);
        using var run = model.Run(Tokens, [first, last]);
        Assert.InRange(FixtureModels.Distance(run.Logits!, LogitLens.Logits(model, run[last])), 0, 1e-12);
        using var cut = model.Run(Tokens, [], [new Intervention(last, new Change.Patch(run, first))]);
        Assert.InRange(FixtureModels.Distance(cut.Logits!, LogitLens.Logits(model, run[first])), 0, 1e-12);
    }

    [Fact]
    public void Values_of_another_width_are_refused()
    {
        using var scope = NewDisposeScope();
        using var model = FixtureModels.Load("phi3-plain");
        Assert.Contains("72 wide", Assert.Throws<InterpException>(() => LogitLens.Logits(model, zeros(1, 2, 9, device: CPU))).Message, StringComparison.Ordinal);
    }
}
