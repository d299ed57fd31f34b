using System.Diagnostics;
using Interp.Numerics;
using Interp.Runtime;

namespace Interp.Autoencoders.Kernels;

internal sealed unsafe partial class CpuKernel<T>
{
    private readonly AlignedBuffer<T> columnSums = new();
    private readonly AlignedBuffer<double> chunkSums = new();
    private readonly AlignedBuffer<T> targetMean = new();
    private readonly AlignedBuffer<T> residualMean = new();
    private readonly AlignedBuffer<T> floors = new();
    private readonly AlignedBuffer<T> noBias = new();
    private readonly BatchSelector<T> batchSelector = new();
    private T? smallestOfBatch;

    /// <summary>Reconstructions whose residuals are summed over the batch: the last of the groups, the first where it is another, the second.</summary>
    private int SummedCount => 1 + (groupEnds.Length > 1 ? 1 : 0) + (rule.Second is null ? 0 : 1);

    /// <summary>Place of the first group's sums.</summary>
    private int FirstSums => groupEnds.Length > 1 ? 1 : 0;

    /// <summary>Place of the second reconstruction's sums.</summary>
    private int SecondSums => FirstSums + 1;

    /// <summary>Errors that are summed: of each group, then of the second reconstruction.</summary>
    private int ErrorCount => groupEnds.Length + 1;

    /// <summary>Σ (y - mean of y)².</summary>
    private double Variance(TorchSharp.torch.Tensor target, int n)
    {
        var y = TensorMemory.Pointer<T>(target);
        var count = Chunk.Count(n);
        var columns = columnSums.Zeroed((long)count * output);
        chunks.ForChunks(n, (chunk, _) =>
        {
            for (var row = chunk.Start; row < chunk.End; row++)
                Rows<T>.AddScaled(columns + (long)chunk.Number * output, y + (long)row * output, T.One, output);
        });
        var mean = MeanOfColumns(targetMean, n);
        var partial = chunkSums.Zeroed(count);
        chunks.ForChunks(n, (chunk, _) =>
        {
            for (var row = chunk.Start; row < chunk.End; row++)
                partial[chunk.Number] += Rows<T>.SquaredDistance(y + (long)row * output, mean, output);
        });
        return SumOf(partial, count, 1, 0);
    }

    /// <summary>
    /// Encodes, decodes, and leaves residuals and the gradients of the pre-activations; one chunk's rows are used while they are in the cache.
    /// </summary>
    /// <returns>Σ r² of each group's reconstruction, then of the second one.</returns>
    private double[] Forward()
    {
        var n = work.Tokens;
        main.Begin(n);
        second.Begin(n);
        denseChunks.Begin(n);
        noBias.Zeroed(latents);
        columnSums.Zeroed((long)SummedCount * Chunk.Count(n) * output);
        var errors = chunkSums.Zeroed((long)ErrorCount * Chunk.Count(n));
        if (rule.Support == Support.LargestOfBatch)
        {
            SelectOfBatch();
            chunks.ForChunks(n, Reconstruct);
        }
        else
        {
            if (rule.Support == Support.AboveFloor)
                rule.Floors(floors.Ensure(latents), latents);
            chunks.ForChunks(n, (chunk, scratch) =>
            {
                Select(chunk, scratch);
                Reconstruct(chunk, scratch);
            });
        }
        MeanOfColumns(residualMean, n);
        return [.. Enumerable.Range(0, ErrorCount).Select(which => SumOf(errors, Chunk.Count(n), ErrorCount, which))];
    }

    /// <summary>Finds the largest of the whole batch, above a guess at first.</summary>
    private void SelectOfBatch()
    {
        var n = work.Tokens;
        for (var guess = true; ; guess = false)
        {
            batchSelector.Begin(Chunk.Count(n), (long)work.K * n, guess);
            chunks.ForChunks(n, Select);
            var clock = Stopwatch.GetTimestamp();
            var isDone = batchSelector.Finish(n, main, out var smallest);
            parts.Add(StepPart.Selection, clock, Workers.Share);
            if (!isDone)
                continue;
            smallestOfBatch = smallest > T.Zero ? smallest : null;
            return;
        }
    }

    /// <summary>Centres a chunk, encodes it and lists its entries; candidates for the whole batch's largest are only noted.</summary>
    private void Select(Chunk chunk, ChunkScratch<T> scratch)
    {
        var x = TensorMemory.Pointer<T>(work.Input);
        var u = centred.Pointer;
        var b = TensorMemory.Pointer<T>(work.State.DecoderBias.Value);
        var c = TensorMemory.Pointer<T>(work.State.EncoderBias.Value);
        for (var row = chunk.Start; row < chunk.End; row++)
        {
            if (kind.SubtractsBias)
                Rows<T>.Subtract(u + (long)row * width, x + (long)row * width, b, width);
            else
                Rows<T>.Copy(u + (long)row * width, x + (long)row * width, width);
        }
        var wanted = Math.Min(latents, work.K * (rule.Second?.Factor ?? 1));
        var tile = rule.Support == Support.AboveFloor ? latents : ChunkScratch<T>.TileLatents;
        scratch.Selector.Begin(chunk.Rows, wanted);
        scratch.ForTiles(Centred, chunk, Strided.Of<T>(work.State.EncoderWeight.Value), tile, parts, (numbers, offset, columns) =>
        {
            expected.Collect(chunk, numbers, offset, columns);
            if (rule.RanksByNorm)
                Rank(numbers, chunk.Rows, columns, c + offset, rule.Norms + offset);
            var bias = rule.RanksByNorm ? noBias.Pointer : c;
            if (rule.Support == Support.LargestOfRow)
                scratch.Selector.FeedTile(chunk.Rows, numbers, bias, offset, columns);
            else if (rule.Support == Support.LargestOfBatch)
                batchSelector.Feed(chunk, numbers, bias, offset, columns);
            else
                new FloorSelection<T>(bias, floors.Pointer, latents).Collect(numbers, chunk, main);
        });
        if (rule.Support == Support.LargestOfRow)
            Take(rule.Second?.Factor is null ? main : second, chunk, wanted, scratch);
    }

    private static void Rank(T* numbers, int rows, int columns, T* bias, T* factors)
    {
        for (var row = 0; row < rows; row++)
            Rows<T>.Rank(numbers + (long)row * columns, bias, factors, columns);
    }

    private static void Take(SparseCodes<T> codes, Chunk chunk, int k, ChunkScratch<T> scratch)
    {
        codes.Reserve(chunk.Number, (long)chunk.Rows * k);
        for (var row = 0; row < chunk.Rows; row++)
        {
            codes.Place(chunk.Start + row, row * k, 0);
            codes.Place(chunk.Start + row, row * k, scratch.Selector.Take(row, codes.Indices(chunk.Start + row), codes.Values(chunk.Start + row)));
        }
    }

    /// <summary>The sums of a chunk's residuals for one of the reconstructions that are summed [d'].</summary>
    private T* Columns(int which, int chunk) => columnSums.Pointer + ((long)which * Chunk.Count(work.Tokens) + chunk) * output;

    /// <summary>The first sums of the chunks' columns, in order, over n.</summary>
    private T* MeanOfColumns(AlignedBuffer<T> into, int n)
    {
        var mean = into.Zeroed(output);
        for (var chunk = 0; chunk < Chunk.Count(n); chunk++)
            Rows<T>.AddScaled(mean, columnSums.Pointer + (long)chunk * output, T.One, output);
        Rows<T>.Scale(mean, mean, T.One / T.CreateChecked(n), output);
        return mean;
    }

    private static double SumOf(double* partial, int count, int stride, int which)
    {
        var sum = 0.0;
        for (var i = 0; i < count; i++)
            sum += partial[stride * i + which];
        return sum;
    }
}
