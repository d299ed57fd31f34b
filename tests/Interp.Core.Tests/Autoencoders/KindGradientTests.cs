using Interp.Autoencoders;
using Interp.Autoencoders.Kernels;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Autoencoders;

/// <summary>The loss of every kind: its gradient against finite differences, and by hand.</summary>
public class KindGradientTests
{
    /// <summary>Batches that a selection may stumble on.</summary>
    public static TheoryData<string, string, SaeKernel> Cases
    {
        get
        {
            var data = new TheoryData<string, string, SaeKernel>();
            foreach (var (kind, kernel) in Kinds.Names.Concat(Kinds.Transcoders).SelectMany(kind => new[] { (kind, SaeKernel.Cpu), (kind, SaeKernel.Aten) }))
            {
                foreach (var name in new[] { "plain", "one token", "k is 1", "k is M", "all zero", "few positive", "ties" })
                    data.Add(kind, name, kernel);
                if (Kinds.Of(kind) is JumpReluDictionary)
                    data.Add(kind, "all dead", kernel);
            }
            return data;
        }
    }

    /// <summary>The same for the kinds with a jump.</summary>
    public static TheoryData<string, string, SaeKernel> Jumps => [.. Cases.Where(row => Kinds.Of(row.Data.Item1) is JumpReluDictionary)];

    /// <summary>
    /// Where the loss is smooth. Gradients across a jump are surrogates, for which
    /// <see cref="Surrogates_are_the_papers"/> stands.
    /// </summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void It_equals_finite_differences(string name, string batch, SaeKernel kernel)
    {
        using var scope = NewDisposeScope();
        using var problem = new Problem(name, batch, kernel);
        var x = problem.Input();
        var gradients = problem.Gradients(x);
        var parameters = problem.Trainer.State.Parameters;
        for (var i = 0; i < parameters.Count; i++)
        {
            if (parameters[i].Name == "threshold" || (Kinds.Of(name) is JumpReluDictionary { StraightThrough: true } && parameters[i].Name != "decoder_weight"))
                continue;
            using var held = no_grad();
            var flat = parameters[i].Value.view(-1);
            for (var at = 0; at < flat.numel(); at += Math.Max(1, (int)flat.numel() / 7))
            {
                double At(double shift)
                {
                    using var number = flat[at];
                    number.add_(shift);
                    var loss = problem.Loss(x);
                    number.sub_(shift);
                    return loss;
                }
                var (above, below) = ((At(1e-6) - At(0)) / 1e-6, (At(0) - At(-1e-6)) / 1e-6);
                var found = gradients[i].view(-1)[at].ToDouble();
                if (batch is "ties" or "all zero" && Math.Abs(above - below) > 1e-3 * (1 + Math.Abs(above)))
                    Assert.InRange(found, Math.Min(above, below) - 1e-4, Math.Max(above, below) + 1e-4);
                else
                    Assert.Equal((above + below) / 2, found, 2e-5 * (1 + Math.Abs(found)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Jumps))]
    public void Surrogates_are_the_papers(string name, string batch, SaeKernel kernel)
    {
        using var scope = NewDisposeScope();
        using var problem = new Problem(name, batch, kernel);
        var x = problem.Input();
        var expected = JumpReluByHand.Gradients((JumpReluDictionary)Kinds.Of(name), problem.Trainer, x, allDead: batch == "all dead");
        foreach (var (found, parameter) in problem.Gradients(x).Zip(problem.Trainer.State.Parameters))
            Assert.InRange((found - expected[parameter.Name]).abs().max().ToDouble(), 0, 1e-10);
    }

    [Theory]
    [InlineData(SaeKernel.Cpu)]
    [InlineData(SaeKernel.Aten)]
    public void The_thresholds_gradient_is_the_papers(SaeKernel kernel)
    {
        // One token u = 1, one latent: p = 1, θ = 0.9, ε = 0.5, D = 2, x̂ = 2, loss = (2-1)² = 1, dL/df = 2·(x̂-x)·D = 4.
        // From f: -(θ/ε)·4 = -7.2; from the count with λ = 3: -3/ε = -6.
        using var scope = NewDisposeScope();
        using var trainer = Trainer(new JumpReluDictionary(Threshold: 0.9, Bandwidth: 0.5), 3, kernel);
        var report = trainer.Step(tensor(new double[,] { { 1 } }, device: CPU));
        Assert.Equal(1 + 3, report.Loss, 1e-12);
        Assert.Equal(-13.2, trainer.Record!.Raw[^1].ToDouble(), 1e-12);
    }

    [Theory]
    [InlineData(SaeKernel.Cpu)]
    [InlineData(SaeKernel.Aten)]
    public void Terms_of_the_penalised_kinds_by_hand(SaeKernel kernel)
    {
        // u = x = 1, E = 1, c = 0, D = 2: f = 1, x̂ = 2, main 1. ReLU: λ·f·‖D‖ = 3·2. Tanh: 3·tanh(4·1·2).
        // Gated, r = m = 0: the gate's reconstruction is the same, 1, and the penalty 3·2.
        using var scope = NewDisposeScope();
        Assert.Equal([1, 6], Terms(new ReluDictionary()));
        Assert.Equal([1, 6, 1], Terms(new GatedDictionary()));
        Assert.Equal([1, Math.Round(3 * Math.Tanh(8), 12)], Terms(new JumpReluDictionary(JumpPenalty.Tanh, Threshold: 0.5, Bandwidth: 0.1)));

        double[] Terms(SaeKind kind)
        {
            using var trainer = Trainer(kind, 3, kernel);
            return [.. trainer.Step(tensor(new double[,] { { 1 } }, device: CPU)).Terms.Select(term => Math.Round(term.Value, 12))];
        }
    }

    [Theory]
    [InlineData(SaeKernel.Cpu)]
    [InlineData(SaeKernel.Aten)]
    public void BatchTopK_and_its_prefixes_by_hand(SaeKernel kernel)
    {
        // Identity weights, x = (3, 1), (2, 0): with k = 1 the two largest of the batch are 3 and 2, both of latent 0.
        // Main: mean of 0, 1, 0, 0 = 0.25; multiplied by 4: 1. The prefix of one latent is the same here.
        using var scope = NewDisposeScope();
        var identity = eye(2, dtype: ScalarType.Float64, device: CPU);
        var spec = new TrainingSpec { Kind = new MatryoshkaDictionary([1]), Latents = 2, K = 1, MseScale = 4, LearningRate = new(0), DecoderRule = DecoderRule.Free };
        var start = new SparseAutoencoder(identity, zeros(2, dtype: ScalarType.Float64, device: CPU), identity.clone(), zeros(2, dtype: ScalarType.Float64, device: CPU), 1, InputTransform.None, spec.Kind);
        using var trainer = new SaeTrainer(spec, start, 1, kernel);
        var report = trainer.Step(tensor(new double[,] { { 3, 1 }, { 2, 0 } }, device: CPU));
        Assert.Equal([1, 1], report.Terms.Select(term => term.Value));
        Assert.Equal(1, report.Active);
        Assert.Equal(0.02, trainer.Autoencoder.Extras["topk_threshold"].ToDouble(), 1e-12); // 0.01 of the smallest active, 2
    }

    private static SaeTrainer Trainer(SaeKind kind, double sparsity, SaeKernel kernel)
    {
        Tensor Number(double value, params long[] shape) => full(shape, value, dtype: ScalarType.Float64, device: CPU);
        var start = new SparseAutoencoder(Number(1, 1, 1), Number(0, 1), Number(2, 1, 1), Number(0, 1), 1, InputTransform.None, kind);
        var spec = new TrainingSpec { Kind = kind, Latents = 1, K = 1, Sparsity = new(sparsity, 0), LearningRate = new(0), DecoderRule = DecoderRule.Free };
        var trainer = new SaeTrainer(spec, start, 1, kernel);
        trainer.Record = StepGradients.For(trainer.State);
        return trainer;
    }

    /// <summary>A loss of random weights whose step moves nothing.</summary>
    private sealed class Problem : IDisposable
    {
        private const int Width = 6, Output = 5;

        private readonly string batch;

        public Problem(string name, string batch, SaeKernel kernel)
        {
            this.batch = batch;
            var k = batch switch { "k is 1" => 1, "k is M" => 24, _ => 4 };
            var spec = new TrainingSpec
            {
                Kind = Kinds.Of(name),
                Latents = 24,
                K = k,
                MseScale = 1.5,
                Sparsity = new(0.3, 0),
                Auxiliary = null,
                DecoderRule = DecoderRule.Free,
                LearningRate = new(0),
                Dead = new DeadRule(batch == "all dead" ? -1 : 1_000, DeadUnit.Steps),
            };
            var start = Samples.Autoencoder(24, Width, k);
            if (batch == "ties")
                start.EncoderWeight.narrow(0, 4, 4).copy_(start.EncoderWeight.narrow(0, 0, 4));
            if (batch == "ties")
                start.EncoderBias.narrow(0, 4, 4).copy_(start.EncoderBias.narrow(0, 0, 4));
            if (batch == "few positive")
                start.EncoderBias.sub_(2);
            var output = spec.Kind.IsTranscoder ? Samples.Autoencoder(24, Output, k, seed: 6) : start;
            Trainer = new SaeTrainer(spec, new SparseAutoencoder(start.EncoderWeight, start.EncoderBias, output.DecoderWeight, output.DecoderBias, k, InputTransform.None, spec.Kind), 1_000_000, kernel);
            if (spec.Kind is TranscoderDictionary { Skip: true })
                Trainer.State.Extra(TranscoderDictionary.SkipWeight).copy_(Samples.Autoencoder(Output, Width, 1, seed: 7).EncoderWeight);
            Trainer.Record = StepGradients.For(Trainer.State);
        }

        public SaeTrainer Trainer { get; }

        public Tensor Input() => batch switch
        {
            "one token" => Rows(1, Width),
            "all zero" => zeros(5, Width, dtype: ScalarType.Float64, device: CPU),
            _ => Rows(30, Width),
        };

        public IReadOnlyList<Tensor> Gradients(Tensor x)
        {
            Loss(x);
            return [.. Trainer.Record!.Raw.Select(gradient => gradient.clone())];
        }

        public double Loss(Tensor x)
        {
            using var target = Trainer.Spec.Kind.IsTranscoder ? Rows((int)x.shape[0], Output) : null;
            return Trainer.Step(x, target).Loss;
        }

        private static Tensor Rows(int count, int width) => new SparseWorld(count, width).Rows(0, count, ScalarType.Float64);

        public void Dispose()
        {
            Trainer.Record?.Dispose();
            Trainer.Dispose();
        }
    }
}
