using System.Diagnostics;
using Interp.Runtime;
using static TorchSharp.torch;

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

    /// <summary>Place of the second reconstruction's sums.</summary>
    private int SecondSums => groupEnds.Length > 1 ? 2 : 1;

    /// <summary>Σ (y - mean of y)², and the mean in <see cref="targetMean"/>.</summary>
    private double Variance(Tensor target, int n)
    {
        var y = TensorMemory.Pointer<T>(target);
        var count = ChunkScratch<T>.ChunkCount(n);
        var columns = columnSums.Zeroed((long)count * output);
        chunks.ForChunks(n, (chunk, start, rows, _) =>
        {
            for (var row = start; row < start + rows; row++)
                Rows<T>.AddScaled(columns + (long)chunk * output, y + (long)row * output, T.One, output);
        });
        var mean = MeanOfColumns(targetMean, columns, count, n);
        var partial = chunkSums.Zeroed(count);
        chunks.ForChunks(n, (chunk, start, rows, _) =>
        {
            for (var row = start; row < start + rows; row++)
                partial[chunk] += Rows<T>.SquaredDistance(y + (long)row * output, mean, output);
        });
        return SumOf(partial, count, 1, 0);
    }

    /// <summary>
    /// Encodes, decodes, and leaves residuals and the gradients of the pre-activations; one chunk's rows are used while they are in the cache.
    /// </summary>
    /// <returns>Σ r² of each group's reconstruction, then of the second one.</returns>
    private double[] Forward(TrainerState state, Tensor input, Tensor target, int n, int k, TrainingSpec spec, LossScale loss)
    {
        main.Begin(n);
        second.Begin(n);
        denseChunks.Begin(n);
        noBias.Zeroed(latents);
        if (rule.Support == Support.AboveFloor)
            rule.Floors(floors.Ensure(latents), latents);
        var count = ChunkScratch<T>.ChunkCount(n);
        var terms = groupEnds.Length + 1;
        var columns = columnSums.Zeroed((long)SummedCount * count * output);
        var errors = chunkSums.Zeroed((long)terms * count);
        void Reconstruct(int chunk, int start, int rows, ChunkScratch<T> scratch) =>
            this.Reconstruct(state, target, n, k, loss, chunk, start, rows, scratch, columns, count, errors + chunk * terms);

        smallestOfBatch = null;
        for (var guess = true; ; guess = false)
        {
            if (rule.Support == Support.LargestOfBatch)
                batchSelector.Begin(count, (long)k * n, guess);
            chunks.ForChunks(n, (chunk, start, rows, scratch) =>
            {
                Select(state, input, k, chunk, start, rows, scratch);
                if (rule.Support != Support.LargestOfBatch)
                    Reconstruct(chunk, start, rows, scratch);
            });
            if (rule.Support != Support.LargestOfBatch)
                break;
            var clock = Stopwatch.GetTimestamp();
            var isDone = batchSelector.Finish(n, main, out var smallest);
            parts.Add(StepPart.Selection, clock, Workers.Share);
            if (!isDone)
                continue;
            smallestOfBatch = smallest > T.Zero ? smallest : null;
            chunks.ForChunks(n, Reconstruct);
            break;
        }
        MeanOfColumns(residualMean, columns, count, n);
        return [.. Enumerable.Range(0, terms).Select(term => SumOf(errors, count, terms, term))];
    }

    /// <summary>Centres a chunk, encodes it and lists its entries; those of the whole batch's largest are only noted.</summary>
    private void Select(TrainerState state, Tensor input, int k, int chunk, int start, int rows, ChunkScratch<T> scratch)
    {
        var x = TensorMemory.Pointer<T>(input);
        var u = TensorMemory.Pointer<T>(centred!);
        var b = TensorMemory.Pointer<T>(state.DecoderBias.Value);
        var c = TensorMemory.Pointer<T>(state.EncoderBias.Value);
        for (var row = start; row < start + rows; row++)
        {
            if (kind.SubtractsBias)
                Rows<T>.Subtract(u + (long)row * width, x + (long)row * width, b, width);
            else
                Rows<T>.Copy(u + (long)row * width, x + (long)row * width, width);
        }
        var isWhole = rule.Support == Support.AboveFloor;
        var wanted = Math.Min(latents, k * (rule.Second?.Factor ?? 1));
        scratch.Selector.Begin(rows, wanted);
        scratch.ForTiles(centred!, start, rows, state.EncoderWeight.Value, isWhole ? latents : ChunkScratch<T>.TileLatents, parts, (numbers, offset, columns) =>
        {
            expected.Collect(start, rows, numbers, offset, columns);
            var bias = c;
            if (rule.RanksByNorm)
            {
                for (var row = 0; row < rows; row++)
                    Rows<T>.Rank(numbers + (long)row * columns, c + offset, rule.Norms + offset, columns);
                bias = noBias.Pointer;
            }
            switch (rule.Support)
            {
                case Support.LargestOfRow:
                    scratch.Selector.FeedTile(rows, numbers, bias, offset, columns);
                    break;
                case Support.LargestOfBatch:
                    batchSelector.Feed(chunk, rows, numbers, bias, offset, columns);
                    break;
                default:
                    new FloorSelection<T>(bias, floors.Pointer, latents).Collect(numbers, rows, chunk, start, main);
                    break;
            }
        });
        if (rule.Support == Support.LargestOfRow)
            Take(rule.Second?.Factor is null ? main : second, chunk, start, rows, wanted, scratch);
    }

    private static void Take(SparseCodes<T> codes, int chunk, int start, int rows, int k, ChunkScratch<T> scratch)
    {
        codes.Reserve(chunk, (long)rows * k);
        for (var row = 0; row < rows; row++)
        {
            codes.Place(start + row, row * k, 0);
            codes.Place(start + row, row * k, scratch.Selector.Take(row, codes.Indices(start + row), codes.Values(start + row)));
        }
    }

    /// <summary>Sums of the chunks' columns, in order, over n.</summary>
    private T* MeanOfColumns(AlignedBuffer<T> into, T* columns, int count, int n)
    {
        var mean = into.Zeroed(output);
        for (var chunk = 0; chunk < count; chunk++)
            Rows<T>.AddScaled(mean, columns + (long)chunk * output, T.One, output);
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
