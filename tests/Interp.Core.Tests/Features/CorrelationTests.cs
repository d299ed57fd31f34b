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

    /// <summary>All pairs are compared, and the structural components are summed as the paper writes them.</summary>
    [Theory]
    [InlineData(5, 7, 1)]
    [InlineData(20, 13, 4)]
    [InlineData(30, 30, 100)]
    public void The_interval_is_delongs_by_comparing_all_pairs(int m, int n, int levels)
    {
        var random = new RandomStream(3, $"auc/{levels}");
        double[] Draw(int count, double shift) => [.. Enumerable.Range(0, count).Select(_ => Math.Floor((random.NextNormal() + shift) * levels / 3))];
        var (x, y) = (Draw(m, 1), Draw(n, 0));
        double Psi(double a, double b) => a > b ? 1 : a == b ? 0.5 : 0;
        var area = x.Average(a => y.Average(b => Psi(a, b)));
        var s10 = x.Sum(a => Math.Pow(y.Average(b => Psi(a, b)) - area, 2)) / (m - 1);
        var s01 = y.Sum(b => Math.Pow(x.Average(a => Psi(a, b)) - area, 2)) / (n - 1);
        var half = 1.959963984540054 * Math.Sqrt(s10 / m + s01 / n);
        var found = AucInterval.Of(x, y);
        Assert.Equal(area, found.Auc, 1e-12);
        Assert.Equal(Math.Max(0, area - half), found.Low, 1e-12);
        Assert.Equal(Math.Min(1, area + half), found.High, 1e-12);
        Assert.Equal(RankedScores.Auc([.. x, .. y], [.. x.Select(_ => true), .. y.Select(_ => false)]), found.Auc, 1e-12);
    }

    [Fact]
    public void The_interval_holds_the_true_area_about_as_often_as_it_says()
    {
        var random = new RandomStream(5, "coverage");
        // P(N(1, 1) > N(0, 1)) = Φ(1/√2).
        const double truth = 0.7602499389065233;
        double[] Draw(double shift) => [.. Enumerable.Range(0, 60).Select(_ => random.NextNormal() + shift)];
        var held = Enumerable.Range(0, 1000).Count(_ => AucInterval.Of(Draw(1), Draw(0)) is var found && found.Low <= truth && truth <= found.High);
        Assert.InRange(held, 920, 980);
    }

    [Fact]
    public void Classes_of_one_have_no_interval()
    {
        Assert.Equal(new AucInterval(1, 1, 1), AucInterval.Of([2, 3], [0, 1]));
        Assert.Contains("1 positive", Assert.Throws<InterpException>(() => AucInterval.Of([2], [0, 1])).Message, StringComparison.Ordinal);
    }
}
