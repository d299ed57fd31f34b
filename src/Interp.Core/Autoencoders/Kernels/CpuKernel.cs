using System.Diagnostics;
using System.Numerics;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Autoencoders.Kernels;

/// <summary>
/// The step on the CPU: one dense product, the encoder's, by libtorch and per chunk of tokens; everything else sparse, in C#.
/// Chunks of tokens and blocks of latents have fixed sizes and their sums are combined in order, so the result does not depend
/// on the number of threads.
/// </summary>
internal sealed unsafe partial class CpuKernel<T> : ISaeKernel where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int latents;
    private readonly int width;
    private readonly ScalarType type = typeof(T) == typeof(float) ? ScalarType.Float32 : ScalarType.Float64;
    private readonly ChunkScratch<T>.Pool chunks;
    private readonly SparseCodes<T> main = new();
    private readonly SparseCodes<T> auxiliary = new();
    private readonly LatentSegments<T> segments = new();
    private readonly GrownTensor residuals;
    private readonly AlignedBuffer<T> columnSums = new();
    private readonly AlignedBuffer<double> chunkSums = new();
    private readonly AlignedBuffer<T> dataMean = new();
    private readonly AlignedBuffer<T> residualMean = new();
    private readonly AlignedBuffer<byte> flags = new();
    private readonly AlignedBuffer<int> allLatents = new();
    private readonly StepParts parts = new();
    private readonly DenseLatents<T> all;
    private bool isAllDense;
    private Tensor? centred;

    public CpuKernel(int latents, int width)
    {
        (this.latents, this.width) = (latents, width);
        chunks = new ChunkScratch<T>.Pool(latents, type);
        residuals = new GrownTensor(type);
        deadWeights = new GrownTensor(type);
        dense = new DenseLatents<T>(width, type);
        all = new DenseLatents<T>(width, type);
    }

    /// <summary>A row of the residuals; those of the auxiliary term stand below those of the main one.</summary>
    private T* Residual(int row) => residuals.Pointer<T>() + (long)row * width;

    /// <inheritdoc/>
    public IReadOnlyDictionary<StepPart, double> TakeParts() => parts.Take();

    /// <inheritdoc/>
    public string Name => isAllDense ? "cpu, dense" : "cpu";

    /// <inheritdoc/>
    public KernelReport Step(TrainerState state, in StepInput step, TrainingSpec spec, StepGradients? record = null)
    {
        using var noGradient = no_grad();
        Workers.SingleThreaded();
        var (input, k) = (step.Tokens.Values, step.K);
        var n = (int)input.shape[0];
        if (centred?.shape[0] != n)
        {
            centred?.Dispose();
            centred = empty([n, width], dtype: type, device: CPU).DetachFromDisposeScope();
        }
        residuals.Ensure<T>((spec.Auxiliary is null ? 1L : 2L) * n * width);

        isAllDense = DenseLatents<T>.PaysForAll(k, latents);
        if (spec.Auxiliary is { } helpers)
            dense.Expect(state, spec.Dead, isAllDense ? 0 : helpers.Room(width), n);
        var (error, variance) = Forward(state, input, n, k);
        var scale = spec.MseScale ?? (variance > 0 ? n * (double)width / variance : 0);
        var perElement = 1.0 / ((double)n * width);
        var clock = Stopwatch.GetTimestamp();
        var dead = CountSilence(state, spec.Dead, n);
        parts.Add(StepPart.Sort, clock);
        var (auxiliaryLoss, auxiliaryScale) = spec.Auxiliary is { } a ? Auxiliary(state, a, n, dead, error) : default;

        clock = Stopwatch.GetTimestamp();
        segments.Sort(latents, isAllDense ? null : main, n, 2 * scale * perElement, spec.Auxiliary is null || isDense ? null : auxiliary, auxiliaryScale);
        parts.Add(StepPart.Sort, clock);
        var gradientNorms = Update(state, spec, step.LearningRate, n, 2 * scale * perElement, auxiliaryScale, record);

        long active = 0;
        for (var row = 0; row < n; row++)
            active += main.Counts[row];
        return new KernelReport([new(LossTerm.Main, scale * error * perElement), new(LossTerm.Auxiliary, auxiliaryLoss)], error / variance, gradientNorms, dead, (double)active / n);
    }

    /// <summary>Encodes, decodes, and leaves residuals and ⟨r, D[j]⟩; one chunk's rows are used while they are in the cache.</summary>
    /// <returns>Σ r² and Σ (x - mean of x)².</returns>
    private (double Error, double Variance) Forward(TrainerState state, Tensor input, int n, int k)
    {
        main.Resize(n, k);
        var x = TensorMemory.Pointer<T>(input);
        var u = TensorMemory.Pointer<T>(centred!);
        var encoder = state.EncoderWeight.Value;
        var c = TensorMemory.Pointer<T>(state.EncoderBias.Value);
        var decoder = TensorMemory.Pointer<T>(state.DecoderWeight.Value);
        var b = TensorMemory.Pointer<T>(state.DecoderBias.Value);
        var count = ChunkScratch<T>.ChunkCount(n);
        var sums = columnSums.Zeroed((long)count * width);
        var partial = chunkSums.Zeroed(2L * count);

        chunks.ForChunks(n, (chunk, start, rows, _) =>
        {
            for (var row = start; row < start + rows; row++)
                Rows<T>.AddScaled(sums + (long)chunk * width, x + (long)row * width, T.One, width);
        });
        var mean = MeanOfColumns(dataMean, sums, count, n);
        new Span<T>(sums, count * width).Clear();

        if (isAllDense)
            all.Gather(state, AllLatents(), latents, n);
        chunks.ForChunks(n, (chunk, start, rows, scratch) =>
        {
            for (var row = start; row < start + rows; row++)
                Rows<T>.Subtract(u + (long)row * width, x + (long)row * width, b, width);
            if (!isAllDense)
                scratch.Encode(centred!, start, rows, encoder, c, k, parts, dense);
            var clock = Stopwatch.GetTimestamp();
            for (var row = start; row < start + rows; row++)
            {
                if (!isAllDense)
                    main.Counts[row] = scratch.Selector.Take(row - start, main.Indices(row), main.Values(row));
                Rows<T>.Scale(Residual(row), u + (long)row * width, -T.One, width);
            }
            clock = parts.Add(StepPart.Selection, clock);
            if (isAllDense)
            {
                using var scope = NewDisposeScope();
                all.Forward(centred!.narrow(0, start, rows), residuals.View(start, rows, width), start, k, scratch, main);
                clock = parts.Add(StepPart.Product, clock);
            }
            for (var row = start; row < start + rows; row++)
            {
                var r = Residual(row);
                if (!isAllDense)
                    Rows<T>.Decode(r, decoder, width, main.Indices(row), main.Values(row), main.Products(row), main.Counts[row], scratch.Lanes(k));
                Rows<T>.AddScaled(sums + (long)chunk * width, r, T.One, width);
                partial[2 * chunk] += Rows<T>.SquaredNorm(r, width);
                partial[2 * chunk + 1] += Rows<T>.SquaredDistance(x + (long)row * width, mean, width);
            }
            parts.Add(StepPart.Decode, clock);
        });
        if (isAllDense)
            BackwardOfAll(n);
        MeanOfColumns(residualMean, sums, count, n);
        return (SumOf(partial, count, 0), SumOf(partial, count, 1));
    }

    /// <summary>Moves the counters of silence and finds the dead; <see cref="flags"/> keeps 1 for each of them.</summary>
    private int CountSilence(TrainerState state, DeadRule rule, int n)
    {
        var flag = flags.Zeroed(latents);
        var above = T.CreateChecked(rule.FiredAbove);
        for (var row = 0; row < n; row++)
        {
            for (var s = 0; s < main.Counts[row]; s++)
            {
                if (main.Values(row)[s] > above)
                    flag[main.Indices(row)[s]] = 1;
            }
        }
        var silent = TensorMemory.Pointer<long>(state.Silent);
        var step = rule.Step(n);
        var dead = 0;
        for (var j = 0; j < latents; j++)
        {
            silent[j] = (flag[j] != 0 ? 0 : silent[j]) + step;
            flag[j] = silent[j] > rule.Window ? (byte)1 : (byte)0;
            dead += flag[j];
        }
        return dead;
    }

    private int* AllLatents()
    {
        var list = allLatents.Ensure(latents);
        for (var j = 0; j < latents; j++)
            list[j] = j;
        return list;
    }

    private void BackwardOfAll(int n)
    {
        using var scope = NewDisposeScope();
        var clock = Stopwatch.GetTimestamp();
        all.Backward(centred!, residuals.View(0, n, width));
        parts.AddTicks(StepPart.Gradients, (Stopwatch.GetTimestamp() - clock) * Workers.Count);
    }

    /// <summary>Sums of the chunks' columns, in order, over n.</summary>
    private T* MeanOfColumns(AlignedBuffer<T> into, T* sums, int count, int n)
    {
        var mean = into.Zeroed(width);
        for (var chunk = 0; chunk < count; chunk++)
            Rows<T>.AddScaled(mean, sums + (long)chunk * width, T.One, width);
        Rows<T>.Scale(mean, mean, T.One / T.CreateChecked(n), width);
        return mean;
    }

    private static double SumOf(double* partial, int count, int which)
    {
        var sum = 0.0;
        for (var i = 0; i < count; i++)
            sum += partial[2 * i + which];
        return sum;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        centred?.Dispose();
        foreach (var item in new IDisposable[] { chunks, main, auxiliary, segments, residuals, deadWeights, dense, all, allLatents, columnSums, chunkSums, dataMean, residualMean, flags,
            deadBias, deadLatents, placeAmongDead, auxiliarySums, gradients, biasGradients, blockSums, blockNorms })
            item.Dispose();
    }
}
