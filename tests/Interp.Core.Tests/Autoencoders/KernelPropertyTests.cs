using Interp.Autoencoders;
using Interp.Autoencoders.Kernels;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Autoencoders;

/// <summary>What must hold for a step of any shape; shapes are drawn by a seed.</summary>
public class KernelPropertyTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 25)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Both_kernels_agree_on_any_shape(int seed)
    {
        using var scope = NewDisposeScope();
        var shape = new Shape(seed);
        using var fast = shape.Trainer(SaeKernel.Cpu);
        using var plain = shape.Trainer(SaeKernel.Aten);
        for (var step = 0; step < 3; step++)
        {
            var (ours, golden) = (fast.Step(shape.Batch), plain.Step(shape.Batch));
            Assert.Equal((golden.Dead, golden.Active), (ours.Dead, ours.Active));
            Assert.Equal(golden.Loss, ours.Loss, 1e-9 * Math.Max(1, golden.Loss));
        }
        foreach (var (ours, golden) in fast.State.Tensors().Zip(plain.State.Tensors()))
            Assert.InRange(Samples.Distance(ours.Value, golden.Value), 0, 1e-8);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_gradient_of_a_batch_is_the_sum_of_those_of_its_parts(int seed)
    {
        using var scope = NewDisposeScope();
        var shape = new Shape(seed);
        var cut = Math.Max(1, shape.Tokens / 3);
        if (cut == shape.Tokens)
            return;
        var whole = shape.Gradients(shape.Batch);
        var first = shape.Gradients(shape.Batch.narrow(0, 0, cut).contiguous());
        var second = shape.Gradients(shape.Batch.narrow(0, cut, shape.Tokens - cut).contiguous());
        for (var i = 0; i < whole.Count; i++)
        {
            var sum = (first[i] * cut + second[i] * (shape.Tokens - cut)) / shape.Tokens;
            Assert.InRange(Samples.Distance(sum, whole[i]), 0, 1e-11);
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_order_of_tokens_moves_gradients_by_rounding_alone(int seed)
    {
        using var scope = NewDisposeScope();
        var shape = new Shape(seed);
        var order = tensor(new RandomStream(seed, "tokens").Permutation(shape.Tokens), dtype: ScalarType.Int64, device: CPU);
        foreach (var (moved, still) in shape.Gradients(shape.Batch.index_select(0, order)).Zip(shape.Gradients(shape.Batch)))
            Assert.InRange(Samples.Distance(moved, still), 0, 1e-11);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_order_of_latents_is_that_of_the_gradients(int seed)
    {
        using var scope = NewDisposeScope();
        var shape = new Shape(seed);
        var order = tensor(new RandomStream(seed, "latents").Permutation(shape.Latents), dtype: ScalarType.Int64, device: CPU);
        var (moved, still) = (shape.Gradients(shape.Batch, order), shape.Gradients(shape.Batch));
        for (var i = 0; i < moved.Count; i++)
            Assert.InRange(Samples.Distance(moved[i], i == 3 ? still[i] : still[i].index_select(0, order)), 0, 1e-11);
    }

    /// <summary>A random size, with what must be odd now and then: tokens, width, latents, k, helpers; a kind whose loss is a sum over tokens.</summary>
    private sealed class Shape
    {
        private readonly TrainingSpec spec;
        private readonly int width;
        private readonly int seed;

        public Shape(int seed)
        {
            this.seed = seed;
            var random = new RandomStream(seed, "shape");
            Tokens = 1 + random.Next(700);
            width = 1 + random.Next(150);
            Latents = 1 + random.Next(seed % 5 == 0 ? 5000 : 300);
            var k = 1 + random.Next(Math.Min(Latents, 70));
            AuxiliaryLoss? helped = random.Next(3) switch { 0 => null, 1 => new AuxiliaryLoss(1 + random.Next(Latents), 0.5), _ => new AuxiliaryLoss(1, 0.5) };
            spec = new TrainingSpec
            {
                Kind = (seed % 6) switch
                {
                    0 => new TopKDictionary(3, 0.25),
                    1 => new ReluDictionary(),
                    2 => new JumpReluDictionary(JumpPenalty.Tanh, Threshold: 0.3, StraightThrough: true),
                    3 => new GatedDictionary(),
                    _ => SaeKind.TopK,
                },
                Sparsity = new(0.1, 0),
                Latents = Latents,
                K = k,
                MseScale = 1.25,
                Auxiliary = helped,
                DecoderRule = (DecoderRule)random.Next(3),
                Clip = random.Next(2) == 0 ? null : 0.5,
                LearningRate = new(1e-3),
                Dead = new DeadRule(1, DeadUnit.Steps),
            };
            Batch = new SparseWorld(Tokens, width).Rows(0, Tokens, ScalarType.Float64);
        }

        public int Tokens { get; }

        public int Latents { get; }

        public Tensor Batch { get; }

        public SaeTrainer Trainer(SaeKernel kernel) => new(spec, Start(null), 1_000, kernel);

        /// <summary>Gradients of the main term of the fused kernel; with an order, after its latents have been put into it.</summary>
        public IReadOnlyList<Tensor> Gradients(Tensor batch, Tensor? order = null)
        {
            using var trainer = new SaeTrainer(spec with { Auxiliary = null, DecoderRule = DecoderRule.Free }, Start(order), 1_000, SaeKernel.Cpu);
            using var record = StepGradients.For(trainer.State);
            trainer.Record = record;
            trainer.Step(batch);
            return [.. record.Raw.Select(gradient => gradient.clone())];
        }

        private SparseAutoencoder Start(Tensor? order)
        {
            var like = Samples.Autoencoder(Latents, width, spec.K, seed: seed);
            Tensor Ordered(Tensor tensor) => order is null ? tensor : tensor.index_select(0, order);
            return new SparseAutoencoder(Ordered(like.EncoderWeight), Ordered(like.EncoderBias), Ordered(like.DecoderWeight), like.DecoderBias, spec.K, InputTransform.None, spec.Kind);
        }
    }
}
