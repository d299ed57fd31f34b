using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Features;

/// <summary>A map of a dictionary: its unit decoder rows on their two first principal components, the same bits on every run.</summary>
public static class DecoderMap
{
    /// <summary>Places of the latents.</summary>
    /// <param name="rows">Decoder rows [M, d], on any device.</param>
    /// <param name="included">Which rows the components are found from, such as those of latents that fire; all are placed.</param>
    /// <returns>x and y [M], each scaled so that the farthest included row lies at 1; the sign makes the row of the largest magnitude positive.</returns>
    public static (float[] X, float[] Y) Of(Tensor rows, IReadOnlyList<bool> included)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Workers.SingleThreaded();
        var norms = rows.norm(1, keepdim: true, p: 2);
        var unit = rows.div(where(norms > 0, norms, ones_like(norms))).to(ScalarType.Float64, CPU);
        var used = tensor(included.Select((use, latent) => (use, latent)).Where(entry => entry.use).Select(entry => (long)entry.latent).ToArray(), device: CPU);
        if (used.numel() < 2)
            return (new float[included.Count], new float[included.Count]);
        var mean = unit.index_select(0, used).mean([0], keepdim: true);
        var centred = unit - mean;
        var fitted = centred.index_select(0, used);
        var (_, vectors) = linalg.eigh(fitted.t().mm(fitted));
        var width = vectors.size(1);
        return (Along(centred, used, vectors.narrow(1, width - 1, 1)), Along(centred, used, vectors.narrow(1, width - Math.Min(2, width), 1)));
    }

    private static float[] Along(Tensor rows, Tensor used, Tensor direction)
    {
        var places = rows.mm(direction).squeeze(1);
        var largest = places.index_select(0, used);
        var at = largest.abs().argmax().ToInt64();
        var scale = largest[at].ToDouble();
        using var scaled = (scale == 0 ? places : places / scale).to(ScalarType.Float32).contiguous();
        return TensorMemory.Span<float>(scaled).ToArray();
    }
}
