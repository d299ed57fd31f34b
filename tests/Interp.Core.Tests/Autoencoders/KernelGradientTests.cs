using Interp.Autoencoders;
using Interp.Autoencoders.Kernels;
using Interp.Formats;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Autoencoders;

/// <summary>The hand-derived gradients of each loss term by itself.</summary>
public class KernelGradientTests
{
    private static readonly string[] Names = ["encoder.weight", "latent_bias", "decoder.weight", "pre_bias"];

    public static TheoryData<SaeKernel, string> Terms
    {
        get
        {
            var data = new TheoryData<SaeKernel, string>();
            foreach (var kernel in new[] { SaeKernel.Cpu, SaeKernel.Aten })
            {
                foreach (var term in new[] { "main", "aux", "aux_with_bias" })
                    data.Add(kernel, term);
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Terms))]
    public void They_equal_the_recorded_ones(SaeKernel kernel, string term)
    {
        using var scope = NewDisposeScope();
        using var inputs = SafeTensors.Open(Fixtures.Path("training", "gradients-topk-auxk", "inputs.safetensors"));
        using var golden = SafeTensors.Open(Fixtures.Path("training", "gradients-topk-auxk", "gradients.safetensors"));
        Tensor Load(string name) => inputs.Load(name, ScalarType.Float64, CPU);
        using var problem = new Problem(term, kernel, new SparseAutoencoder(Load("encoder.weight"), Load("latent_bias"), Load("decoder.weight").t().contiguous(), Load("pre_bias"), 6, InputTransform.None), Load("dead").to(ScalarType.Bool));
        var (loss, gradients) = problem.Step(Load("x"));
        var expected = new Dictionary<string, double> { ["main"] = 1.2144314659638924, ["aux"] = 1.56608712282189, ["aux_with_bias"] = 1.5660871228218896 };
        Assert.Equal(expected[term], loss, 1e-12);
        for (var i = 0; i < Names.Length; i++)
        {
            var ours = i == 2 ? gradients[i].t() : gradients[i];
            Assert.InRange((ours - golden.Load($"{term}.{Names[i]}", ScalarType.Float64, CPU)).abs().max().ToDouble(), 0, 1e-14);
        }
    }

    [Theory]
    [MemberData(nameof(Terms))]
    public void They_equal_those_of_autograd(SaeKernel kernel, string term)
    {
        using var scope = NewDisposeScope();
        using var problem = Problem.Random(term, kernel);
        var x = Problem.Input();
        var leaves = problem.Parameters().Select(p => p.clone().requires_grad_()).ToArray();
        Problem.Loss(term, leaves, x, problem.Dead, detached: null).backward();
        var (_, gradients) = problem.Step(x);
        foreach (var (ours, leaf) in gradients.Zip(leaves))
        {
            if (leaf.grad is { } golden)
                Assert.InRange((ours - golden).abs().max().ToDouble(), 0, 1e-14);
            else
                Assert.Equal(0, ours.abs().max().ToDouble());
        }
    }

    [Theory]
    [MemberData(nameof(Terms))]
    public void They_equal_finite_differences(SaeKernel kernel, string term)
    {
        using var scope = NewDisposeScope();
        using var problem = Problem.Random(term, kernel);
        var x = Problem.Input();
        var parameters = problem.Parameters().Select(p => p.clone()).ToArray();
        var (_, gradients) = problem.Step(x);
        using var held = no_grad();
        var (error, bias) = (Problem.Error(parameters, x), parameters[3].clone());
        for (var i = 0; i < parameters.Length; i++)
        {
            var flat = parameters[i].view(-1);
            for (var at = 0; at < flat.numel(); at += (int)flat.numel() / 5)
            {
                double At(double shift)
                {
                    using var number = flat[at];
                    number.add_(shift);
                    var loss = Problem.Loss(term, parameters, x, problem.Dead, error, bias).ToDouble();
                    number.sub_(shift);
                    return loss;
                }
                Assert.Equal((At(1e-6) - At(-1e-6)) / 2e-6, gradients[i].view(-1)[at].ToDouble(), 1e-7);
            }
        }
    }

    [Theory]
    [InlineData(SaeKernel.Cpu)]
    [InlineData(SaeKernel.Aten)]
    public void Main_term_of_one_token_by_hand(SaeKernel kernel)
    {
        // x = (2, 1), b = (0, 1): u = (2, 0). E = D = identity rows (1,0), (0,1), c = (0, 0.5): p = (2, 0.5); k = 1 takes latent 0.
        // x̂ = (2, 0)·0.5-row: with D[0] = (0.5, 0): z·D = (1, 0), r = (-1, 0), loss = mean(r²) = 0.5, G = r.
        using var scope = NewDisposeScope();
        using var problem = new Problem("main", kernel, new SparseAutoencoder(
            tensor(new double[,] { { 1, 0 }, { 0, 1 } }, device: CPU), tensor(new[] { 0, 0.5 }, device: CPU),
            tensor(new double[,] { { 0.5, 0 }, { 0, 1 } }, device: CPU), tensor(new[] { 0.0, 1 }, device: CPU), 1, InputTransform.None), zeros(2, dtype: ScalarType.Bool, device: CPU));
        var (loss, gradients) = problem.Step(tensor(new double[,] { { 2, 1 } }, device: CPU));
        Assert.Equal(0.5, loss);
        Assert.Equal([-1, 0, 0, 0], Samples.Numbers(gradients[0]));    // g·u, g = ⟨G, D[0]⟩ = -0.5
        Assert.Equal([-0.5, 0], Samples.Numbers(gradients[1]));        // g
        Assert.Equal([-2, 0, 0, 0], Samples.Numbers(gradients[2]));    // z·G
        Assert.Equal([-0.5, 0], Samples.Numbers(gradients[3]));        // G - g·E[0]
    }

    [Theory]
    [InlineData(SaeKernel.Cpu)]
    [InlineData(SaeKernel.Aten)]
    public void Auxiliary_term_of_two_tokens_by_hand(SaeKernel kernel)
    {
        // u = x = (1), (3); latent 0 is selected but its row is 0, so e = x; latent 1 is dead: p = x·1, ê = 0.5·x.
        // ê - e = -0.5, -1.5; mean square 1.25; deviation of e from its mean 2 is 1: loss 1.25. Its gradient by ê: 2/(2·1)·(ê-e).
        using var scope = NewDisposeScope();
        using var problem = new Problem("aux", kernel, new SparseAutoencoder(
            tensor(new double[,] { { 0 }, { 1 } }, device: CPU), tensor(new[] { 100.0, 0 }, device: CPU),
            tensor(new double[,] { { 0 }, { 0.5 } }, device: CPU), zeros(1, dtype: ScalarType.Float64, device: CPU), 1, InputTransform.None), tensor(new[] { false, true }, device: CPU), helpers: 1);
        var (loss, gradients) = problem.Step(tensor(new double[,] { { 1 }, { 3 } }, device: CPU));
        Assert.Equal(1.25, loss, 1e-12);
        Assert.Equal([0, -0.5 * 0.5 * 1 - 1.5 * 0.5 * 3], Samples.Numbers(gradients[0]));
        Assert.Equal([0, -1], Samples.Numbers(gradients[1]));
        Assert.Equal([0, -0.5 * 1 - 1.5 * 3], Samples.Numbers(gradients[2]));
        Assert.Equal([1], Samples.Numbers(gradients[3]));
    }

    /// <summary>One loss term as a training problem whose step leaves its gradients and moves nothing.</summary>
    private sealed class Problem : IDisposable
    {
        private readonly SaeTrainer trainer;
        private readonly bool auxiliary;

        public Problem(string term, SaeKernel kernel, SparseAutoencoder autoencoder, Tensor dead, int helpers = 12)
        {
            Dead = dead;
            auxiliary = term != "main";
            trainer = new SaeTrainer(new TrainingSpec
            {
                Latents = autoencoder.Latents,
                K = autoencoder.K,
                MseScale = auxiliary ? 0 : 1,
                Auxiliary = auxiliary ? new AuxiliaryLoss(helpers, 1, BiasGradient: term == "aux_with_bias") : null,
                DecoderRule = DecoderRule.Free,
                LearningRate = new LearningRateSchedule(Peak: 0),
                Dead = new DeadRule(0, DeadUnit.Steps, double.PositiveInfinity),
            }, autoencoder, 1, kernel);
            trainer.State.Silent.copy_(dead.to(ScalarType.Int64) * 1000 - 500);
            trainer.Record = StepGradients.For(trainer.State);
        }

        public Tensor Dead { get; }

        public static Problem Random(string term, SaeKernel kernel)
        {
            var dead = arange(40, dtype: ScalarType.Int64, device: CPU).remainder(3) == 0;
            return new Problem(term, kernel, Samples.Autoencoder(40, 10, 4), dead);
        }

        public static Tensor Input() => new SparseWorld(70, 10).Rows(0, 70, ScalarType.Float64);

        public Tensor[] Parameters() => [.. trainer.State.Parameters.Select(p => p.Value)];

        public (double Loss, IReadOnlyList<Tensor> Gradients) Step(Tensor x)
        {
            var report = trainer.Step(x);
            return (report.Term(auxiliary ? "aux" : "main"), trainer.Record!.Raw);
        }

        public static Tensor Error(Tensor[] p, Tensor x) => (x - p[3] - Decoded((x - p[3]).mm(p[0].t()) + p[1], 4, p[2])).detach();

        public static Tensor Loss(string term, Tensor[] p, Tensor x, Tensor dead, Tensor? detached, Tensor? heldBias = null)
        {
            var pre = (x - p[3]).mm(p[0].t()) + p[1];
            if (term == "main")
                return (Decoded(pre, 4, p[2]) + p[3] - x).square().mean();
            var e = detached ?? Error(p, x);
            var estimate = Decoded(pre * dead.to(ScalarType.Float64), 12, p[2]);
            var deviation = (e - e.mean([0])).square().mean();
            if (term == "aux_with_bias")
                (estimate, e) = (estimate + p[3], e + (heldBias ?? p[3].detach()));
            return (estimate - e).square().mean() / deviation;
        }

        public void Dispose()
        {
            trainer.Record?.Dispose();
            trainer.Dispose();
        }

        private static Tensor Decoded(Tensor pre, int k, Tensor decoder)
        {
            var (values, indices) = pre.topk(k, 1);
            return zeros_like(pre).scatter_add(1, indices, values.relu()).mm(decoder);
        }
    }
}
