using Interp.Autoencoders;
using Interp.Autoencoders.Kernels;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Autoencoders;

/// <summary>AuxK in its forms, for each kind that selects the largest: its gradient against autograd and finite differences.</summary>
public class AuxiliaryGradientTests
{
    private static readonly Dictionary<string, Func<int, AuxiliaryLoss>> Forms = new()
    {
        ["openai"] = k => new(k, 0.5),
        ["openai, with bias"] = k => new(k, 0.5, BiasGradient: true),
        ["SAELens"] = k => new(k, 0.5, ScaleByDead: true, Form: AuxiliaryForm.SumOverWidth),
        ["undetached"] = k => new(k, 0.5, Form: AuxiliaryForm.Undetached),
    };

    public static TheoryData<string, string, string, SaeKernel> Cases
    {
        get
        {
            var data = new TheoryData<string, string, string, SaeKernel>();
            var kinds = Kinds.Names.Concat(Kinds.Transcoders).Where(kind => Kinds.Of(kind).UsesK);
            foreach (var (kind, form) in kinds.SelectMany(kind => Forms.Keys.Select(form => (kind, form))))
            {
                foreach (var batch in new[] { "plain", "one token", "k is 1", "k is M", "all zero", "few positive", "all dead", "all dead, few helpers" })
                {
                    data.Add(kind, form, batch, SaeKernel.Aten);
                    if (Problem.Recipe(kind, form, batch).IsFused)
                        data.Add(kind, form, batch, SaeKernel.Cpu);
                }
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void It_equals_autograd_and_finite_differences(string kind, string form, string batch, SaeKernel kernel)
    {
        using var scope = NewDisposeScope();
        using var problem = new Problem(kind, form, batch, kernel);
        var parameters = problem.Parameters();
        var leaves = parameters.Select(parameter => parameter.clone().requires_grad_()).ToArray();
        var held = problem.Remainder(parameters).clone();
        var loss = problem.Loss(leaves, held);
        if (loss.requires_grad)
            loss.backward();
        var (term, gradients) = problem.Step();
        Assert.Equal(loss.ToDouble(), term, 1e-12 * (1 + Math.Abs(term)));
        using var noGradient = no_grad();
        var shifted = parameters.Select(parameter => parameter.clone()).ToArray();
        for (var i = 0; i < parameters.Length; i++)
        {
            var expected = leaves[i].grad ?? zeros_like(leaves[i]);
            Assert.InRange((gradients[i] - expected).abs().max().ToDouble(), 0, 1e-11 * (1 + expected.abs().max().ToDouble()));
            var flat = shifted[i].view(-1);
            for (var at = 0; at < flat.numel(); at += Math.Max(1, (int)flat.numel() / 5))
            {
                double At(double shift)
                {
                    using var number = flat[at];
                    number.add_(shift);
                    var value = problem.Loss(shifted, held).ToDouble();
                    number.sub_(shift);
                    return value;
                }
                var found = gradients[i].view(-1)[at].ToDouble();
                Assert.Equal((At(1e-6) - At(-1e-6)) / 2e-6, found, 2e-6 * (1 + Math.Abs(found)));
            }
        }
    }

    /// <summary>The term alone: the main loss has a factor of 0, and a step moves nothing.</summary>
    private sealed class Problem : IDisposable
    {
        private const int Latents = 24, Width = 6, Output = 5;

        private readonly TrainingSpec spec;
        private readonly SaeTrainer trainer;
        private readonly Tensor x, target, dead;
        private readonly double[] heldBias;

        public Problem(string kind, string form, string batch, SaeKernel kernel)
        {
            spec = Recipe(kind, form, batch);
            var start = Samples.Autoencoder(Latents, Width, spec.K);
            var output = Samples.Autoencoder(Latents, spec.Kind.IsTranscoder ? Output : Width, spec.K, seed: 6);
            if (batch == "few positive")
                start.EncoderBias.sub_(2);
            trainer = new SaeTrainer(spec, new SparseAutoencoder(start.EncoderWeight, start.EncoderBias, output.DecoderWeight, output.DecoderBias, spec.K, InputTransform.None, spec.Kind), 1, kernel);
            if (spec.Kind is TranscoderDictionary { Skip: true })
                trainer.State.Extra(TranscoderDictionary.SkipWeight).copy_(Samples.Autoencoder(Output, Width, 1, seed: 7).EncoderWeight);
            dead = arange(Latents, dtype: ScalarType.Int64, device: CPU).remainder(2) == 0;
            if (batch.StartsWith("all dead"))
                dead = ones_like(dead);
            trainer.State.Silent.copy_(dead.to(ScalarType.Int64) * 1000 - 500);
            trainer.Record = StepGradients.For(trainer.State);
            // Of two equal rows the mean is exact, and so is the error's deviation of 0.
            x = batch == "all zero" ? zeros(2, Width, dtype: ScalarType.Float64, device: CPU) : Rows(batch == "one token" ? 1 : 30, Width);
            target = !spec.Kind.IsTranscoder ? x : batch == "all zero" ? ones(2, Output, dtype: ScalarType.Float64, device: CPU) : Rows((int)x.shape[0], Output);
            heldBias = Samples.Numbers(output.DecoderBias);
        }

        public static TrainingSpec Recipe(string kind, string form, string batch) => new()
        {
            Kind = Kinds.Of(kind),
            Latents = Latents,
            K = batch switch { "k is 1" => 1, "k is M" => Latents, _ => 4 },
            MseScale = 0,
            Auxiliary = Forms[form](batch switch { "k is 1" => 1, "k is M" => Latents, "all dead, few helpers" => 2, _ => 6 }),
            DecoderRule = DecoderRule.Free,
            LearningRate = new(0),
            Dead = new DeadRule(0, DeadUnit.Steps, double.PositiveInfinity),
        };

        public Tensor[] Parameters() => [.. trainer.State.Parameters.Select(parameter => parameter.Value.clone())];

        public (double Term, Tensor[] Gradients) Step()
        {
            var report = trainer.Step(x, spec.Kind.IsTranscoder ? target : null);
            return (report.Term(LossTerm.Auxiliary), [.. trainer.Record!.Raw]);
        }

        /// <summary>e = x - x̂ [n, d'].</summary>
        public Tensor Remainder(Tensor[] p)
        {
            var pre = PreActivations(p);
            var kept = spec.Kind is BatchTopKDictionary ? LargestOf(pre.view(1, -1), spec.K * (int)pre.shape[0]).view_as(pre) : LargestOf(pre, spec.K);
            var reconstruction = kept.relu().mm(p[2]) + p[3];
            return target - (p.Length > 4 && spec.Kind is TranscoderDictionary ? reconstruction + x.mm(p[4].t()) : reconstruction);
        }

        /// <summary>The term by its formula, with the e that is detached.</summary>
        public Tensor Loss(Tensor[] p, Tensor held)
        {
            var aux = spec.Auxiliary!;
            var (k, count) = (aux.K!.Value, dead.sum().ToInt32());
            var chosen = LargestOf(PreActivations(p).masked_fill(dead.logical_not(), double.NegativeInfinity), Math.Min(k, count));
            var helpers = aux.Form == AuxiliaryForm.SumOverWidth ? chosen : chosen.relu();
            var estimate = helpers.mm(p[2]);
            switch (aux.Form)
            {
                case AuxiliaryForm.SumOverWidth:
                    return (estimate - held).square().sum(1).mean() * (aux.Coefficient * Math.Min((double)count / k, 1));
                case AuxiliaryForm.Undetached:
                    return (estimate + p[3] - Remainder(p)).square().mean() * aux.Coefficient;
                default:
                    var deviation = (held - held.mean([0])).square().mean().ToDouble();
                    var difference = aux.BiasGradient ? estimate + p[3] - held - tensor(heldBias, device: CPU) : estimate - held;
                    return deviation == 0 ? zeros(1, dtype: ScalarType.Float64, device: CPU) : difference.square().mean() * (aux.Coefficient / deviation);
            }
        }

        public void Dispose()
        {
            trainer.Record?.Dispose();
            trainer.Dispose();
        }

        private static Tensor Rows(int count, int width) => new SparseWorld(count, width).Rows(0, count, ScalarType.Float64);

        private Tensor PreActivations(Tensor[] p) => (spec.Kind.SubtractsBias ? x - p[3] : x).mm(p[0].t()) + p[1];

        /// <summary>The k largest numbers of each row, 0 elsewhere.</summary>
        private static Tensor LargestOf(Tensor numbers, int k)
        {
            var (values, indices) = numbers.topk(k, 1);
            return zeros_like(numbers).scatter_add(1, indices, values);
        }
    }
}
