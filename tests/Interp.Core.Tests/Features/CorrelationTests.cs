using Interp.Features;
using Interp.Pretraining;
using Interp.Runtime;
using Xunit;

namespace Interp.Core.Tests.Features;

public class CorrelationTests
{
    [Fact]
    public void They_are_the_coefficients_by_hand()
    {
        Assert.Equal(3 / Math.Sqrt(2 * 42 / 9.0), Correlation.Pearson([1, 2, 3], [1, 2, 4])!.Value, 1e-14);
        Assert.Equal(-1, Correlation.Pearson([1, 2, 3], [5, 3, 1])!.Value, 1e-14);
        // Ranks 1, 2.5, 2.5, 4 and 1, 3, 2, 4.
        Assert.Equal(4.5 / Math.Sqrt(4.5 * 5), Correlation.Spearman([1, 2, 2, 30], [-5, 3, 2, 400])!.Value, 1e-14);
        Assert.Null(Correlation.Pearson([1, 1], [1, 2]));
        Assert.Null(Correlation.Spearman([1], [2]));
    }

    /// <summary>All pairs are compared, and the ends are where Hanley and McNeil's variance, as they write it, puts the area seen 1.96 deviations away.</summary>
    [Theory]
    [InlineData(5, 5, 1)]
    [InlineData(20, 20, 4)]
    [InlineData(30, 30, 100)]
    public void The_interval_is_newcombes_by_comparing_all_pairs(int m, int n, int levels)
    {
        var random = new RandomStream(3, $"auc/{levels}");
        double[] Draw(int count, double shift) => [.. Enumerable.Range(0, count).Select(_ => Math.Floor((random.NextNormal() + shift) * levels / 3))];
        var (x, y) = (Draw(m, 1), Draw(n, 0));
        var found = AucInterval.Of(x, y);
        Assert.Equal(x.Average(a => y.Average(b => a > b ? 1 : a == b ? 0.5 : 0)), found.Auc, 1e-12);
        Assert.Equal(RankedScores.Auc([.. x, .. y], [.. x.Select(_ => true), .. y.Select(_ => false)]), found.Auc, 1e-12);
        foreach (var end in new[] { found.Low, found.High })
        {
            var (q1, q2) = (end / (2 - end), 2 * end * end / (1 + end));
            var variance = (end * (1 - end) + (m - 1) * (q1 - end * end) + (n - 1) * (q2 - end * end)) / (m * n);
            Assert.Equal(Math.Abs(end - found.Auc), 1.959963984540054 * Math.Sqrt(variance), 1e-10);
        }
    }

    /// <summary>The evened sizes are those of unequal classes, and what is said of one side holds for the other.</summary>
    [Fact]
    public void Classes_may_be_of_unequal_size_and_change_places()
    {
        double[] x = [5, 6, 7, 8, 1], y = [2, 3, 6];
        var (found, mirrored) = (AucInterval.Of(x, y), AucInterval.Of(y, x));
        Assert.Equal(10.5 / 15, found.Auc, 1e-14);
        Assert.Equal(found.Low, 1 - mirrored.High, 1e-12);
        Assert.Equal(found.High, 1 - mirrored.Low, 1e-12);
        var (q1, q2) = (found.Low / (2 - found.Low), 2 * found.Low * found.Low / (1 + found.Low));
        var variance = (found.Low * (1 - found.Low) + 3 * (q1 + q2 - 2 * found.Low * found.Low)) / 15;
        Assert.Equal(found.Auc - found.Low, 1.959963984540054 * Math.Sqrt(variance), 1e-10);
    }

    /// <summary>DeLong's interval of five texts a side holds an area of 0.98 in a quarter of the draws, since most of them are told apart without a fault.</summary>
    [Theory]
    [InlineData(5, 1, 0.7602499389065233)]
    [InlineData(5, 3, 0.9830525732376554)]
    [InlineData(20, 3, 0.9830525732376554)]
    [InlineData(60, 1, 0.7602499389065233)]
    public void The_interval_holds_the_true_area_about_as_often_as_it_says(int texts, double shift, double truth)
    {
        // P(N(s, 1) > N(0, 1)) = Φ(s/√2).
        var random = new RandomStream(5, "coverage");
        double[] Draw(double mean) => [.. Enumerable.Range(0, texts).Select(_ => random.NextNormal() + mean)];
        var held = Enumerable.Range(0, 1000).Count(_ => AucInterval.Of(Draw(shift), Draw(0)) is var found && found.Low <= truth && truth <= found.High);
        Assert.InRange(held, 930, 990);
    }

    [Fact]
    public void Few_texts_told_apart_without_a_fault_leave_doubt()
    {
        var (two, twenty) = (AucInterval.Of([2, 3], [0, 1]), AucInterval.Of([.. Enumerable.Range(20, 20)], [.. Enumerable.Range(0, 20)]));
        Assert.Equal((1, 1), (two.Auc, two.High));
        Assert.InRange(two.Low, 0.2, 0.5);
        Assert.Equal((1, 1), (twenty.Auc, twenty.High));
        Assert.InRange(twenty.Low, 0.8, 0.9);
    }

    [Fact]
    public void Classes_of_one_have_no_interval() =>
        Assert.Contains("1 positive", Assert.Throws<InterpException>(() => AucInterval.Of([2], [0, 1])).Message, StringComparison.Ordinal);
}
