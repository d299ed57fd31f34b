using Interp.Activations;
using Interp.Autoencoders;
using Interp.Evaluation;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Evaluation;

public class ReconstructionEvaluationTests
{
    /// <summary>
    /// Latents e0 and e1 with decoders (1, 0) and (0, 2), and a third that never fires; no biases; K = 1. The tokens (2, 1),
    /// (1, 3), (4, 0) then have latents 2 at 0, 3 at 1, 4 at 0, and reconstructions (2, 0), (0, 6), (4, 0).
    /// </summary>
    private static SparseAutoencoder Autoencoder() => new(
        tensor(new float[] { 1, 0, 0, 1, -1, -1 }, [3, 2], device: CPU), zeros(3, device: CPU),
        tensor(new float[] { 1, 0, 0, 2, 1, 1 }, [3, 2], device: CPU), zeros(2, device: CPU), 1, InputTransform.None);

    private static readonly MemoryActivations Tokens = new(2, [2, 1, 1, 3, 4, 0]);

    [Fact]
    public void Every_metric_has_its_hand_computed_value()
    {
        using var autoencoder = Autoencoder();
        var result = ReconstructionEvaluation.Run(autoencoder, Tokens);

        // Errors (0, 1), (1, -3), (0, 0): squares 1, 10, 0. Mean (7/3, 4/3): deviations² 2/9, 41/9, 41/9.
        const double variance = (2 + 41 + 41) / 9.0;
        Assert.Equal(3, result.Tokens);
        Assert.Equal([7 / 3.0, 4 / 3.0], result.Mean);
        Equal(11 / variance, result.Fvu);
        Equal(1 - 11 / variance, result.ExplainedVariance);
        Equal(11 / 3.0, result.MsePerToken);
        Equal(11 / 6.0, result.Mse);
        Equal((1 / 5.0 + 10 / 10.0 + 0) / 3, result.NmseAboutZero);
        Equal((1 - 9 / 2.0 + 1 - 90 / 41.0 + 1) / 3, result.EvPerTokenLegacy);
        Equal(1, result.L0);
        Equal(3, result.L1);
        Equal((4 / (Math.Sqrt(5) * 2) + 18 / (Math.Sqrt(10) * 6) + 1) / 3, result.Cosine);
        Equal((2 / Math.Sqrt(5) + 6 / Math.Sqrt(10) + 1) / 3, result.L2Ratio);
        Equal((4 + 36 + 16) / (4 + 18 + 16.0), result.RelativeReconstructionBias);
        Assert.Equal([2, 1, 0], result.FiredCounts);
        Assert.Equal(1, result.Dead);
        Equal(2 / 3.0, result.Density(0));
        Equal(1 / 3.0, result.ShareDenserThan(0.5));
    }

    [Fact]
    public void Counting_alone_gives_the_same_counts()
    {
        using var autoencoder = Autoencoder();
        Assert.Equal([2, 1, 0], ReconstructionEvaluation.FiredCounts(autoencoder, Tokens));
    }

    [Fact]
    public void The_number_of_threads_moves_no_bit_and_no_tensor_is_left()
    {
        using var rows = randn([5000, 2], device: CPU);
        var source = MemoryActivations.Of(rows);
        using var autoencoder = Autoencoder();
        ReconstructionEvaluation.Run(autoencoder, source);
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        var results = new[] { 1, 3 }.Select(count =>
        {
            var outer = Workers.Count;
            Workers.Count = count;
            try
            {
                return ReconstructionEvaluation.Run(autoencoder, source);
            }
            finally
            {
                Workers.Count = outer;
            }
        }).ToArray();
        Assert.Equal(results[0].FiredCounts, results[1].FiredCounts);
        Assert.Equal((results[0].Fvu, results[0].Cosine, results[0].L1), (results[1].Fvu, results[1].Cosine, results[1].L1));
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    private static void Equal(double expected, double actual) => Assert.Equal(expected, actual, 1e-12);
}
