using Interp.Autoencoders;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Autoencoders;

/// <summary>The fused step of every kind against the reference, on shapes and recipes that are drawn by a seed.</summary>
public class KindKernelTests
{
    private const int Steps = 4;

    public static TheoryData<string, int> Cases
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (var name in Fused.Keys)
            {
                for (var seed = 1; seed <= 8; seed++)
                    data.Add(name, seed);
            }
            return data;
        }
    }

    private static readonly Dictionary<string, Func<int, RandomStream, SaeKind>> Fused = new()
    {
        ["topk, raw"] = (_, _) => new TopKDictionary(),
        ["topk, ranked, raw"] = (_, _) => new TopKDictionary(Rescale: true),
        ["batchtopk, raw"] = (_, _) => new BatchTopKDictionary(),
        ["topk, ranked"] = (_, _) => new TopKDictionary(Rescale: true),
        ["multi-topk"] = (_, random) => new TopKDictionary(2 + random.Next(3), 0.3),
        ["multi-topk, ranked"] = (_, _) => new TopKDictionary(3, 0.3, Rescale: true),
        ["batchtopk"] = (_, _) => new BatchTopKDictionary(),
        ["batchtopk, ranked"] = (_, _) => new BatchTopKDictionary(Rescale: true),
        ["matryoshka"] = (latents, random) => new MatryoshkaDictionary(Prefixes(latents, random)),
        ["matryoshka, ranked"] = (latents, random) => new MatryoshkaDictionary(Prefixes(latents, random), Rescale: true),
        ["relu"] = (_, _) => new ReluDictionary(),
        ["jumprelu"] = (_, random) => new JumpReluDictionary(Threshold: 0.2 + 0.5 * random.NextDouble(), Bandwidth: 0.3, PreActivation: random.Next(2) * 0.1),
        ["jumprelu, straight"] = (_, _) => new JumpReluDictionary(Threshold: 0.3, Bandwidth: 0.4, StraightThrough: true),
        ["jumprelu-tanh"] = (_, random) => new JumpReluDictionary(JumpPenalty.Tanh, Threshold: 0.3, Bandwidth: 0.5, StraightThrough: random.Next(2) == 0, PreActivation: random.Next(2) * 0.1),
        ["gated"] = (_, _) => new GatedDictionary(),
        ["transcoder"] = (_, _) => new TranscoderDictionary(),
        ["skip-transcoder"] = (_, _) => new TranscoderDictionary(Skip: true),
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void It_takes_the_same_steps(string name, int seed)
    {
        using var scope = NewDisposeScope();
        var problem = new Problem(name, seed);
        using var fast = problem.Trainer(SaeKernel.Cpu);
        using var plain = problem.Trainer(SaeKernel.Aten);
        for (var step = 0; step < Steps; step++)
        {
            var (ours, golden) = (fast.Step(problem.Batch(step), problem.Target(step)), plain.Step(problem.Batch(step), problem.Target(step)));
            Assert.Equal((golden.Dead, golden.Active), (ours.Dead, ours.Active));
            foreach (var term in golden.Terms)
                Assert.Equal(term.Value, ours.Term(term.Key), 1e-9 * Math.Max(1, Math.Abs(term.Value)));
            Assert.Equal(golden.Loss, ours.Loss, 1e-9 * Math.Max(1, golden.Loss));
            foreach (var (a, b) in golden.GradientNorms.Zip(ours.GradientNorms))
                Assert.Equal(a.Value, b.Value, 1e-9 * Math.Max(1, a.Value));
        }
        foreach (var (ours, golden) in fast.State.Tensors().Zip(plain.State.Tensors()))
            Assert.True(Samples.Distance(ours.Value, golden.Value) < 1e-7, $"{ours.Key} differs by {Samples.Distance(ours.Value, golden.Value)}.");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Its_bits_do_not_depend_on_the_number_of_threads(string name, int seed)
    {
        using var scope = NewDisposeScope();
        var problem = new Problem(name, seed, ScalarType.Float32);
        var threads = Workers.Count;
        Tensor[] Run(int count)
        {
            Workers.Count = count;
            try
            {
                using var trainer = problem.Trainer(SaeKernel.Cpu);
                for (var step = 0; step < Steps; step++)
                    trainer.Step(problem.Batch(step), problem.Target(step));
                return [.. trainer.State.Tensors().Select(tensor => tensor.Value.clone())];
            }
            finally
            {
                Workers.Count = threads;
            }
        }
        foreach (var (one, three) in Run(1).Zip(Run(3)))
            Assert.True(one.Equals(three));
    }

    private static int[] Prefixes(int latents, RandomStream random)
    {
        var first = 1 + random.Next(latents);
        return first < latents ? [first, first + 1 + random.Next(latents - first)] : [first];
    }

    /// <summary>A random size and recipe; some have most latents active, some few, some many dead.</summary>
    private sealed class Problem
    {
        private readonly int tokens, width, output, latents, seed;
        private readonly ScalarType type;
        private readonly TrainingSpec spec;
        private readonly double shift;

        public Problem(string name, int seed, ScalarType type = ScalarType.Float64)
        {
            (this.seed, this.type) = (seed, type);
            var random = new RandomStream(seed, name);
            tokens = 1 + random.Next(400);
            width = 2 + random.Next(90); // at 1 the projection leaves rounding alone
            latents = 2 + random.Next(seed % 4 == 0 ? 3000 : 200);
            var kind = Fused[name](latents, random);
            output = kind.IsTranscoder ? 1 + random.Next(90) : width;
            shift = random.Next(3) switch { 0 => 0, 1 => -1, _ => -2 };
            spec = new TrainingSpec
            {
                Kind = kind,
                Latents = latents,
                K = 1 + random.Next(Math.Min(latents, 60)),
                MseScale = random.Next(2) == 0 ? null : 1.25,
                Sparsity = new(0.1, 0),
                Auxiliary = random.Next(4) switch
                {
                    0 => null,
                    1 => new AuxiliaryLoss(1 + random.Next(latents), 0.5, BiasGradient: random.Next(2) == 0),
                    2 => new AuxiliaryLoss(1 + random.Next(latents), 0.5, ScaleByDead: true, Form: AuxiliaryForm.SumOverWidth),
                    _ => new AuxiliaryLoss(1, 0.5, Form: (AuxiliaryForm)random.Next(2)),
                },
                DecoderRule = (DecoderRule)random.Next(3),
                Clip = random.Next(2) == 0 ? null : 0.5,
                LearningRate = new(1e-3),
                Optimiser = new OptimiserSpec(Epsilon: 1e-6), // a smaller one makes steps of a gradient that is rounding alone
                Dead = new DeadRule(1, DeadUnit.Steps, Counted: (DeadCount)random.Next(2)),
                EncoderPenalty = random.Next(2) * 0.01,
            };
            if (!name.EndsWith("raw"))
                return;
            spec = spec with
            {
                MseScale = 1.25,
                LossSpace = (LossSpace)random.Next(2),
                Normalisation = random.Next(2) == 0 ? InputNormalisation.PerTokenLayerNorm : InputNormalisation.Centred,
                Auxiliary = random.Next(4) == 0 ? null : new AuxiliaryLoss(1 + random.Next(latents), 0.5, Form: AuxiliaryForm.Undetached),
            };
        }

        public Tensor Batch(int step) => new SparseWorld(tokens * 2, width).Rows(step % 2 * tokens, tokens, type);

        public Tensor? Target(int step) => spec.Kind.IsTranscoder ? new SparseWorld(tokens * 2, output, mean: 2).Rows(step % 2 * tokens, tokens, type) : null;

        public SaeTrainer Trainer(SaeKernel kernel)
        {
            using var like = Samples.Autoencoder(latents, width, spec.K, type: type, seed: seed);
            using var other = Samples.Autoencoder(latents, output, spec.K, type: type, seed: seed + 1000);
            InputTransform Transform() => spec.LossSpace == LossSpace.Encoder ? InputTransform.None : InputTransform.Fit(spec.Normalisation, Batch(0));
            return new SaeTrainer(spec, new SparseAutoencoder(
                like.EncoderWeight.clone(), like.EncoderBias + shift, other.DecoderWeight.clone(), other.DecoderBias.clone(), spec.K, Transform(), spec.Kind), 1_000, kernel);
        }
    }
}
