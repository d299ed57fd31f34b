using Interp.Core.Tests.Models;
using Interp.Features;
using Interp.Hooks;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Features;

public class AttributionTests
{
    private const string Prompt = "Anna has a black cat. The name of the";

    private static readonly Lazy<Microscope> wide = new(() => Microscope.Open(World.Model, World.Sae, precision: ScalarType.Float64));

    public static TheoryData<string> Folders => FixtureModels.Folders;

    /// <summary>Central differences in float64 along random directions, at two positions of two hooks.</summary>
    [Theory]
    [MemberData(nameof(Folders))]
    public void The_gradient_is_that_of_finite_differences(string folder)
    {
        using var scope = NewDisposeScope();
        using var model = FixtureModels.Load(folder);
        foreach (var hook in new[] { HookPoint.ResidPost(0), HookPoint.Parse("blocks.1.hook_mlp_out") })
        {
            var function = new LogitDifference(model, hook, [7, 100, 42, 19, 5], 3, 60);
            var (difference, rows, gradient) = function.Gradient();
            Assert.Equal(function.With([(-1, rows[0])])[0], difference, 1e-10);
            using var noGrad = no_grad();
            using var run = model.Run(FixtureModels.Tokens(7, 100, 42, 19, 5), [hook]);
            Assert.InRange(FixtureModels.Distance(rows, run[hook][0]), 0, 1e-12);
            Assert.Equal((run.Logits![0, 4, 3] - run.Logits[0, 4, 60]).ToDouble(), difference, 1e-10);
            var random = new RandomStream(2, folder);
            foreach (var position in new[] { 1, 4 })
            {
                var direction = tensor(Enumerable.Range(0, model.Config.Width).Select(_ => random.NextNormal()).ToArray());
                const double step = 1e-5;
                var around = function.With([(position, direction * step), (position, direction * -step)]);
                var along = gradient[position].dot(direction).ToDouble();
                Assert.Equal(along, (around[0] - around[1]) / (2 * step), 1e-6 * Math.Max(1, Math.Abs(along)));
            }
        }
    }

    /// <summary>
    /// In float64, by resumed passes over rows from which the latent's part is taken by hand: all of it for the effect, a little either way for the
    /// slope.
    /// </summary>
    [Fact]
    public void Attributions_are_slopes_and_effects_are_ablations()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var microscope = wide.Value;
        var (a, b) = (microscope.IdAfter(Prompt, " cat"), microscope.IdAfter(Prompt, " dog"));
        var result = Attribution.Of(microscope, Prompt, a, b, limit: 40, tried: 30);
        var ids = microscope.IdsOf(Prompt);
        using var run = microscope.Model.Run(tensor(ids.Select(id => (long)id).ToArray(), [1, ids.Length]), [microscope.Hook]);
        var x = run[microscope.Hook];
        double Difference(Tensor rows) => microscope.Model.Resume(microscope.Hook, rows)[0, -1] is var logits ? (logits[a] - logits[b]).ToDouble() : 0;
        double Without(LatentAttribution latent, double share)
        {
            var rows = x.clone();
            var deviation = x[0, latent.Position + 1].std(unbiased: true).ToDouble();
            rows[0, latent.Position + 1].sub_(microscope.Sae.DecoderWeight[latent.Latent] * (share * latent.Activation * deviation));
            return Difference(rows);
        }
        var clean = Difference(x);
        Assert.Equal(clean, result.Difference, 1e-9);
        Assert.Equal(40, result.Latents.Count);
        Assert.Equal(30, result.Tried);
        Assert.Equal(Enumerable.Range(0, ids.Length - 1).Sum(token => microscope.Read(Prompt).LatentsAt(token).Length), result.Active);
        Assert.All(result.Latents, latent => Assert.Equal((Without(latent, -1e-4) - Without(latent, 1e-4)) / 2e-4, latent.Attribution, 1e-6));
        Assert.All(result.Latents.Take(30), latent => Assert.Equal(clean - Without(latent, 1), latent.Effect!.Value, 1e-8));
        Assert.All(result.Latents.Skip(30), latent => Assert.Null(latent.Effect));
        Assert.Equal(result.Latents.OrderByDescending(latent => Math.Abs(latent.Attribution)), result.Latents);
        var (attributions, effects) = (result.Latents.Take(30).Select(latent => latent.Attribution).ToArray(), result.Latents.Take(30).Select(latent => latent.Effect!.Value).ToArray());
        Assert.Equal(Correlation.Pearson(attributions, effects), result.Pearson);
        Assert.Equal(Correlation.Spearman(attributions, effects), result.Spearman);
    }

    [Fact]
    public void Single_precision_gives_the_same_up_to_its_rounding()
    {
        var (a, b) = (World.Microscope.IdAfter(Prompt, " cat"), World.Microscope.IdAfter(Prompt, " dog"));
        var expected = Attribution.Of(wide.Value, Prompt, a, b, limit: 10).Latents;
        var found = Attribution.Of(World.Microscope, Prompt, a, b, limit: 400).Latents;
        Assert.All(expected, latent =>
        {
            var same = found.Single(other => other.Latent == latent.Latent && other.Position == latent.Position);
            Assert.Equal(latent.Attribution, same.Attribution, 1e-3);
        });
    }

    [Fact]
    public void The_other_way_round_everything_has_the_other_sign()
    {
        var (a, b) = (World.Microscope.IdAfter(Prompt, " cat"), World.Microscope.IdAfter(Prompt, " dog"));
        var (one, other) = (Attribution.Of(World.Microscope, Prompt, a, b, limit: 5), Attribution.Of(World.Microscope, Prompt, b, a, limit: 5));
        Assert.Equal(one.Difference, -other.Difference, 1e-5);
        Assert.All(one.Latents.Zip(other.Latents), pair => Assert.Equal((pair.First.Latent, pair.First.Attribution), (pair.Second.Latent, -pair.Second.Attribution)));
    }

    [Fact]
    public void It_leaves_no_tensors_behind()
    {
        _ = Attribution.Of(World.Microscope, Prompt, 5, 6);
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        _ = Attribution.Of(World.Microscope, Prompt, 5, 6);
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Tokens_and_continuations_that_are_none_are_refused()
    {
        Assert.Contains("no token 3671", Assert.Throws<InterpException>(() => Attribution.Of(World.Microscope, Prompt, 5, 3671)).Message, StringComparison.Ordinal);
        Assert.Contains("no token", Assert.Throws<InterpException>(() => Attribution.Of(World.Microscope, "", 5, 6)).Message, StringComparison.Ordinal);
        Assert.Contains("space", Assert.Throws<InterpException>(() => World.Microscope.IdAfter("The ca", "t")).Message, StringComparison.Ordinal);
        Assert.Throws<InterpException>(() => World.Microscope.IdAfter("The", ""));
        Assert.Equal(World.Microscope.IdsOf("The cat sleeps")[World.Microscope.IdsOf("The").Length], World.Microscope.IdAfter("The", " cat sleeps"));
    }
}
