using Interp.Runtime;

namespace Interp.Autoencoders.Kernels;

internal sealed unsafe partial class CpuKernel<T>
{
    private double pulled;
    private AlignedBuffer<T>? deadColumns;

    /// <summary>
    /// The pre-activation loss of a dead latent, coefficient·mean over tokens of relu(θ-p)·‖D‖: each token below the threshold pulls
    /// alike. Its pre-activations were kept while the batch was encoded.
    /// </summary>
    /// <returns>Σ of the gradients by θ, the gradient by ‖D‖, and the loss.</returns>
    private (T Weight, double NormGradient, double Loss) PullUp(int j, T* encoderRow, AlignedBuffer<int> rows, AlignedBuffer<T> weights)
    {
        var n = work.Tokens;
        var columns = deadColumns!.Pointer + placeAmongDead.Pointer[j];
        var (threshold, norm, bias) = (rule.Threshold(j), rule.Norms[j], TensorMemory.Pointer<T>(work.State.EncoderBias.Value)[j]);
        var weight = T.CreateChecked(rule.PreActivation / n) * norm;
        var at = rows.Ensure(n);
        var by = weights.Ensure(n);
        var below = 0;
        var distance = 0.0;
        for (var row = 0; row < n; row++)
        {
            var pre = columns[(long)row * deadCount] + bias;
            at[below] = row;
            by[below] = -weight;
            below += pre < threshold ? 1 : 0;
            distance += pre < threshold ? double.CreateChecked(threshold - pre) : 0;
        }
        Rows<T>.AddWeighted(encoderRow, centred.Pointer, width, at, by, below);
        var share = rule.PreActivation / n * distance;
        return (weight * T.CreateChecked(below), share, share * double.CreateChecked(norm));
    }
}
