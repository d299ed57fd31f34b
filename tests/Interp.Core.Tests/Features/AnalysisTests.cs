using Interp.Features;
using Interp.Runtime;
using Xunit;

namespace Interp.Core.Tests.Features;

/// <summary>Figures that are given: each latent's firings, ascending, among some tokens.</summary>
internal sealed class GivenFigures(int tokens, params float[][] firings) : ILatentFigures
{
    public int Latents => firings.Length;

    public float MaxOf(int latent) => firings[latent].DefaultIfEmpty(0).Max();

    public double DensityOf(int latent) => firings[latent].Length / (double)tokens;

    public double MeanOf(int latent) => firings[latent].DefaultIfEmpty(0).Average();

    public double QuantileOf(int latent, float value) => firings[latent].Count(other => other < value) / (double)firings[latent].Length;
}

/// <summary>Maxima of 1, and nothing that a score needs.</summary>
internal sealed class UnscoredFigures : ILatentFigures
{
    public int Latents => 4;

    public float MaxOf(int latent) => 1;

    public double DensityOf(int latent) => throw new NotSupportedException();

    public double MeanOf(int latent) => throw new NotSupportedException();

    public double QuantileOf(int latent, float value) => throw new NotSupportedException();
}

public class AnalysisTests
{
    /// <summary>Latent 0: max 10; latent 1: max 4; latent 2: dead in the figures; latent 3: max 1, dense.</summary>
    private static readonly GivenFigures Figures = new(100, [1, 2, 5, 10], [1, 2, 3, 4], [], [.. Enumerable.Range(1, 50).Select(i => i / 50f)]);

    /// <summary>A text whose tokens have the given values of latents 0, 1, …</summary>
    internal static Reading Text(params float[][] tokens) => new(new string('x', tokens.Length), new int[tokens.Length], [.. tokens.Select(_ => "x")], new float[tokens.Length],
        [.. tokens.Select(values => values.Select((value, latent) => (Latent: latent, Value: value)).Where(pair => pair.Value > 0).OrderByDescending(pair => pair.Value).ToArray())]);

    private static int[] Found(Reading[] sentences, Reading[] contrast, double threshold = 0.7, double share = 0.8) =>
        [.. Analysis.Of(sentences, contrast, Figures, new AnalysisOptions { Threshold = threshold, Share = share, Limit = null }).Latents.Select(latent => latent.Latent).Order()];

    [Fact]
    public void The_threshold_is_reached_at_it_and_not_below()
    {
        Assert.Equal([0], Found([Text([7f, 0])], []));
        Assert.Empty(Found([Text([6.99f, 0])], []));
        Assert.Equal([1], Found([Text([0, 1f], [0, 4f])], [], threshold: 1));
        Assert.Empty(Found([Text([0, 3.99f])], [], threshold: 1));
    }

    /// <summary>In doubles 0.28 · 25 exceeds 7; at least a share of 0.8 of 5 is 4.</summary>
    [Theory]
    [InlineData(5, 0.8, 4)]
    [InlineData(25, 0.28, 7)]
    [InlineData(10, 0.7, 7)]
    [InlineData(3, 1.0, 3)]
    [InlineData(6, 0.5, 3)]
    [InlineData(5, 0.81, 5)]
    [InlineData(4, 0.0, 1)]
    public void A_share_is_at_least_so_many_sentences(int sentences, double share, int needed)
    {
        Reading[] With(int firing) => [.. Enumerable.Range(0, sentences).Select(i => i < firing ? Text([10f, 0]) : Text([0f, 0]))];
        Assert.Equal([0], Found(With(needed), [], share: share));
        Assert.Empty(Found(With(needed - 1), [], share: share));
    }

    [Fact]
    public void One_contrast_text_that_reaches_the_threshold_excludes_and_one_below_does_not()
    {
        Reading[] sentences = [Text([10f, 4f]), Text([0, 0], [8f, 4f])];
        Assert.Equal([0, 1], Found(sentences, []));
        Assert.Equal([1], Found(sentences, [Text([0f, 0]), Text([0f, 0], [7f, 0])]));
        Assert.Equal([0, 1], Found(sentences, [Text([6.9f, 0])]));
    }

    [Fact]
    public void Dead_latents_never_qualify_and_a_text_beyond_the_maximum_has_reached_it()
    {
        Assert.Equal([0], Found([Text([25f, 0, 9f])], [], threshold: 1));
        Assert.Empty(Found([Text([0, 0, 9f])], [], threshold: 0));
        var beyond = Analysis.Of([Text([25f, 0])], [], Figures).Latents.Single();
        Assert.Equal((10f, 1.0), (beyond.Max, beyond.Quantile));
        Assert.Equal([25f], beyond.Sentences[0]);
    }

    /// <summary>A threshold of 0 still asks for a token on which the latent fires.</summary>
    [Fact]
    public void Silence_reaches_no_threshold() => Assert.Equal([0], Found([Text([0.1f, 0])], [Text([0f, 3f])], threshold: 0));

    [Fact]
    public void The_score_is_its_formula()
    {
        // Quantiles of latent 0 among its firings 1, 2, 5, 10: three of four lie below 10 and 8, all below 25, two below 5.
        var result = Analysis.Of([Text([10f, 0]), Text([8f, 0], [2f, 0]), Text([25f, 0])], [Text([5f, 0]), Text([0f, 0])], Figures).Latents.Single();
        double[] sentences = [0.75, 0.75, 1], contrast = [0.5, 0];
        var (background, square) = Analysis.Background([1, 2, 1], 0.04);
        var against = (0.5 + 0 + 10 * background) / 12;
        var other = (0.25 + 0 + 10 * square) / 12 - against * against;
        var variance = sentences.Average(value => Math.Pow(value - sentences.Average(), 2));
        var effect = (sentences.Average() - against) / Math.Sqrt((variance + other) / 2 + 0.04);
        Assert.Equal(effect, result.Effect, 1e-12);
        Assert.Equal(sentences.Average(), result.Quantile, 1e-12);
        Assert.Equal(sentences.Average() * effect, result.Score, 1e-12);
        Assert.Equal(1, result.Share);
        Assert.Equal([8f, 2f], result.Sentences[1]);
        Assert.Equal([5f], result.Contrast[0]);
    }

    /// <summary>Against many random texts of tokens that fire with the density and have uniform quantiles.</summary>
    [Theory]
    [InlineData(0.3, 4, 9)]
    [InlineData(0.01, 12, 12)]
    public void Without_a_contrast_the_background_is_that_of_random_texts(double density, int one, int other)
    {
        var random = new RandomStream(7, "background");
        double Peak(int length) => Enumerable.Range(0, length).Max(_ => random.NextDouble() < density ? random.NextDouble() : 0);
        var peaks = Enumerable.Range(0, 200_000).Select(i => Peak(i % 2 == 0 ? one : other)).ToArray();
        var (mean, square) = Analysis.Background([one, other], density);
        Assert.Equal(peaks.Average(), mean, 0.005);
        Assert.Equal(peaks.Average(peak => peak * peak), square, 0.005);
    }

    [Fact]
    public void A_rare_latent_ranks_before_a_dense_one_that_fires_alike()
    {
        Reading[] sentences = [Text([10f, 0, 0, 1f], [0, 0, 0, 0]), Text([10f, 0, 0, 1f], [0, 0, 0, 0])];
        var ranked = Analysis.Of(sentences, [], Figures).Latents;
        Assert.Equal([0, 3], ranked.Select(latent => latent.Latent));
        Assert.True(ranked[0].Effect > ranked[1].Effect);
    }

    /// <summary>Both are silent in the one text of the contrast, which says less of the dense one.</summary>
    [Fact]
    public void A_contrast_does_not_hide_that_a_latent_is_dense()
    {
        Reading[] sentences = [Text([10f, 0, 0, 1f], [0, 0, 0, 0]), Text([10f, 0, 0, 1f], [0, 0, 0, 0])];
        var ranked = Analysis.Of(sentences, [Text([0f, 0, 0, 0])], Figures).Latents;
        Assert.Equal([0, 3], ranked.Select(latent => latent.Latent));
        Assert.True(ranked[0].Effect > ranked[1].Effect + 0.5);
    }

    [Fact]
    public void The_limit_cuts_what_is_shown_and_not_what_is_counted()
    {
        Reading[] sentences = [Text([10f, 4f, 5f, 1f])];
        var result = Analysis.Of(sentences, [], Figures, new AnalysisOptions { Limit = 2 });
        Assert.Equal((4, 3, 2, 2), (result.Fired, result.Qualified, result.Shown, result.Latents.Count));
        Assert.Equal(3, Analysis.Of(sentences, [], Figures, new AnalysisOptions { Limit = null }).Latents.Count);
    }

    [Fact]
    public void How_many_there_are_is_known_before_any_is_scored()
    {
        var result = Analysis.Of([Text([1f, 1f, 0.1f, 1f])], [Text([1f])], new UnscoredFigures(), new AnalysisOptions { Limit = null });
        Assert.Equal((4, 2, 2), (result.Fired, result.Qualified, result.Shown));
        Assert.Throws<NotSupportedException>(() => result.Latents);
    }

    /// <summary>Latent 0 reaches 0.5 in both sentences and 0.52 in one; latent 1 reaches 0.75 in one alone.</summary>
    [Fact]
    public void Where_none_qualifies_the_nearest_lower_step_at_which_one_does_is_told()
    {
        Reading[] sentences = [Text([5f, 3f]), Text([0, 0], [5.2f, 0])];
        double? Nearest(double threshold, double share = 1, params Reading[] contrast) =>
            Analysis.Of(sentences, contrast, Figures, new AnalysisOptions { Threshold = threshold, Share = share }).Nearest;
        Assert.Equal(0.5, Nearest(0.7));
        Assert.Equal(0.5, Nearest(0.51));
        Assert.Null(Nearest(0.5));
        Assert.Equal(0.75, Nearest(0.9, share: 0.5));
        Assert.Equal(0.5, Nearest(0.7, contrast: Text([4.9f])));
        Assert.Null(Nearest(0.7, contrast: Text([5f])));
        Assert.Equal([0], Found(sentences, [], threshold: 0.5, share: 1));
    }

    /// <summary>At every step of a maximum that no step divides without rounding, what is told qualifies and the next step does not.</summary>
    [Fact]
    public void The_nearest_threshold_is_one_at_which_asking_again_finds_something()
    {
        var figures = new GivenFigures(100, [1, 0.3f]);
        for (var i = 1; i <= 300; i++)
        {
            Reading[] sentences = [Text([i / 300f])];
            var nearest = Analysis.Of(sentences, [], figures, new AnalysisOptions { Threshold = 1, Share = 1 }).Nearest;
            int At(double threshold) => Analysis.Of(sentences, [], figures, new AnalysisOptions { Threshold = threshold, Share = 1 }).Qualified;
            Assert.Equal(i < 300 && i >= 15, nearest is not null);
            if (nearest is { } threshold)
                Assert.Equal((1, 0), (At(threshold), At((Math.Round(threshold * Analysis.Steps) + 1) / Analysis.Steps)));
        }
    }

    [Fact]
    public void A_hundred_thousand_latents_cost_what_fires()
    {
        const int many = 100_000;
        var figures = new GivenFigures(1000, [.. Enumerable.Repeat(new float[] { 1 }, many)]);
        Reading[] sentences = [.. Enumerable.Range(0, 5).Select(_ => new Reading("xx", [0, 0], ["x", "x"], [0, 0], [[(7, 1f), (99_999, 1f)], [(50_000, 0.1f)]]))];
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal([7, 99_999], Analysis.Of(sentences, [], figures).Latents.Select(latent => latent.Latent));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000);
    }

    [Fact]
    public void What_cannot_be_asked_is_refused()
    {
        Assert.Contains("no sentence", Assert.Throws<InterpException>(() => Analysis.Of([], [], Figures)).Message, StringComparison.Ordinal);
        Assert.Contains("1.5", Assert.Throws<InterpException>(() => Found([Text([1f])], [], threshold: 1.5)).Message, StringComparison.Ordinal);
        Assert.Contains("NaN", Assert.Throws<InterpException>(() => Found([Text([1f])], [], share: double.NaN)).Message, StringComparison.Ordinal);
        Assert.Throws<InterpException>(() => Analysis.Of([Text([1f])], [], Figures, new AnalysisOptions { Limit = 0 }));
    }
}
