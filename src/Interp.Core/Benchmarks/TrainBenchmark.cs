using System.Diagnostics;
using Interp.Activations;
using Interp.Autoencoders;
using Interp.Autoencoders.Kernels;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Benchmarks;

/// <summary>Measures a training step against the one dense product that it cannot do without, interleaved in one process.</summary>
public static class TrainBenchmark
{
    private const int WarmUp = 5;

    /// <summary>libtorch's threads go on spinning for some milliseconds after a product; the step waits until they sleep.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>The runtime compiles code anew that has run for a while; small steps need more of them than <see cref="WarmUp"/>.</summary>
    private static readonly TimeSpan Compiling = TimeSpan.FromSeconds(1);

    /// <summary>One latent in so many is dead: its encoder row is short, so that it is never selected, and half of its
    /// pre-activations are positive, so that AuxK has all its work.</summary>
    private const int OneDeadIn = 20;

    /// <exception cref="InterpException">The sizes are not possible, or too large for this machine.</exception>
    public static TrainBenchmarkResult Run(TrainBenchmarkSpec spec, Action<int, int>? progress = null)
    {
        Require(spec);
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Workers.SingleThreaded();
        var batches = Enumerable.Range(0, 4).Select(i => Normal(spec.Tokens, spec.Width, $"batch/{i}")).ToArray();
        var product = new EncoderProduct(spec, batches[0]);
        product.Measure();
        var before = ResidentBytes();
        using var memory = new PeakMemory();
        using var trainer = new SaeTrainer(Recipe(spec), Autoencoder(spec), int.MaxValue, spec.Kernel);
        if (spec.Way is StepWay.Sparse or StepWay.Dense)
            trainer.ComputeDensely(spec.Way == StepWay.Dense);
        var (products, steps, others) = (new List<(double A, double B)>(), new List<double>(), new List<double>());
        var ruleIsDense = false;
        var parts = new List<IReadOnlyDictionary<StepPart, double>>();
        var tensors = 0L;
        for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < Compiling;)
            Step(trainer, spec, batches, 0);
        for (var round = -WarmUp; round < spec.Rounds; round++)
        {
            if (round == 0)
                tensors = Tensor.TotalCount;
            var (step, share) = TakeStep(trainer, spec, batches, round + WarmUp);
            Thread.Sleep(Pause);
            var pair = product.Measure();
            var other = 0.0;
            if (spec.Way == StepWay.Both)
            {
                ruleIsDense = trainer.IsComputedDensely;
                trainer.ComputeDensely(!ruleIsDense);
                (other, _) = TakeStep(trainer, spec, batches, round + WarmUp);
                trainer.ComputeDensely(null);
            }
            if (round < 0)
                continue;
            others.Add(other);
            products.Add(pair);
            steps.Add(step);
            parts.Add(share);
            progress?.Invoke(round + 1, spec.Rounds);
        }
        var live = Tensor.TotalCount;
        var peak = memory.Peak;
        WayTimes? ways = spec.Way != StepWay.Both ? null
            : ruleIsDense ? new WayTimes(Median(others), Median(steps), true) : new WayTimes(Median(steps), Median(others), false);
        var median = Median(steps);
        var speed = CopySpeed();
        var medians = parts.SelectMany(found => found.Keys).Distinct().Order().ToDictionary(part => part, part => new PartTime(
            Median(parts.Select(p => p.GetValueOrDefault(part) * 1e3 / Workers.Count)), Traffic(part, spec) / speed / 1e6));
        return new TrainBenchmarkResult(
            spec, Math.Min(Median(products.Select(p => p.A)), Median(products.Select(p => p.B))), median,
            medians, trainer.KernelName,
            (peak - before) / (16.0 * Parameters(spec)), speed, tensors, live, spec.Count > 1 ? SideBySide(spec, batches) : null, ways);
    }

    /// <summary>One step, after the threads of the last product have gone to sleep.</summary>
    private static (double Milliseconds, IReadOnlyDictionary<StepPart, double> Parts) TakeStep(SaeTrainer trainer, TrainBenchmarkSpec spec, Tensor[] batches, int number)
    {
        KeepDead(trainer, spec);
        trainer.TakeParts();
        Thread.Sleep(Pause);
        var start = Stopwatch.GetTimestamp();
        Step(trainer, spec, batches, number);
        return (Stopwatch.GetElapsedTime(start).TotalMilliseconds, trainer.TakeParts());
    }

    private static void Step(SaeTrainer trainer, TrainBenchmarkSpec spec, Tensor[] batches, int number) =>
        trainer.Step(batches[number % batches.Length], Transcodes(spec) ? batches[(number + 1) % batches.Length] : null);

    /// <exception cref="InterpException">The sizes are not possible, or too large for this machine.</exception>
    private static void Require(TrainBenchmarkSpec spec)
    {
        Recipe(spec).Validate();
        double weights = (double)spec.Latents * spec.Width, products = (double)spec.Tokens * spec.Latents;
        if (weights > Array.MaxLength || (double)spec.Tokens * spec.Width > Array.MaxLength)
            throw new InterpException(FormattableString.Invariant($"{spec.Latents} latents or {spec.Tokens} tokens of width {spec.Width} are more numbers than a matrix of the benchmark can hold ({Array.MaxLength}); lower --latents, --tokens or --d."));
        // Two copies of the weights for the product, and per autoencoder its weights, gradients and moments.
        var bytes = sizeof(float) * ((2 + 8.0 * spec.Count) * weights + (Recipe(spec).IsDenseAtLargestK(spec.Width) ? 4 : 1) * products);
        var (_, total) = SystemReport.Memory();
        if (total > 0 && bytes > total)
            throw new InterpException(FormattableString.Invariant($"The benchmark of {spec.Latents} latents of width {spec.Width} needs about {bytes / (1 << 30):0.0} GiB of memory, {(bytes - total) / (1 << 30):0.0} GiB more than there are; lower --latents, --d or --tokens."));
    }

    /// <summary>Several autoencoders in one pass against one after the other, interleaved, from activations in memory.</summary>
    private static double SideBySide(TrainBenchmarkSpec spec, Tensor[] batches)
    {
        using var rows = cat(Enumerable.Repeat(batches, EnoughForTurns(spec, batches.Length)).SelectMany(some => some).ToArray(), 0);
        var source = MemoryActivations.Of(rows);
        var target = Transcodes(spec) ? MemoryActivations.Of(rows.flip(0)) : null;
        var trainers = Enumerable.Range(0, spec.Count).Select(_ => new SaeTrainer(Recipe(spec), Autoencoder(spec), int.MaxValue, spec.Kernel)).ToArray();
        var steps = Math.Max(4, TrainingPass.StepsPerTurn(Recipe(spec), source, target));
        var (together, alone) = (new List<double>(), new List<double>());
        void Advance(int i, TrainingPlace? place) => new TrainingRun(source, target, trainers[i], place).RunTo(trainers[i].CompletedSteps + steps, _ => { }, CancellationToken.None);
        for (var round = -1; round < Math.Max(3, spec.Rounds * 4 / steps); round++)
        {
            var start = Stopwatch.GetTimestamp();
            TrainingPass.Run(trainers.Length, place => Advance(place.Number, place));
            var middle = Stopwatch.GetTimestamp();
            for (var i = 0; i < trainers.Length; i++)
                Advance(i, null);
            if (round < 0)
                continue;
            together.Add(Stopwatch.GetElapsedTime(start, middle).TotalMilliseconds);
            alone.Add(Stopwatch.GetElapsedTime(middle).TotalMilliseconds);
        }
        foreach (var trainer in trainers)
            trainer.Dispose();
        return Median(together) / Median(alone);
    }

    /// <summary>How often the batches are repeated so that a training's turn is as long as with a large store.</summary>
    private static int EnoughForTurns(TrainBenchmarkSpec spec, int batches) =>
        (int)Math.Clamp((64L << 20) / (sizeof(float) * (long)batches * spec.Tokens * spec.Width), 1, 16);

    /// <summary>A transcoder's target is another batch of the same numbers.</summary>
    private static bool Transcodes(TrainBenchmarkSpec spec) => Recipe(spec).Kind.IsTranscoder;

    private static long Parameters(TrainBenchmarkSpec spec) => 2L * spec.Width * spec.Latents + spec.Width + spec.Latents;

    private static TrainingSpec Recipe(TrainBenchmarkSpec spec) => TrainingSpec.Default with
    {
        Kind = spec.Kind ?? SaeKind.TopK,
        Latents = spec.Latents,
        K = spec.K,
        BatchSize = spec.Tokens,
        LearningRate = new LearningRateSchedule(1e-4),
        Normalisation = InputNormalisation.None,
        PreBias = PreBias.Zero,
        Clip = spec.Clip ? 1 : null,
        Auxiliary = spec.Auxiliary ? new AuxiliaryLoss() : null,
        Dead = new DeadRule(long.MaxValue / 2),
    };

    private static SparseAutoencoder Autoencoder(TrainBenchmarkSpec spec)
    {
        using var sample = Normal(Math.Min(spec.Tokens, 512), spec.Width, "sample");
        using var target = Transcodes(spec) ? Normal(Math.Min(spec.Tokens, 512), spec.Width, "target") : null;
        var autoencoder = SaeInitialisation.Create(Recipe(spec), sample, CPU, target: target);
        for (var j = 0; spec.Auxiliary && j < spec.Latents; j += OneDeadIn)
        {
            foreach (ref var weight in TensorMemory.Span<float>(autoencoder.EncoderWeight).Slice(j * spec.Width, spec.Width))
                weight *= 0.3f;
        }
        if (!autoencoder.Kind.UsesK)
            ShiftToK(autoencoder, sample, spec.K);
        return autoencoder;
    }

    /// <summary>Sets the encoder bias of a kind without a K so that so many latents are active per token on average, as late in a training.</summary>
    private static void ShiftToK(SparseAutoencoder autoencoder, Tensor sample, int k)
    {
        using var scope = NewDisposeScope();
        var pre = sample.mm(autoencoder.EncoderWeight.t()).view(-1);
        var wanted = Math.Min(pre.numel(), (long)k * sample.shape[0]);
        var smallest = pre.topk((int)wanted, 0, largest: true, sorted: false).values.min();
        autoencoder.EncoderBias.copy_(autoencoder.Kind.Gate(autoencoder)!.Threshold - smallest);
    }

    /// <summary>Every twentieth latent counts as dead, whatever it did.</summary>
    private static void KeepDead(SaeTrainer trainer, TrainBenchmarkSpec spec)
    {
        if (!spec.Auxiliary)
            return;
        var silent = TensorMemory.Span<long>(trainer.State.Silent);
        for (var j = 0; j < silent.Length; j += OneDeadIn)
            silent[j] = long.MaxValue / 2 + 1;
    }

    private static Tensor Normal(int rows, int width, string stream)
    {
        var random = new RandomStream(1, stream);
        var numbers = new float[rows * width];
        for (var i = 0; i < numbers.Length; i++)
            numbers[i] = (float)random.NextNormal();
        return tensor(numbers, [rows, width], device: CPU);
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>Bytes that a part has to move: each number read or written once, gathered rows once per use.</summary>
    private static double Traffic(StepPart part, TrainBenchmarkSpec spec)
    {
        double n = spec.Tokens, d = spec.Width, m = spec.Latents, k = spec.K;
        return sizeof(float) * part switch
        {
            StepPart.Selection => n * m,
            StepPart.Decode => n * k * d + 3 * n * d,
            StepPart.Sort => 8 * n * k,
            StepPart.Gradients => 2 * n * k * d + 2 * m * d,
            StepPart.Optimiser => 12 * m * d,
            _ => 0,
        };
    }

    private static double CopySpeed()
    {
        const int piece = 1 << 20;
        const int pieces = 64;
        var from = new float[piece * pieces];
        var to = new float[piece * pieces];
        double Seconds()
        {
            var start = Stopwatch.GetTimestamp();
            Workers.For(pieces, i => from.AsSpan(i * piece, piece).CopyTo(to.AsSpan(i * piece, piece)));
            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        Seconds();
        return 2.0 * sizeof(float) * piece * pieces / Median(Enumerable.Range(0, 5).Select(_ => Seconds())) / 1e9;
    }

    private static long ResidentBytes()
    {
        GC.Collect();
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    /// <summary>The product that the step is measured against: x·Wᵀ into room that exists, by libtorch with all threads.</summary>
    private sealed class EncoderProduct(TrainBenchmarkSpec spec, Tensor x)
    {
        private readonly Tensor rows = Normal(spec.Latents, spec.Width, "weights");
        private readonly Tensor columns = Normal(spec.Width, spec.Latents, "weights");
        private readonly Tensor room = empty([spec.Tokens, spec.Latents], dtype: ScalarType.Float32, device: CPU);

        /// <summary>Milliseconds with the weights as [M, d] and as [d, M].</summary>
        public (double Rows, double Columns) Measure()
        {
            using var transposed = rows.t();
            set_num_threads(Workers.Count);
            try
            {
                return (Time(transposed), Time(columns));
            }
            finally
            {
                set_num_threads(1);
            }
        }

        private double Time(Tensor weights)
        {
            var start = Stopwatch.GetTimestamp();
            room.addmm_(x, weights, 0, 1);
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
    }
}
