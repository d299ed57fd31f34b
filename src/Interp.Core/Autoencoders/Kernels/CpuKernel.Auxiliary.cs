using System.Diagnostics;
using Interp.Numerics;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Autoencoders.Kernels;

internal sealed unsafe partial class CpuKernel<T>
{
    private readonly AlignedBuffer<T> deadBias = new();
    private readonly AlignedBuffer<T> deadNorms = new();
    private readonly AlignedBuffer<T> auxiliarySums = new();
    private readonly AlignedBuffer<T> deadWeights = new();
    private readonly ExpectedDead<T> expected = new();
    private readonly DenseHelpers<T> helpers;
    private bool isHelpedDensely;

    /// <summary>
    /// The AuxK term. Where the dense way does not pay, the pre-activations of the dead latents are computed anew from a compact copy
    /// of their encoder rows, because which they are is known only when the whole batch has been encoded.
    /// </summary>
    /// <returns>The term, and the factor that makes (ê-e) its gradient by ê.</returns>
    private (double Loss, double Scale) Auxiliary(AuxiliaryLoss spec, double error)
    {
        var (n, dead) = (work.Tokens, deadCount);
        auxiliary.Begin(n);
        isHelpedDensely = false;
        if (dead == 0 && spec.Form != AuxiliaryForm.Normalised)
            return default;
        var room = spec.Room(output);
        var k = Math.Min(room, Math.Max(1, dead));
        var withNegative = spec.Form == AuxiliaryForm.SumOverWidth;
        isHelpedDensely = DenseHelpers<T>.Pays(dead, room);
        if (isHelpedDensely)
            helpers.Gather(work.State, deadLatents.Pointer, dead, n, rule.PreActivation > 0 ? null : deadColumns, rule.RanksByNorm ? rule.Norms : null, withNegative);
        var estimates = Residuals.RowRange(AuxiliaryRow, n);
        Strided<T>? weights = dead > 0 && !isHelpedDensely ? GatherDead() : null;
        var count = Chunk.Count(n);
        var partial = chunkSums.Zeroed(2L * count);
        var columns = auxiliarySums.Zeroed((long)count * output);
        chunks.ForChunks(n, (chunk, scratch) =>
        {
            var clock = Stopwatch.GetTimestamp();
            StartEstimates(spec.Form, chunk, ref partial[2 * chunk.Number + 1]);
            if (isHelpedDensely)
                helpers.Decode(Centred, estimates, chunk, k, scratch);
            else if (weights is { } deadRows)
                DecodeHelpers(chunk, k, withNegative, deadRows, scratch);
            for (var row = chunk.Start; row < chunk.End; row++)
            {
                if (spec.Form == AuxiliaryForm.Undetached)
                    partial[2 * chunk.Number] += lossSpace.CompareEstimate(row, Residual(AuxiliaryRow + row), Residual(row));
                else
                    partial[2 * chunk.Number] += Rows<T>.SquaredNorm(Residual(AuxiliaryRow + row), output);
                Rows<T>.AddScaled(columns + (long)chunk.Number * output, Residual(AuxiliaryRow + row), T.One, output);
            }
            if (isHelpedDensely)
                helpers.Project(estimates, chunk, k);
            else if (spec.Form == AuxiliaryForm.Undetached)
                Project(auxiliary, new LatentRange(0, latents), AuxiliaryRow, chunk);
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
            var clock = Stopwatch.GetTimestamp();
            helpers.Backward(Centred, estimates);
            parts.Add(StepPart.Auxiliary, clock, Workers.Share);
        }
        var coefficient = spec.Coefficient * (spec.ScaleByDead ? Math.Min((double)dead / room, 1) : 1);
        var scale = 2 * coefficient / divisor;
        for (var row = 0; row < n; row++)
            Rows<T>.Scale(auxiliary.Products(row), auxiliary.Products(row), T.CreateChecked(scale), auxiliary.Counts[row]);
        return (coefficient * SumOf(partial, count, 2, 0) / divisor, scale);
    }

    /// <summary>What helpers are added to: -e, so that ê-e is left, whose squared deviation is summed; or b, where e has its gradient too.</summary>
    private void StartEstimates(AuxiliaryForm form, Chunk chunk, ref double deviation)
    {
        for (var row = chunk.Start; row < chunk.End; row++)
        {
            if (form == AuxiliaryForm.Undetached)
            {
                Rows<T>.Copy(Residual(AuxiliaryRow + row), TensorMemory.Pointer<T>(work.State.DecoderBias.Value), output);
                continue;
            }
            Rows<T>.Copy(Residual(AuxiliaryRow + row), Residual(FinalRow + row), output);
            deviation += Rows<T>.SquaredDistance(Residual(FinalRow + row), residualMean.Pointer, output);
        }
    }

    private void DecodeHelpers(Chunk chunk, int k, bool withNegative, Strided<T> weights, ChunkScratch<T> scratch)
    {
        scratch.Selector.Begin(chunk.Rows, k, withNegative);
        scratch.ForTiles(Centred, chunk, weights, ChunkScratch<T>.TileLatents, null, (numbers, offset, columns) =>
        {
            if (rule.RanksByNorm)
                Rank(numbers, chunk.Rows, columns, deadBias.Pointer + offset, deadNorms.Pointer + offset);
            scratch.Selector.FeedTile(chunk.Rows, numbers, rule.RanksByNorm ? noBias.Pointer : deadBias.Pointer, offset, columns);
        });
        Take(auxiliary, chunk, k, scratch);
        for (var row = chunk.Start; row < chunk.End; row++)
        {
            var indices = auxiliary.Indices(row);
            var values = auxiliary.Values(row);
            var active = auxiliary.Counts[row];
            for (var s = 0; s < active; s++)
            {
                values[s] = rule.RanksByNorm ? values[s] / deadNorms.Pointer[indices[s]] : values[s];
                indices[s] = deadLatents.Pointer[indices[s]];
            }
            Rows<T>.Decode(Residual(AuxiliaryRow + row), TensorMemory.Pointer<T>(work.State.DecoderWeight.Value), output, indices, values, auxiliary.Products(row), active, scratch.Lanes(k));
        }
    }

    /// <summary>The encoder rows of the dead latents, one after the other.</summary>
    private Strided<T> GatherDead()
    {
        var dead = deadCount;
        var to = deadWeights.Ensure((long)dead * width);
        var from = TensorMemory.Pointer<T>(work.State.EncoderWeight.Value);
        var bias = TensorMemory.Pointer<T>(work.State.EncoderBias.Value);
        var biases = deadBias.Ensure(dead);
        var ranks = deadNorms.Ensure(dead);
        for (var i = 0; i < dead; i++)
        {
            var j = deadLatents.Pointer[i];
            biases[i] = bias[j];
            ranks[i] = rule.RanksByNorm ? rule.Norms[j] : T.One;
            Rows<T>.Copy(to + (long)i * width, from + (long)j * width, width);
        }
        return deadWeights.Matrix(dead, width);
    }
}
