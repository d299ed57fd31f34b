using System.Diagnostics;
using System.Numerics;
using Interp.Numerics;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Autoencoders.Kernels;

/// <summary>
/// The step on the CPU: one dense product, the encoder's, per chunk of tokens; everything else sparse, by the
/// <see cref="StepRule{T}"/> of the kind, or by dense products where <see cref="DenseChunks{T}"/> pay. All of it is C#. Chunks of tokens and blocks of latents have fixed sizes and their sums are combined
/// in order, so the result does not depend on the number of threads.
/// </summary>
internal sealed unsafe partial class CpuKernel<T> : ISaeKernel where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int latents, width, output;
    private readonly SaeKind kind;
    private readonly StepRule<T> rule;
    private readonly int[] groupEnds;
    private readonly ChunkScratch<T>.Pool chunks = new();
    private readonly SparseCodes<T> main;
    private readonly SparseCodes<T> second = new();
    private readonly SparseCodes<T> auxiliary = new();
    private readonly LatentSegments<T> segments = new();
    private readonly LatentSums<T> sums = new();
    private readonly DenseChunks<T> denseChunks;
    private readonly AlignedBuffer<T> residuals = new();
    private readonly AlignedBuffer<T> norms = new();
    private readonly StepParts parts = new();
    private readonly AlignedBuffer<T> centred = new();
    private Work work;
    private int deadCount;

    /// <param name="kind">A kind that has a rule.</param>
    /// <param name="latents">Number of latents M.</param>
    /// <param name="width">Width d of a token.</param>
    /// <param name="output">Width d' of what is reconstructed.</param>
    public CpuKernel(SaeKind kind, int latents, int width, int output)
    {
        (this.kind, this.latents, this.width, this.output) = (kind, latents, width, output);
        rule = kind.Rule<T>(latents) ?? throw new ArgumentException($"{kind.Name} has no rule.", nameof(kind));
        groupEnds = [.. rule.Prefixes, latents];
        main = new SparseCodes<T>(rule.MapsValues);
        helpers = new DenseHelpers<T>(width, output);
        denseChunks = new DenseChunks<T>(latents, width, output);
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<StepPart, double> TakeParts() => parts.Take();

    /// <summary>Whether batches are computed densely, for measurements; null: by the rule.</summary>
    public bool? ComputesDensely { get; set; }

    /// <inheritdoc/>
    public string Name => IsDense ? "cpu, dense" : "cpu";

    /// <summary>Whether a part of the last batch was computed densely.</summary>
    public bool IsDense => denseChunks.Any;

    /// <summary>First residual row of the whole dictionary's reconstruction, the last of the groups.</summary>
    private int FinalRow => (groupEnds.Length - 1) * work.Tokens;

    /// <summary>First residual row of the second reconstruction, below those of the groups.</summary>
    private int SecondRow => groupEnds.Length * work.Tokens;

    /// <summary>First residual row of the auxiliary term.</summary>
    private int AuxiliaryRow => SecondRow + (rule.Second is null ? 0 : work.Tokens);

    /// <summary>The tokens as they are encoded [n, d].</summary>
    private Strided<T> Centred => centred.Matrix(work.Tokens, width);

    /// <summary>All residual rows [rows, d'].</summary>
    private Strided<T> Residuals => residuals.Matrix(AuxiliaryRow + work.Tokens, output);

    /// <summary>A row of the residuals x̂ - x.</summary>
    private T* Residual(int row) => residuals.Pointer + (long)row * output;

    /// <inheritdoc/>
    public KernelReport Step(TrainerState state, in StepInput step, TrainingSpec spec, StepGradients? record = null)
    {
        using var noGradient = no_grad();
        Workers.SingleThreaded();
        Begin(state, step, spec);
        var variance = Variance(work.Target, work.Tokens);
        var numbers = (long)work.Tokens * output;
        var loss = new LossScale((spec.MseScale ?? kind.DefaultScale(variance, numbers, output)) * (1.0 / numbers));
        work = work with { Loss = loss };

        var before = DeadBefore(spec.Dead);
        var error = Forward();
        var clock = Stopwatch.GetTimestamp();
        deadCount = CountSilence(spec.Dead, before);
        ListDead();
        deadColumns = expected.Of(deadLatents.Pointer, deadCount, work.Tokens);
        parts.Add(StepPart.Sort, clock);
        var (auxiliaryLoss, auxiliaryScale) = spec.Auxiliary is { } helped ? Auxiliary(helped, error[groupEnds.Length - 1]) : default;
        if (isIndirect)
            FromErrors(auxiliaryScale);

        var gradientScale = isIndirect ? LossScale.One : loss;
        clock = Stopwatch.GetTimestamp();
        if (denseChunks.Any)
            denseChunks.Backward(Centred, Residuals, groupEnds, rule.Second is null ? null : SecondRow);
        clock = parts.Add(StepPart.Gradients, clock, Workers.Share);
        segments.Sort(latents, Sets(gradientScale, auxiliaryScale));
        parts.Add(StepPart.Sort, clock);
        var gradientNorms = Update(spec, step.LearningRate, gradientScale, auxiliaryScale, record);
        if (smallestOfBatch is { } smallest)
            kind.Observe(state, double.CreateChecked(smallest));
        return new KernelReport(Terms(spec, error, auxiliaryLoss, step.Sparsity), error[isIndirect ? 1 : groupEnds.Length - 1] / variance, gradientNorms, deadCount, (double)Active() / work.Tokens);
    }

    /// <summary>Makes room, and reads what the step needs before anything is encoded.</summary>
    private void Begin(TrainerState state, in StepInput step, TrainingSpec spec)
    {
        var n = (int)step.Tokens.Values.shape[0];
        work = new Work(state, step.Tokens.Values, step.Target ?? step.Tokens.Values, n, step.K, default);
        centred.Ensure((long)n * width);
        residuals.Ensure((AuxiliaryRow + (spec.Auxiliary is null ? 0L : n)) * output);
        isIndirect = IsIndirect(spec);
        lossSpace = new LossSpaceRows<T>(spec.LossSpace, step, output);
        smallestOfBatch = null;
        kind.Constrain(state);
        if (spec.Auxiliary is not null || rule.PreActivation > 0)
            expected.List(state, spec.Dead, n, count => rule.PreActivation > 0 || DenseHelpers<T>.Pays(count, spec.Auxiliary!.Room(output)));
        if (rule.NeedsNorms)
            MeasureNorms();
        rule.Begin(state, step.Sparsity, n);
        sums.Begin(Chunk.Count(n), rule.SumCount, latents);
    }

    private List<EntrySet<T>> Sets(LossScale loss, double auxiliaryScale)
    {
        var sets = new List<EntrySet<T>> { new(main, 0, loss.Main, groupEnds, denseChunks.Chunks) };
        if (rule.Second is { } other)
            sets.Add(new(second, SecondRow, loss.Of(other.Weight), null, denseChunks.Chunks));
        if (auxiliaryScale != 0 && !isHelpedDensely)
            sets.Add(new(auxiliary, AuxiliaryRow, T.CreateChecked(auxiliaryScale)));
        return sets;
    }

    private List<KeyValuePair<string, double>> Terms(TrainingSpec spec, double[] error, double auxiliaryLoss, double sparsity)
    {
        var loss = work.Loss;
        var terms = new List<KeyValuePair<string, double>> { new(LossTerm.Main, loss.PerElement * error[groupEnds.Length - 1]) };
        if (spec.Auxiliary is not null)
            terms.Add(new(LossTerm.Auxiliary, auxiliaryLoss));
        for (var i = 0; i < groupEnds.Length - 1; i++)
            terms.Add(new($"prefix_{groupEnds[i]}", loss.PerElement * error[i]));
        if (!kind.UsesK)
            terms.Add(new(LossTerm.Sparsity, sums.TotalPenalty() * sparsity / work.Tokens));
        if (rule.Second is { } other)
            terms.Add(new(other.Term, other.Weight * loss.PerElement * error[groupEnds.Length]));
        if (rule.PreActivation > 0)
            terms.Add(new(LossTerm.PreActivation, pulled));
        if (spec.EncoderPenalty > 0)
            terms.Add(new(LossTerm.Weight, spec.EncoderPenalty * encoderSquares));
        return terms;
    }

    private long Active()
    {
        var active = 0L;
        for (var row = 0; row < work.Tokens; row++)
        {
            if (!rule.MapsValues)
            {
                active += main.Counts[row];
                continue;
            }
            var values = main.Values(row);
            for (var s = 0; s < main.Counts[row]; s++)
                active += values[s] > T.Zero ? 1 : 0;
        }
        return active;
    }

    private void MeasureNorms()
    {
        var rows = TensorMemory.Pointer<T>(work.State.DecoderWeight.Value);
        var to = norms.Ensure(latents);
        Workers.For((latents + BlockLatents - 1) / BlockLatents, block =>
        {
            for (var j = block * BlockLatents; j < Math.Min(latents, (block + 1) * BlockLatents); j++)
                to[j] = T.Sqrt(Rows<T>.Dot(rows + (long)j * output, rows + (long)j * output, output));
        });
        rule.Norms = to;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var item in new IDisposable[] { centred, chunks, main, second, auxiliary, segments, sums, denseChunks, residuals, norms, expected, deadWeights, helpers, columnSums, chunkSums, targetMean,
            residualMean, flags, fired, floors, noBias, batchSelector, deadBias, deadNorms, deadLatents, placeAmongDead, auxiliarySums, gradients, biasGradients, extraGradients, blockSums, blockNorms, skipGradient })
            item.Dispose();
    }

    /// <summary>The step that is being taken.</summary>
    /// <param name="State">What is trained.</param>
    /// <param name="Input">The batch as it enters the encoder [n, d].</param>
    /// <param name="Target">What is reconstructed [n, d'].</param>
    /// <param name="Tokens">Tokens n.</param>
    /// <param name="K">Active latents per token.</param>
    /// <param name="Loss">Scale of the main loss.</param>
    private readonly record struct Work(TrainerState State, Tensor Input, Tensor Target, int Tokens, int K, LossScale Loss);

    /// <summary>What makes a residual of the main term the gradient by the reconstruction: 2·<see cref="PerElement"/>.</summary>
    /// <param name="PerElement">Scale of the loss over the number of elements.</param>
    private readonly record struct LossScale(double PerElement)
    {
        public static LossScale One => new(0.5);

        public T Main => Of(1);

        public double Twice => 2 * PerElement;

        public T Of(double weight) => T.CreateChecked(2 * PerElement * weight);
    }
}
