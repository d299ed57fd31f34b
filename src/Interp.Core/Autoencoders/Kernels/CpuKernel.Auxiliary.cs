using System.Diagnostics;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Autoencoders.Kernels;

internal sealed unsafe partial class CpuKernel<T>
{
    private readonly AlignedBuffer<T> deadBias = new();
    private readonly AlignedBuffer<T> deadNorms = new();
    private readonly AlignedBuffer<T> auxiliarySums = new();
    private readonly GrownTensor deadWeights;
    private readonly ExpectedDead<T> expected;
    private readonly DenseHelpers<T> helpers;
    private bool isHelpedDensely;

    /// <summary>
    /// The AuxK term. Where the dense way does not pay, the pre-activations of the dead latents are computed anew from a compact copy
    /// of their encoder rows, because which they are is known only when the whole batch has been encoded.
    /// </summary>
    /// <returns>The term, and the factor that makes (ê-e) its gradient by ê.</returns>
    private (double Loss, double Scale) Auxiliary(TrainerState state, AuxiliaryLoss spec, int n, int dead, double error)
    {
        auxiliary.Begin(n);
        isHelpedDensely = false;
        if (dead == 0 && spec.Form != AuxiliaryForm.Normalised)
            return default;
        var room = spec.Room(output);
        var k = Math.Min(room, Math.Max(1, dead));
        var withNegative = spec.Form == AuxiliaryForm.SumOverWidth;
        isHelpedDensely = DenseHelpers<T>.Pays(dead, room);
        if (isHelpedDensely)
            helpers.Gather(state, deadLatents.Pointer, dead, n, rule.PreActivation > 0 ? null : deadColumns, rule.RanksByNorm ? rule.Norms : null, withNegative);
        using var weights = dead > 0 && !isHelpedDensely ? GatherDead(state, dead) : null;
        var count = ChunkScratch<T>.ChunkCount(n);
        var partial = chunkSums.Zeroed(2L * count);
        var columns = auxiliarySums.Zeroed((long)count * output);
        var (final, own) = (FinalRow(n), AuxiliaryRow(n));
        chunks.ForChunks(n, (chunk, start, rows, scratch) =>
        {
            using var scope = NewDisposeScope();
            var clock = Stopwatch.GetTimestamp();
            var estimates = residuals.View(own + start, rows, output);
            StartEstimates(state, spec.Form, own, final, start, rows, ref partial[2 * chunk + 1]);
            if (isHelpedDensely)
                helpers.Decode(centred!.narrow(0, start, rows), estimates, start, k, scratch);
            else if (weights is not null)
                DecodeHelpers(state, own, chunk, start, rows, k, withNegative, weights, scratch);
            for (var row = start; row < start + rows; row++)
            {
                if (spec.Form == AuxiliaryForm.Undetached)
                    partial[2 * chunk] += lossSpace.CompareEstimate(row, Residual(own + row), Residual(row));
                else
                    partial[2 * chunk] += Rows<T>.SquaredNorm(Residual(own + row), output);
                Rows<T>.AddScaled(columns + (long)chunk * output, Residual(own + row), T.One, output);
            }
            if (isHelpedDensely)
                helpers.Project(estimates, start, k);
            else if (spec.Form == AuxiliaryForm.Undetached)
                ProjectGroup(state.DecoderWeight.Value, auxiliary, 0, latents, own, start, rows);
            parts.Add(StepPart.Auxiliary, clock);
        });
        var divisor = spec.Form switch { AuxiliaryForm.Normalised => SumOf(partial, count, 2, 1), AuxiliaryForm.Undetached => (double)n * output, _ => n };
        if (!(divisor > 0))
        {
            isHelpedDensely = false;
            auxiliary.Begin(n);
            return double.IsNaN(error) ? (double.NaN, double.NaN) : (0, 0);
        }
        if (isHelpedDensely)
        {
            using var scope = NewDisposeScope();
            var clock = Stopwatch.GetTimestamp();
            helpers.Backward(centred!, residuals.View(own, n, output));
            parts.Add(StepPart.Auxiliary, clock, Workers.Share);
        }
        var coefficient = spec.Coefficient * (spec.ScaleByDead ? Math.Min((double)dead / room, 1) : 1);
        var scale = 2 * coefficient / divisor;
        for (var row = 0; row < n; row++)
            Rows<T>.Scale(auxiliary.Products(row), auxiliary.Products(row), T.CreateChecked(scale), auxiliary.Counts[row]);
        return (coefficient * SumOf(partial, count, 2, 0) / divisor, scale);
    }

    /// <summary>What helpers are added to: -e, so that ê-e is left, whose squared deviation is summed; or b, where e has its gradient too.</summary>
    private void StartEstimates(TrainerState state, AuxiliaryForm form, int own, int final, int start, int rows, ref double deviation)
    {
        for (var row = start; row < start + rows; row++)
        {
            if (form == AuxiliaryForm.Undetached)
            {
                Rows<T>.Copy(Residual(own + row), TensorMemory.Pointer<T>(state.DecoderBias.Value), output);
                continue;
            }
            Rows<T>.Copy(Residual(own + row), Residual(final + row), output);
            deviation += Rows<T>.SquaredDistance(Residual(final + row), residualMean.Pointer, output);
        }
    }

    private void DecodeHelpers(TrainerState state, int own, int chunk, int start, int rows, int k, bool withNegative, Tensor weights, ChunkScratch<T> scratch)
    {
        scratch.Selector.Begin(rows, k, withNegative);
        scratch.ForTiles(centred!, start, rows, weights, ChunkScratch<T>.TileLatents, null, (numbers, offset, columns) =>
        {
            for (var row = 0; rule.RanksByNorm && row < rows; row++)
                Rows<T>.Rank(numbers + (long)row * columns, deadBias.Pointer + offset, deadNorms.Pointer + offset, columns);
            scratch.Selector.FeedTile(rows, numbers, rule.RanksByNorm ? noBias.Pointer : deadBias.Pointer, offset, columns);
        });
        Take(auxiliary, chunk, start, rows, k, scratch);
        for (var row = start; row < start + rows; row++)
        {
            var indices = auxiliary.Indices(row);
            var values = auxiliary.Values(row);
            var active = auxiliary.Counts[row];
            for (var s = 0; s < active; s++)
            {
                values[s] = rule.RanksByNorm ? values[s] / deadNorms.Pointer[indices[s]] : values[s];
                indices[s] = deadLatents.Pointer[indices[s]];
            }
            Rows<T>.Decode(Residual(own + row), TensorMemory.Pointer<T>(state.DecoderWeight.Value), output, indices, values, auxiliary.Products(row), active, scratch.Lanes(k));
        }
    }

    /// <summary>The encoder rows of the dead latents, one after the other, as a view that the caller disposes.</summary>
    private Tensor GatherDead(TrainerState state, int dead)
    {
        var to = deadWeights.Ensure<T>((long)dead * width);
        var from = TensorMemory.Pointer<T>(state.EncoderWeight.Value);
        var bias = TensorMemory.Pointer<T>(state.EncoderBias.Value);
        var biases = deadBias.Ensure(dead);
        var ranks = deadNorms.Ensure(dead);
        for (var i = 0; i < dead; i++)
        {
            var j = deadLatents.Pointer[i];
            biases[i] = bias[j];
            ranks[i] = rule.RanksByNorm ? rule.Norms[j] : T.One;
            Rows<T>.Copy(to + (long)i * width, from + (long)j * width, width);
        }
        return deadWeights.View(0, dead, width);
    }
}
