using Interp.Autoencoders;
using Interp.Core.Tests.Autoencoders;
using Interp.Core.Tests.Tokenization;
using Interp.Features;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Features;

public class DoseResponseTests
{
    private const int Latent = 307;

    private static readonly SteeringRecipe Recipe = new() { Prompt = "She will come in", Features = [new(Latent, 0, StrengthUnit.Raw, SteeringMode.Add)], Tokens = 16 };

    [Theory]
    [InlineData(new[] { 1, 2, 3 }, 0)]
    [InlineData(new[] { 1, 2, 3, 4, 1, 2, 3, 4, 1 }, 1 / 3.0)]
    [InlineData(new[] { 5, 5, 5, 5, 5, 5 }, 2 / 3.0)]
    [InlineData(new[] { 1, 2, 3, 4, 5 }, 0)]
    [InlineData(new[] { 1, 12, 3, 4, 11, 2, 3, 4 }, 0)]
    public void Repetition_is_the_share_of_runs_that_were_there(int[] ids, double expected) => Assert.Equal(expected, DoseResponse.Repetition(ids), 1e-12);

    /// <summary>Every number again by whole passes, with rows that are changed by hand: x + s·σ·d.</summary>
    [Fact]
    public void Each_point_is_its_formulas()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (microscope, model) = (World.Microscope, World.Microscope.Model);
        int[] watched = [300, 301, 302];
        var prompt = microscope.IdsOf(Recipe.Prompt);
        Tensor Tokens(IEnumerable<int> ids) => tensor(ids.Select(id => (long)id).ToArray()).unsqueeze(0);
        Tensor Logs(Tensor logits) => logits[0].to(ScalarType.Float64).log_softmax(1);
        int[] plain = [.. prompt, .. SteeredGeneration.Plain(microscope, Recipe).Select(token => token.Id)];
        double Watched(Tensor logs) => Enumerable.Range(prompt.Length - 1, plain.Length - prompt.Length + 1).Average(position => watched.Average(id => logs[position, id].ToDouble()));
        var points = DoseResponse.Of(microscope, Recipe, [0, 3, -2], watched).ToArray();
        foreach (var (point, strength) in points.Zip([0.0, 3.0, -2.0]))
        {
            using var run = model.Run(Tokens(plain), [microscope.Hook]);
            var rows = run[microscope.Hook].clone();
            for (var position = 1; position < plain.Length; position++)
                rows[0, position].add_(microscope.Sae.DecoderWeight[Latent] * (strength * rows[0, position].std(unbiased: true).ToDouble()));
            Assert.Equal(Watched(Logs(model.Resume(microscope.Hook, rows))) - Watched(Logs(model.Logits(Tokens(plain)))), point.Effect, 1e-4);
            var steered = SteeredGeneration.Steered(microscope, Recipe with { Features = [Recipe.Features[0] with { Strength = strength }] }).ToArray();
            int[] text = [.. prompt, .. steered.Select(token => token.Id)];
            var logs = Logs(model.Logits(Tokens(text)));
            var loss = Enumerable.Range(prompt.Length, steered.Length).Average(position => -logs[position - 1, text[position]].ToDouble());
            Assert.Equal(Math.Exp(loss), point.Perplexity!.Value, 1e-4 * Math.Exp(loss));
            Assert.Equal(string.Concat(steered.Select(token => token.Text)), point.Text);
            Assert.Equal(strength, point.Strength);
        }
        Assert.Equal(0, points[0].Effect, 1e-6);
    }

    /// <summary>At the maximum that a latent of the embedded dictionary has in its own texts, the tokens that it raises become likelier, and at twice that more so.</summary>
    [Fact]
    public void A_latent_raises_its_tokens()
    {
        var points = DoseResponse.Of(World.Microscope, Recipe, [0, 7, 14], DoseResponse.RaisedBy(World.Microscope, Latent)).ToArray();
        Assert.True(points[0].Effect < points[1].Effect && points[1].Effect < points[2].Effect, string.Join(' ', points.Select(point => point.Effect)));
        Assert.True(points[1].Effect > 0.5);
        Assert.True(points[2].Perplexity > points[0].Perplexity);
    }

    [Fact]
    public void The_raised_tokens_are_the_largest_logit_effects()
    {
        using var rows = World.Microscope.Sae.DecoderWeight.narrow(0, Latent, 1);
        var expected = LogitEffects.Of(World.Microscope.Model, rows, 4).Single().Raised.Select(effect => effect.Token);
        Assert.Equal(expected, DoseResponse.RaisedBy(World.Microscope, Latent, 4));
    }

    /// <summary>What attention mixes reaches the stream by a projection: it can be steered, and no token is directly a latent's.</summary>
    [Fact]
    public void Latents_that_do_not_write_to_the_stream_can_be_steered_and_raise_nothing()
    {
        using var folder = new TemporaryFolder();
        using (var sae = Samples.Autoencoder(40, 128, 5))
            SaeFolder.Write(folder.Path, sae, new SaeMetadata { HookName = "blocks.1.attn.hook_z" });
        using var microscope = Microscope.Open(World.Model, folder.Path);
        var recipe = Recipe with { Features = [new(3, 30, StrengthUnit.Raw, SteeringMode.Add)] };
        Assert.NotEqual(0, DoseResponse.Of(microscope, recipe, [30], [300]).Single().Effect, 1e-2);
        Assert.Contains("hook_z", Assert.Throws<InterpException>(() => DoseResponse.RaisedBy(microscope, 3)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dose_is_of_one_latent_and_watches_something()
    {
        Assert.Contains("one latent", Assert.Throws<InterpException>(() => DoseResponse.Of(World.Microscope, Recipe with { Features = [] }, [1], [3])).Message, StringComparison.Ordinal);
        Assert.Contains("watched", Assert.Throws<InterpException>(() => DoseResponse.Of(World.Microscope, Recipe, [1], [])).Message, StringComparison.Ordinal);
        Assert.Contains("finite", Assert.Throws<InterpException>(() => DoseResponse.Of(World.Microscope, Recipe, [double.NaN], [3])).Message, StringComparison.Ordinal);
        Assert.Empty(DoseResponse.Of(World.Microscope, Recipe, [], [3]));
    }
}
