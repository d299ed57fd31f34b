using System.Diagnostics;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Autoencoders.Kernels;

internal sealed unsafe partial class CpuKernel<T>
{
    private readonly AlignedBuffer<int> deadLatents = new();
    private readonly AlignedBuffer<T> deadBias = new();
    private readonly AlignedBuffer<T> auxiliarySums = new();
    private Tensor? deadWeights;

    /// <summary>
    /// The AuxK term: the pre-activations of the latents that are dead after this batch are computed anew, from a compact copy of
    /// their encoder rows, because which they are is known only when the whole batch has been encoded.
    /// </summary>
    /// <returns>The term, and the factor that makes (ê-e) its gradient by ê.</returns>
    private (double Loss, double Scale) Auxiliary(TrainerState state, AuxiliaryLoss spec, int n, int dead, double error)
    {
        var k = Math.Min(spec.K ?? Math.Max(1, width / 2), Math.Max(1, dead));
        auxiliary.Resize(n, k);
        var weights = dead > 0 ? GatherDead(state, dead) : null;
        var decoder = TensorMemory.Pointer<T>(state.DecoderWeight.Value);
        var count = ChunkScratch<T>.ChunkCount(n);
        var partial = chunkSums.Zeroed(2L * count);
        var sums = auxiliarySums.Zeroed((long)count * width);
        chunks.ForChunks(n, (chunk, start, rows, scratch) =>
        {
            var clock = Stopwatch.GetTimestamp();
            if (weights is not null)
                scratch.Encode(centred!, start, rows, weights, deadBias.Pointer, k);
            for (var row = start; row < start + rows; row++)
            {
                var r = residuals.Pointer + (long)row * width;
                var e = residuals.Pointer + (long)(n + row) * width;
                Rows<T>.Scale(e, r, T.One, width);
                partial[2 * chunk + 1] += Rows<T>.SquaredDistance(r, residualMean.Pointer, width);
                if (weights is not null)
                    AuxiliaryRow(row, scratch.Selector.Take(row - start, auxiliary.Indices(row), auxiliary.Values(row)), e, decoder);
                Rows<T>.AddScaled(sums + (long)chunk * width, e, T.One, width);
                partial[2 * chunk] += Rows<T>.SquaredNorm(e, width);
            }
            parts.Add(StepPart.Auxiliary, clock);
        });
        weights?.Dispose();
        var deviation = SumOf(partial, count, 1);
        if (!(deviation > 0))
            return double.IsNaN(error) ? (double.NaN, double.NaN) : (0, 0);
        var coefficient = spec.Coefficient * (spec.ScaleByDead ? Math.Min((double)dead / (spec.K ?? Math.Max(1, width / 2)), 1) : 1);
        return (coefficient * SumOf(partial, count, 0) / deviation, 2 * coefficient / deviation);
    }

    private void AuxiliaryRow(int row, int active, T* e, T* decoder)
    {
        var indices = auxiliary.Indices(row);
        auxiliary.Counts[row] = active;
        for (var s = 0; s < active; s++)
            indices[s] = deadLatents.Pointer[indices[s]];
        Rows<T>.AddWeighted(e, decoder, width, indices, auxiliary.Values(row), active);
        Rows<T>.DotMany(auxiliary.Products(row), e, decoder, width, indices, active);
    }

    /// <summary>The encoder rows of the dead latents, one after the other, as a view that the caller disposes.</summary>
    private Tensor GatherDead(TrainerState state, int dead)
    {
        deadWeights ??= empty([latents, width], dtype: type, device: CPU).DetachFromDisposeScope();
        var to = TensorMemory.Pointer<T>(deadWeights);
        var from = TensorMemory.Pointer<T>(state.EncoderWeight.Value);
        var bias = TensorMemory.Pointer<T>(state.EncoderBias.Value);
        var list = deadLatents.Ensure(latents);
        var biases = deadBias.Ensure(latents);
        var at = 0;
        for (var j = 0; j < latents; j++)
        {
            if (flags.Pointer[j] == 0)
                continue;
            list[at] = j;
            biases[at] = bias[j];
            new ReadOnlySpan<T>(from + (long)j * width, width).CopyTo(new Span<T>(to + (long)at * width, width));
            at++;
        }
        return deadWeights.narrow(0, 0, dead);
    }
}
