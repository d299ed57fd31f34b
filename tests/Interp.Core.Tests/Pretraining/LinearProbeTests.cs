using Interp.Pretraining;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Pretraining;

public class LinearProbeTests
{
    [Theory]
    [InlineData(new double[] { 1, 2, 3, 4 }, new[] { false, false, true, true }, 1.0)]
    [InlineData(new double[] { 1, 2, 3, 4 }, new[] { true, true, false, false }, 0.0)]
    [InlineData(new double[] { 1, 1, 1, 1 }, new[] { true, false, true, false }, 0.5)]
    [InlineData(new double[] { 3, 1, 3, 2 }, new[] { true, false, false, true }, 2.5 / 4)]
    [InlineData(new double[] { 1, 2 }, new[] { true, true }, double.NaN)]
    public void Area_under_the_curve_counts_ties_half(double[] scores, bool[] labels, double expected) =>
        Assert.Equal(expected, RankedScores.Auc(scores, labels), 1e-12);

    [Fact]
    public void The_area_is_the_share_of_pairs_in_the_right_order()
    {
        var stream = new RandomStream(5, "auc");
        var scores = Enumerable.Range(0, 60).Select(_ => (double)stream.Next(12)).ToArray();
        var labels = scores.Select(_ => stream.Next(3) == 0).ToArray();
        var pairs = from i in Enumerable.Range(0, 60) where labels[i] from j in Enumerable.Range(0, 60) where !labels[j] select Math.Sign(scores[i] - scores[j]);
        Assert.Equal(pairs.Average(sign => (sign + 1) / 2.0), RankedScores.Auc(scores, labels), 1e-12);
    }

    [Fact]
    public void The_fit_sets_the_gradient_to_zero_and_finds_the_direction()
    {
        using var scope = NewDisposeScope();
        var stream = new RandomStream(7, "probe");
        var values = Enumerable.Range(0, 400 * 3).Select(_ => stream.NextNormal()).ToArray();
        var labels = Enumerable.Range(0, 400).Select(i => 2 * values[3 * i] - values[3 * i + 1] + stream.NextNormal() > 1).ToArray();
        var features = tensor(values, [400, 3], dtype: ScalarType.Float64, device: CPU);
        var (design, _, _) = LinearProbe.Standardise(features);
        var weights = LinearProbe.Fit(design, labels, penalty: 2, iterations: 30);

        var targets = tensor(labels.Select(holds => holds ? 1.0 : 0.0).ToArray(), dtype: ScalarType.Float64, device: CPU);
        var ridge = tensor(new[] { 2.0, 2, 2, 1e-6 }, dtype: ScalarType.Float64, device: CPU);
        var gradient = design.t().mv(design.mv(weights).sigmoid() - targets) + ridge * weights;
        Assert.True(gradient.abs().max().ToDouble() < 1e-6);
        Assert.True(RankedScores.Auc(LinearProbe.Score(design, weights), labels) > 0.9);
    }
}
