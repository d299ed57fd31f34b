using Interp.Autoencoders.Kernels;
using Interp.Formats;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Autoencoders;

/// <summary>Replays recorded training runs of other libraries through <see cref="SaeTrainer"/>.</summary>
public static class TrainingVerification
{
    /// <summary>A selection that is closer than this may flip by float32's rounding alone.</summary>
    private const double SmallestGap = 2e-6;

    /// <summary>Compares every loss term, gradient norm, dead count and the weights on the way and at the end.</summary>
    /// <param name="folder">Folder with <c>spec.json</c>, <c>trace.json</c>, <c>init</c>, <c>batches</c> and <c>final.safetensors</c>.</param>
    /// <param name="precision">float32 or float64; null: both, one after the other.</param>
    /// <returns>Without checks, and so not passed, when the kind of recording is not served.</returns>
    /// <exception cref="InterpException">The folder cannot be read.</exception>
    public static VerifyReport Verify(string folder, ScalarType? precision = null) => Verify(folder, precision, SaeKernel.Automatic);

    internal static VerifyReport Verify(string folder, ScalarType? precision, SaeKernel kernel)
    {
        if (precision is not (null or ScalarType.Float32 or ScalarType.Float64))
            throw new InterpException($"A recorded run is replayed in float32 or float64, not in {precision}; choose one of them.");
        var recorded = TrainingTrace.Json(Path.Combine(folder, "spec.json"));
        ScalarType[] types = precision is { } one ? [one] : [ScalarType.Float64, ScalarType.Float32];
        if (GradientVerification.Serves(recorded))
            return GradientVerification.Verify(folder, recorded, types);
        if (TrainingTrace.Unserved(recorded) is { } reason)
            return new VerifyReport([], [$"{folder} {reason}"]);
        var trace = TrainingTrace.Read(folder, recorded);
        var checks = new List<VerifyCheck>();
        var notes = new List<string>();
        foreach (var type in types)
        {
            if (type == ScalarType.Float32 && trace.SelectionGap < SmallestGap)
            {
                notes.Add(FormattableString.Invariant($"float32 is skipped: the smallest selection gap of the recording, {trace.SelectionGap:g3}, is below {SmallestGap:g1}, so that rounding alone may flip a selection."));
                continue;
            }
            using var replay = new Replay(folder, trace, type, kernel, checks);
            notes.Add($"{Label(type)} ran on the kernel {replay.Run()}.");
        }
        if (trace.SelectionGap is { } gap)
            notes.Add(FormattableString.Invariant($"The smallest selection gap of the recording is {gap:g3}; a rounding error of that size may flip a selection."));
        return new VerifyReport(checks, notes) { IsSkipped = checks.Count == 0 };
    }

    internal static string Label(ScalarType type) => type == ScalarType.Float64 ? "float64" : "float32";

    /// <summary>One replay in one precision.</summary>
    private sealed class Replay(string folder, TrainingTrace trace, ScalarType type, SaeKernel kernel, List<VerifyCheck> checks) : IDisposable
    {
        private readonly double lossTolerance = type == ScalarType.Float64 ? 1e-9 : 1e-5;
        private readonly List<SafeTensors> opened = [];
        private readonly double tensorTolerance = type == ScalarType.Float64 ? 1e-9 : 1e-4;

        /// <summary>Replays all steps.</summary>
        /// <returns>The name of the kernel that took them.</returns>
        public string Run()
        {
            using var noGradient = no_grad();
            using var scope = NewDisposeScope();
            var final = Open("final");
            var batches = Open("batches");
            using var trainer = new SaeTrainer(trace.Spec, Initial(), trace.Steps, kernel);
            using var gradients = StepGradients.For(trainer.State);
            var reports = new List<StepReport>();
            for (var step = 0; step < trace.Steps; step++)
            {
                trainer.Record = step == 0 ? gradients : null;
                using var batch = batches.Load($"batch.{step}", type, CPU);
                reports.Add(trainer.Step(batch));
                if (step == 0)
                {
                    if (final.Entries.ContainsKey($"raw0.{trace.Tensors[0].Name}"))
                        CompareTensors("raw0.", final, gradients.Raw);
                    CompareTensors("grad0.", final, gradients.Final);
                }
                if (final.Entries.ContainsKey($"step{step + 1}.{trace.Tensors[0].Name}"))
                    CompareTensors($"step{step + 1}.", final, Values(trainer));
            }
            if (trace.Spec.Kind.UsesK)
                Exact("k", trace.K, r => r.K);
            Relative("lr", trace.LearningRates, r => r.LearningRate, 1e-12);
            Exact("dead", trace.Column("dead"), r => r.Dead);
            Relative("loss", trace.Column("loss"), r => r.Loss, lossTolerance);
            foreach (var (recorded, ours) in trace.Terms)
                Relative($"terms.{recorded}", trace.Column($"terms.{recorded}"), r => r.Term(ours), lossTolerance);
            Relative("grad_norm", trace.Column("grad_norm"), r => r.GradientNorm, lossTolerance);
            CompareTensors("", final, Values(trainer));
            if (type == ScalarType.Float32)
                CompareTensors("", Open("final32"), Values(trainer), "final32.");
            foreach (var extra in trainer.State.Extras.Where(extra => !extra.IsTrained))
                Compare("final." + extra.Name, final.Load(extra.Name, ScalarType.Float64, CPU).view(-1), extra.Value);
            return trainer.KernelName;

            void Exact(string name, double[] golden, Func<StepReport, double> ours) =>
                Add(name, golden.Zip(reports, (g, r) => g == ours(r) ? 0.0 : 1.0).Sum(), 0);
            void Relative(string name, double[] golden, Func<StepReport, double> ours, double tolerance) =>
                Add(name, golden.Zip(reports, (g, r) => Math.Abs(ours(r) - g) / (g == 0 ? 1 : Math.Abs(g))).Aggregate(0.0, Worse), tolerance);
        }

        public void Dispose() => opened.ForEach(file => file.Dispose());

        private SafeTensors Open(string name)
        {
            var file = SafeTensors.Open(Path.Combine(folder, name + ".safetensors"));
            opened.Add(file);
            return file;
        }

        private SparseAutoencoder Initial()
        {
            var file = Open("init");
            var width = file.Entries.TryGetValue(trace.Tensors[3].Name, out var bias) ? bias.Shape[0] : -1;
            Tensor Load(TraceTensor tensor, params long[] shape)
            {
                file.Require(tensor.Name, tensor.IsTransposed ? [.. shape.Reverse()] : shape);
                var loaded = file.Load(tensor.Name, type, CPU);
                return tensor.IsTransposed ? loaded.t().contiguous() : loaded;
            }
            var (latents, tensors) = (trace.Spec.Latents, trace.Tensors);
            return new SparseAutoencoder(Load(tensors[0], latents, width), Load(tensors[1], latents), Load(tensors[2], latents, width), Load(tensors[3], width),
                trace.Spec.K, InputTransform.None with { Kind = trace.Spec.Normalisation }, trace.Spec.Kind,
                tensors.Skip(4).Zip(trace.Spec.Kind.Extras.Where(extra => extra.IsTrained)).ToDictionary(pair => pair.Second.Name, pair => Load(pair.First, latents)));
        }

        private static Tensor[] Values(SaeTrainer trainer) => [.. trainer.State.Parameters.Select(parameter => parameter.Value)];

        private void CompareTensors(string prefix, SafeTensors golden, IReadOnlyList<Tensor> ours, string? title = null)
        {
            foreach (var (tensor, found) in trace.Tensors.Zip(ours))
            {
                using var scope = NewDisposeScope();
                Compare((title ?? (prefix == "" ? "final." : prefix)) + tensor.Name,
                    golden.Load(prefix + tensor.Name, ScalarType.Float64, CPU), tensor.IsTransposed ? found.t() : found);
            }
        }

        /// <summary>The deviation in units of the golden tensor's largest magnitude.</summary>
        private void Compare(string name, Tensor expected, Tensor found)
        {
            var largest = expected.abs().max().ToDouble();
            Add(name, (found.to(ScalarType.Float64) - expected).abs().max().ToDouble() / (largest == 0 ? 1 : largest), tensorTolerance);
        }

        private static double Worse(double a, double b) => double.IsNaN(a) || a > b ? a : b;

        private void Add(string name, double error, double tolerance) => checks.Add(new VerifyCheck($"{Label(type)}: {name}", error, tolerance));
    }
}
