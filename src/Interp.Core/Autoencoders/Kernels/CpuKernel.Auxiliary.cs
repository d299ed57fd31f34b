using System.Diagnostics;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Autoencoders.Kernels;

internal sealed unsafe partial class CpuKernel<T>
{
    private readonly AlignedBuffer<int> deadLatents = new();
    private readonly AlignedBuffer<int> placeAmongDead = new();
    private readonly AlignedBuffer<T> deadBias = new();
    private readonly AlignedBuffer<T> auxiliarySums = new();
    private readonly GrownTensor deadWeights;
    private readonly DenseLatents<T> dense;
    private bool isDense;

    /// <summary>
    /// The AuxK term: the pre-activations of the latents that are dead after this batch are computed anew, from a compact copy of
    /// their encoder rows, because which they are is known only when the whole batch has been encoded.
    /// </summary>
    /// <returns>The term, and the factor that makes (ê-e) its gradient by ê.</returns>
    private (double Loss, double Scale) Auxiliary(TrainerState state, AuxiliaryLoss spec, int n, int dead, double error)
    {
        var room = spec.Room(width);
        var k = Math.Min(room, Math.Max(1, dead));
        ListDead();
        isDense = DenseLatents<T>.Pays(dead, room);
        auxiliary.Resize(isDense ? 0 : n, k);
        if (isDense)
            dense.Gather(state, deadLatents.Pointer, dead, n);
        using var weights = dead > 0 && !isDense ? GatherDead(state, dead) : null;
        var decoder = TensorMemory.Pointer<T>(state.DecoderWeight.Value);
        var count = ChunkScratch<T>.ChunkCount(n);
        var partial = chunkSums.Zeroed(2L * count);
        var sums = auxiliarySums.Zeroed((long)count * width);
        chunks.ForChunks(n, (chunk, start, rows, scratch) =>
        {
            var clock = Stopwatch.GetTimestamp();
            for (var row = start; row < start + rows; row++)
            {
                var r = Residual(row);
                Rows<T>.Copy(Residual(n + row), r, width);
                partial[2 * chunk + 1] += Rows<T>.SquaredDistance(r, residualMean.Pointer, width);
            }
            if (isDense)
                DenseChunk(n, start, rows, k, scratch);
            else if (weights is not null)
                SparseChunk(n, start, rows, k, weights, decoder, scratch);
            for (var row = start; row < start + rows; row++)
            {
                Rows<T>.AddScaled(sums + (long)chunk * width, Residual(n + row), T.One, width);
                partial[2 * chunk] += Rows<T>.SquaredNorm(Residual(n + row), width);
            }
            parts.Add(StepPart.Auxiliary, clock);
        });
        var deviation = SumOf(partial, count, 1);
        if (!(deviation > 0))
        {
            isDense = false;
            return double.IsNaN(error) ? (double.NaN, double.NaN) : (0, 0);
        }
        if (isDense)
            DenseBackward(n);
        var coefficient = spec.Coefficient * (spec.ScaleByDead ? Math.Min((double)dead / room, 1) : 1);
        return (coefficient * SumOf(partial, count, 0) / deviation, 2 * coefficient / deviation);
    }

    private void DenseChunk(int n, int start, int rows, int k, ChunkScratch<T> scratch)
    {
        using var scope = NewDisposeScope();
        dense.Forward(centred!.narrow(0, start, rows), residuals.View(n + start, rows, width), start, k, scratch);
    }

    private void DenseBackward(int n)
    {
        using var scope = NewDisposeScope();
        var clock = Stopwatch.GetTimestamp();
        dense.Backward(centred!, residuals.View(n, n, width));
        parts.AddTicks(StepPart.Auxiliary, (Stopwatch.GetTimestamp() - clock) * Workers.Count);
    }

    private void SparseChunk(int n, int start, int rows, int k, Tensor weights, T* decoder, ChunkScratch<T> scratch)
    {
        scratch.Encode(centred!, start, rows, weights, deadBias.Pointer, k);
        for (var row = start; row < start + rows; row++)
        {
            var indices = auxiliary.Indices(row);
            var active = scratch.Selector.Take(row - start, indices, auxiliary.Values(row));
            auxiliary.Counts[row] = active;
            for (var s = 0; s < active; s++)
                indices[s] = deadLatents.Pointer[indices[s]];
            Rows<T>.Decode(Residual(n + row), decoder, width, indices, auxiliary.Values(row), auxiliary.Products(row), active, scratch.Lanes(k));
        }
    }

    /// <summary>Fills the list of the dead latents and each latent's place in it, -1 for the living.</summary>
    private void ListDead()
    {
        var list = deadLatents.Ensure(latents);
        var places = placeAmongDead.Ensure(latents);
        var at = 0;
        for (var j = 0; j < latents; j++)
        {
            var isDead = flags.Pointer[j] != 0;
            places[j] = isDead ? at : -1;
            if (isDead)
                list[at++] = j;
        }
    }

    /// <summary>The encoder rows of the dead latents, one after the other, as a view that the caller disposes.</summary>
    private Tensor GatherDead(TrainerState state, int dead)
    {
        var to = deadWeights.Ensure<T>((long)dead * width);
        var from = TensorMemory.Pointer<T>(state.EncoderWeight.Value);
        var bias = TensorMemory.Pointer<T>(state.EncoderBias.Value);
        var biases = deadBias.Ensure(latents);
        for (var i = 0; i < dead; i++)
        {
            var j = deadLatents.Pointer[i];
            biases[i] = bias[j];
            Rows<T>.Copy(to + (long)i * width, from + (long)j * width, width);
        }
        return deadWeights.View(0, dead, width);
    }
}
