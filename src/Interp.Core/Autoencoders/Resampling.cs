using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Autoencoders;

/// <summary>
/// Resampling of dead latents (Bricken et al. 2023, Towards Monosemanticity): every so many steps each dead latent is given the
/// direction of a token that is badly reconstructed, drawn from the batch with a probability proportional to the square of its
/// loss. The decoder row gets that direction, of unit norm; the encoder row the same, of 0.2 times the mean norm of the living
/// encoder rows; the encoder bias and the optimiser's moments become 0, and the latent counts as having fired.
/// </summary>
/// <param name="Every">Steps between two resamplings.</param>
/// <param name="Until">The fraction of the run after which none follows, so that the last ones have time to learn.</param>
public sealed record Resampling(int Every, double Until = 0.75)
{
    private const double EncoderScale = 0.2;

    /// <summary>Whether one follows a step, counted from 0.</summary>
    internal bool IsDue(int step, int totalSteps) => (step + 1) % Every == 0 && step + 1 < Until * totalSteps;

    /// <summary>Resamples the dead latents.</summary>
    /// <param name="state">What is trained.</param>
    /// <param name="autoencoder">The same.</param>
    /// <param name="x">The batch as it enters the encoder [n, d].</param>
    /// <param name="k">Active latents of this step.</param>
    /// <param name="spec">The recipe, whose seed draws.</param>
    /// <returns>How many were resampled.</returns>
    internal static int Apply(TrainerState state, SparseAutoencoder autoencoder, Tensor x, int k, TrainingSpec spec)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var dead = (state.Silent > spec.Dead.Window).nonzero().squeeze(1);
        if (dead.numel() == 0)
            return 0;
        var loss = (autoencoder.DecodeNormalised(x, k) - x).square().sum(1).to(ScalarType.Float64).cpu();
        var chosen = tensor(Draw(loss.square().data<double>().ToArray(), (int)dead.numel(), new RandomStream(spec.Seed, $"train/resample/{state.Step}")), dtype: ScalarType.Int64, device: x.device);
        var directions = (x - state.DecoderBias.Value).index_select(0, chosen);
        directions.div_(directions.norm(1, keepdim: true, p: 2).clamp_min(1e-12));
        var living = (state.Silent <= spec.Dead.Window).nonzero().squeeze(1);
        var scale = living.numel() == 0 ? 1 : state.EncoderWeight.Value.index_select(0, living).norm(1, keepdim: false, p: 2).mean().ToDouble();

        state.DecoderWeight.Value.index_copy_(0, dead, directions);
        if (!state.Tied)
            state.EncoderWeight.Value.index_copy_(0, dead, directions * (EncoderScale * scale));
        state.EncoderBias.Value.index_fill_(0, dead, 0);
        foreach (var parameter in new[] { state.EncoderWeight, state.EncoderBias, state.DecoderWeight })
        {
            parameter.First.index_fill_(0, dead, 0);
            parameter.Second.index_fill_(0, dead, 0);
        }
        state.Silent.index_fill_(0, dead, 0);
        return (int)dead.numel();
    }

    /// <summary>Indices drawn with replacement, with probabilities proportional to the weights.</summary>
    private static long[] Draw(double[] weights, int count, RandomStream random)
    {
        var total = weights.Sum();
        var drawn = new long[count];
        for (var i = 0; i < count; i++)
        {
            var left = random.NextDouble() * total;
            var at = 0;
            while (at < weights.Length - 1 && left >= weights[at])
                left -= weights[at++];
            drawn[i] = at;
        }
        return drawn;
    }
}
