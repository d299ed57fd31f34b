using Interp.Features;
using Interp.Pretraining;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Features;

public class LatentSearchTests
{
    private static readonly string[] Months = ["She came in May.", "It was June when he left.", "The letter is from August.", "They met in April again."];
    private static readonly string[] Others = ["She came in the evening.", "It was raining when he left.", "The letter is from Anna.", "They met in Paris again.", "The cat sleeps."];

    /// <summary>Figures that let everything through.</summary>
    private static readonly GivenFigures Figures = new(1000, [.. Enumerable.Repeat(new float[] { 1, 2, 3, 4 }, 512)]);

    [Fact]
    public void Labelled_texts_rank_every_latent_that_fires_by_its_area()
    {
        var (positives, negatives) = (World.Microscope.Read(Months), World.Microscope.Read(Others));
        var found = LatentSearch.ByLabels(positives, negatives, Figures);
        var texts = positives.Concat(negatives).ToArray();
        bool[] labels = [.. texts.Select((_, i) => i < positives.Count)];
        var expected = Enumerable.Range(0, 512).Where(latent => texts.Any(text => text.ValuesOf(latent).Any(value => value > 0)))
            .ToDictionary(latent => latent, latent => RankedScores.Auc([.. texts.Select(text => (double)text.ValuesOf(latent).Max())], labels));
        Assert.Equal(expected.Keys.Order(), found.Select(latent => latent.Latent).Order());
        Assert.All(found, latent => Assert.Equal(expected[latent.Latent], latent.Auc.Auc, 1e-12));
        Assert.Equal(found.OrderByDescending(latent => latent.Auc.Auc).ThenByDescending(latent => latent.Gap).ThenBy(latent => latent.Latent), found);
        Assert.Equal(1, found[0].Auc.Auc);
        Assert.Equal(found.Take(3), LatentSearch.ByLabels(positives, negatives, Figures, limit: 3));
    }

    [Fact]
    public void A_text_finds_what_fires_in_it()
    {
        var reading = World.Microscope.Read(Months[0]);
        var found = LatentSearch.ByText(reading, Figures);
        Assert.Equal(reading.Fired.ToArray(), found.Latents.Select(latent => latent.Latent).Order());
        Assert.Equal(found.Latents.OrderByDescending(latent => latent.Score).Select(latent => latent.Latent), found.Latents.Select(latent => latent.Latent));
    }

    [Fact]
    public void A_direction_finds_decoder_rows_by_cosine()
    {
        var sae = World.Microscope.Sae;
        var rows = sae.DecoderWeight.to(ScalarType.Float64).data<double>().ToArray().Chunk(sae.Width).ToArray();
        var direction = LatentSearch.Difference(World.Microscope, Months, Others);
        double Cosine(double[] row) => row.Zip(direction, (a, b) => a * b).Sum() / Math.Sqrt(row.Sum(a => a * a) * direction.Sum(b => b * b));
        var found = LatentSearch.ByDirection(sae, direction, Figures);
        Assert.Equal(sae.Latents, found.Count);
        Assert.All(found, latent => Assert.Equal(Cosine(rows[latent.Latent]), latent.Score, 1e-5));
        Assert.Equal(Enumerable.Range(0, sae.Latents).MaxBy(latent => Cosine(rows[latent])), found[0].Latent);
        Assert.Equal([new FoundLatent(77, 1)], LatentSearch.ByDirection(sae, rows[77], Figures, limit: 1).Select(latent => latent with { Score = Math.Round(latent.Score, 5) }));
    }

    /// <summary>Rows of the hook of each text by itself, BOS aside.</summary>
    [Fact]
    public void The_difference_is_that_of_mean_rows_over_tokens()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        double[] Mean(string[] texts)
        {
            var rows = texts.Select(text =>
            {
                var ids = World.Microscope.IdsOf(text);
                using var run = World.Microscope.Model.Run(tensor(ids.Select(id => (long)id).ToArray(), [1, ids.Length]), [World.Microscope.Hook]);
                return run[World.Microscope.Hook][0].narrow(0, 1, ids.Length - 1).to(ScalarType.Float64).clone();
            }).ToArray();
            return cat(rows, 0).mean([0]).data<double>().ToArray();
        }
        var expected = Mean(Months).Zip(Mean(Others), (a, b) => a - b).ToArray();
        Assert.All(expected.Zip(LatentSearch.Difference(World.Microscope, Months, Others)), pair => Assert.Equal(pair.First, pair.Second, 1e-9));
    }

    [Fact]
    public void Filters_take_bounds_as_allowed()
    {
        var figures = new GivenFigures(100, [1, 2], [], [5, 6, 7, 8]);
        int[] Left(LatentFilter filter) => [.. Enumerable.Range(0, 3).Where(latent => filter.Accepts(figures, latent))];
        Assert.Equal([0, 1, 2], Left(new LatentFilter()));
        Assert.Equal([0, 2], Left(new LatentFilter { MinDensity = 0.02 }));
        Assert.Equal([0, 1], Left(new LatentFilter { MaxDensity = 0.02 }));
        Assert.Equal([0, 2], Left(new LatentFilter { MinMax = 2 }));
        Assert.Equal([1], Left(new LatentFilter { Dead = true }));
        Assert.Equal([0, 2], Left(new LatentFilter { Dead = false }));
        var found = Analysis.Of([AnalysisTests.Text([2f, 0, 8f])], [], figures, new AnalysisOptions { Filter = new LatentFilter { MinMax = 3 } });
        Assert.Equal((1, 2), (found.Fired, found.Latents.Single().Latent));
        Assert.Equal([2], LatentSearch.ByLabels([AnalysisTests.Text([2f, 0, 8f]), AnalysisTests.Text([2f])], [AnalysisTests.Text([0f]), AnalysisTests.Text([0f])], figures, new LatentFilter { MinMax = 3 }).Select(latent => latent.Latent));
    }

    [Fact]
    public void A_direction_that_is_none_is_refused()
    {
        Assert.Contains("128", Assert.Throws<InterpException>(() => LatentSearch.ByDirection(World.Microscope.Sae, [1], Figures)).Message, StringComparison.Ordinal);
        Assert.Contains("no length", Assert.Throws<InterpException>(() => LatentSearch.ByDirection(World.Microscope.Sae, new double[128], Figures)).Message, StringComparison.Ordinal);
        Assert.Contains("no token", Assert.Throws<InterpException>(() => LatentSearch.Difference(World.Microscope, Months, [""])).Message, StringComparison.Ordinal);
    }
}
