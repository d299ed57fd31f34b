using Interp.Autoencoders.Kernels;
using Interp.Formats;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Autoencoders;

/// <summary>Replays recorded training runs of other libraries through <see cref="SaeTrainer"/>.</summary>
public static class TrainingVerification
{
    /// <summary>The names of the trace's parameters, in the order of <see cref="TrainerState.Parameters"/>.</summary>
    private static readonly string[] Names = ["encoder.weight", "latent_bias", "decoder.weight", "pre_bias"];

    /// <summary>Compares every loss term, gradient norm, dead count and the weights on the way and at the end.</summary>
    /// <param name="folder">Folder with <c>spec.json</c>, <c>trace.json</c>, <c>init</c>, <c>batches</c> and <c>final.safetensors</c>.</param>
    /// <param name="precision">float32 or float64; null: both, one after the other.</param>
    /// <exception cref="InterpException">The folder cannot be read, or its kind is not served.</exception>
    public static VerifyReport Verify(string folder, ScalarType? precision = null) => Verify(folder, precision, SaeKernel.Automatic);

    internal static VerifyReport Verify(string folder, ScalarType? precision, SaeKernel kernel)
    {
        if (precision is not (null or ScalarType.Float32 or ScalarType.Float64))
            throw new InterpException($"A recorded run is replayed in float32 or float64, not in {precision}; choose one of them.");
        var trace = TrainingTrace.Read(folder);
        var checks = new List<VerifyCheck>();
        ScalarType[] types = precision is { } one ? [one] : [ScalarType.Float64, ScalarType.Float32];
        foreach (var type in types)
        {
            using var replay = new Replay(folder, trace, type, kernel, checks);
            replay.Run();
        }
        return new VerifyReport(checks, [$"The smallest selection gap of the recording is {trace.SelectionGap.ToString("g3", System.Globalization.CultureInfo.InvariantCulture)}; a rounding error of that size may flip a selection."]);
    }

    /// <summary>One replay in one precision.</summary>
    private sealed class Replay(string folder, TrainingTrace trace, ScalarType type, SaeKernel kernel, List<VerifyCheck> checks) : IDisposable
    {
        private readonly string label = type == ScalarType.Float64 ? "float64" : "float32";
        private readonly double lossTolerance = type == ScalarType.Float64 ? 1e-9 : 1e-5;
        private readonly List<SafeTensors> opened = [];
        private readonly double tensorTolerance = type == ScalarType.Float64 ? 1e-9 : 1e-4;

        public void Run()
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
                    CompareTensors("raw0.", final, gradients.Raw);
                    CompareTensors("grad0.", final, gradients.Final);
                }
                if (final.Entries.ContainsKey($"step{step + 1}.{Names[0]}"))
                    CompareTensors($"step{step + 1}.", final, Values(trainer));
            }
            Exact("k", trace.K, r => r.K);
            Relative("lr", trace.LearningRates, r => r.LearningRate, 1e-12);
            Exact("dead", trace.Column("dead"), r => r.Dead);
            Relative("loss", trace.Column("loss"), r => r.Loss, lossTolerance);
            Relative("terms.main", trace.Column("terms.main"), r => r.Main, lossTolerance);
            Relative("terms.aux", trace.Column("terms.aux"), r => r.Auxiliary, lossTolerance);
            Relative("grad_norm", trace.Column("grad_norm"), r => r.GradientNorm, lossTolerance);
            CompareTensors("", final, Values(trainer));
            if (type == ScalarType.Float32)
                CompareTensors("", Open("final32"), Values(trainer), "final32.");

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
            file.Require("encoder.weight", trace.Spec.Latents, -1);
            var width = file.Entries["encoder.weight"].Shape[1];
            file.Require("decoder.weight", width, trace.Spec.Latents);
            file.Require("latent_bias", trace.Spec.Latents);
            file.Require("pre_bias", width);
            return new SparseAutoencoder(file.Load("encoder.weight", type, CPU), file.Load("latent_bias", type, CPU),
                file.Load("decoder.weight", type, CPU).t().contiguous(), file.Load("pre_bias", type, CPU), trace.Spec.K, InputTransform.None);
        }

        private static Tensor[] Values(SaeTrainer trainer) => [.. trainer.State.Parameters.Select(parameter => parameter.Value)];

        /// <summary>Deviations in units of the golden tensor's largest magnitude.</summary>
        private void CompareTensors(string prefix, SafeTensors golden, IReadOnlyList<Tensor> ours, string? title = null)
        {
            for (var i = 0; i < Names.Length; i++)
            {
                using var scope = NewDisposeScope();
                var expected = golden.Load(prefix + Names[i], ScalarType.Float64, CPU);
                var found = (i == 2 ? ours[i].t() : ours[i]).to(ScalarType.Float64);
                var largest = expected.abs().max().ToDouble();
                Add((title ?? (prefix == "" ? "final." : prefix)) + Names[i],
                    (found - expected).abs().max().ToDouble() / (largest == 0 ? 1 : largest), tensorTolerance);
            }
        }

        private static double Worse(double a, double b) => double.IsNaN(a) || a > b ? a : b;

        private void Add(string name, double error, double tolerance) => checks.Add(new VerifyCheck($"{label}: {name}", error, tolerance));
    }
}
