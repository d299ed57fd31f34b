using Interp.Activations;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Autoencoders;

/// <summary>Sets the threshold of a BatchTopK autoencoder from held-out tokens, so that its mean L0 there is its K.</summary>
public static class ThresholdCalibration
{
    private const int ChunkRows = 512;

    /// <summary>Puts the threshold half way between the K·n-th largest pre-activation of n tokens and the next.</summary>
    /// <param name="autoencoder">Of a kind of the BatchTopK family; its threshold is changed.</param>
    /// <param name="held">Held-out tokens, of which all are used.</param>
    /// <returns>The threshold, in the units in which the kind compares pre-activations.</returns>
    /// <exception cref="InterpException">The autoencoder has no such threshold.</exception>
    public static double Calibrate(SparseAutoencoder autoencoder, IActivationSource held)
    {
        if (autoencoder.Kind is not BatchTopKDictionary kind)
            throw new InterpException($"A {autoencoder.Kind.Name} autoencoder has no threshold to calibrate; give one of the BatchTopK family.");
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var wanted = autoencoder.K * held.Count + 1;
        var norm = kind.Rescale ? autoencoder.DecoderWeight.norm(1, keepdim: false, p: 2) : ones(1, dtype: autoencoder.Precision, device: autoencoder.Device);
        var largest = zeros(0, dtype: autoencoder.Precision, device: autoencoder.Device);
        for (var start = 0L; start < held.Count; start += ChunkRows)
        {
            using var inner = NewDisposeScope();
            var rows = Enumerable.Range((int)start, (int)Math.Min(ChunkRows, held.Count - start)).ToArray();
            var tokens = empty([rows.Length, held.Width], dtype: ScalarType.Float32, device: CPU);
            held.Gather(rows, TensorMemory.Span<float>(tokens));
            var u = autoencoder.Normalise(tokens).Values - autoencoder.DecoderBias;
            var pre = ((u.mm(autoencoder.EncoderWeight.t()) + autoencoder.EncoderBias) * norm).relu().view(-1);
            var all = cat([largest, pre], 0);
            var kept = all.topk((int)Math.Min(wanted, all.numel()), 0, largest: true, sorted: true).values;
            largest.Dispose();
            largest = kept.MoveToOuterDisposeScope();
        }
        var threshold = ((largest[-1] + largest[-2]) / 2).ToDouble();
        autoencoder.Extras[BatchTopKDictionary.Threshold].fill_(threshold);
        return threshold;
    }
}
