using Interp.Core.Tests.Models;
using Interp.Features;
using Interp.Models;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Features;

public class LogitEffectsTests
{
    public static TheoryData<string> Folders => FixtureModels.Folders;

    private static Tensor Directions(LanguageModel model, int count)
    {
        var random = new RandomStream(4, "directions");
        return tensor(Enumerable.Range(0, count * model.Config.Width).Select(_ => random.NextNormal()).ToArray(), [count, model.Config.Width], device: CPU);
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void They_are_direct_attributions_about_their_mean_over_the_vocabulary(string folder)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = FixtureModels.Load(folder);
        var directions = Directions(model, 2);
        var effects = LogitLens.Effects(model, directions)[0];
        var vocabulary = model.Config.VocabularySize;
        Tensor Everywhere(Tensor row) => row.expand(1, vocabulary, model.Config.Width);
        var attributed = LogitLens.Attribution(model, Everywhere(directions[0]), Everywhere(directions[1]), arange(vocabulary, dtype: ScalarType.Int64).unsqueeze(0)).squeeze(0);
        var centred = attributed - attributed.mean();
        var divided = centred.dot(effects) / effects.dot(effects);
        Assert.InRange(divided.ToDouble(), 0.5, 2);
        Assert.InRange(FixtureModels.Distance(centred, effects * divided), 0, 1e-10);
    }

    [Fact]
    public void The_listed_tokens_are_the_extremes_in_their_order()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = FixtureModels.Load("phi3-plain");
        var rows = Directions(model, 300);
        var effects = LogitLens.Effects(model, rows).to(ScalarType.Float32);
        var listed = LogitEffects.Of(model, rows, 3).ToArray();
        Assert.Equal(300, listed.Length);
        for (var latent = 0; latent < 300; latent += 37)
        {
            var all = effects[latent].data<float>().ToArray();
            var order = Enumerable.Range(0, all.Length).OrderByDescending(token => all[token]).ThenBy(token => token).ToArray();
            Assert.Equal(order.Take(3).Select(token => new LogitEffect(token, all[token])), listed[latent].Raised);
            Assert.Equal(order.Reverse().Take(3).Select(token => new LogitEffect(token, all[token])), listed[latent].Lowered);
        }
    }
}
