using Interp.Activations;
using Interp.Autoencoders;
using Interp.Core.Tests.Tokenization;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Autoencoders;

public class SaeTrainerTests
{
    private static readonly TrainingSpec Small = TrainingSpec.Default with
    {
        Latents = 96,
        K = 5,
        BatchSize = 300,
        KSchedule = new LinearK(24, 0.5),
        Dead = new DeadRule(4, DeadUnit.Steps),
        LearningRate = new LearningRateSchedule(Peak: 3e-3, WarmUp: 0.2, Decay: 0.2),
    };

    public static TheoryData<TrainingSpec> Recipes =>
    [
        Small,
        Small with { Auxiliary = new AuxiliaryLoss(8, 0.5) },
        Small with { Auxiliary = new AuxiliaryLoss(null, 0.5, ScaleByDead: true, BiasGradient: true), Clip = 0.05, DecoderRule = DecoderRule.UnitBeforeStep },
        Small with { TiedDecoder = true, Auxiliary = new AuxiliaryLoss(8), Clip = 0.1 },
        Small with { TiedDecoder = true, DecoderRule = DecoderRule.UnitBeforeStep },
        Small with { DecoderRule = DecoderRule.Free, Optimiser = new OptimiserSpec(0.8, 0.99, 1e-8, 0.1), MseScale = 2, Dead = new DeadRule(900, DeadUnit.Tokens, 1e-3) },
        Small with { Optimiser = new OptimiserSpec(WeightDecay: 0.01, Rule: Optimiser.Signum), LearningRate = new LearningRateSchedule(2e-4), Clip = 0.5 },
    ];

    [Theory]
    [MemberData(nameof(Recipes))]
    public void Both_kernels_take_the_same_steps(TrainingSpec spec)
    {
        using var scope = NewDisposeScope();
        var world = new SparseWorld(900, 20);
        using var fast = new SaeTrainer(spec, Samples.Autoencoder(96, 20, 5, spec.TiedDecoder), 20, SaeKernel.Cpu);
        using var plain = new SaeTrainer(spec, Samples.Autoencoder(96, 20, 5, spec.TiedDecoder), 20, SaeKernel.Aten);
        var dead = 0;
        for (var step = 0; step < 20; step++)
        {
            var batch = world.Rows(step % 3 * 300, 300, ScalarType.Float64);
            var (ours, golden) = (fast.Step(batch), plain.Step(batch));
            Assert.Equal((golden.K, golden.Dead, golden.Active), (ours.K, ours.Dead, ours.Active));
            Assert.Equal(golden.Loss, ours.Loss, 1e-10);
            Assert.Equal(golden.Fvu, ours.Fvu, 1e-10);
            Assert.Equal(golden.GradientNorm, ours.GradientNorm, 1e-10);
            dead += ours.Dead;
        }
        Assert.True(dead > 0, "The recipe leaves nothing dead, so AuxK was not tried.");
        foreach (var (ours, golden) in fast.State.Tensors().Zip(plain.State.Tensors()))
            Assert.InRange(Samples.Distance(ours.Value, golden.Value), 0, 1e-9);
    }

    [Theory]
    [MemberData(nameof(Recipes))]
    public void Bits_do_not_depend_on_the_number_of_threads(TrainingSpec spec)
    {
        var before = Workers.Count;
        try
        {
            var (one, two) = (After(1), After(2));
            Assert.Equal(one, two);
        }
        finally
        {
            Workers.Count = before;
        }

        double[] After(int threads)
        {
            Workers.Count = threads;
            using var scope = NewDisposeScope();
            var world = new SparseWorld(600, 20);
            using var trainer = new SaeTrainer(spec, Samples.Autoencoder(96, 20, 5, spec.TiedDecoder, ScalarType.Float32), 12);
            for (var step = 0; step < 12; step++)
                trainer.Step(world.Rows(step % 2 * 300, 300));
            return [.. trainer.State.Tensors().SelectMany(item => Samples.Numbers(item.Value))];
        }
    }

    [Theory]
    [MemberData(nameof(Kinds.All), MemberType = typeof(Kinds))]
    public void Two_hundred_steps_are_a_hundred_and_a_hundred_more_from_a_checkpoint(string name)
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Path.Combine(folder.Path, "half.safetensors");
        var world = new SparseWorld(1000, 16);
        var spec = Small with { Kind = Kinds.Of(name), BatchSize = 50, Passes = 10, Auxiliary = new AuxiliaryLoss(8), Normalisation = InputNormalisation.Centred };

        using var whole = TrainingRun.Start(spec, world, CPU);
        var reports = new List<StepReport>();
        Assert.True(whole.Run(report =>
        {
            reports.Add(report);
            if (whole.Trainer.CompletedSteps == 100)
                whole.Trainer.Save(checkpoint);
        }));
        Assert.Equal(200, reports.Count);

        using var resumed = TrainingRun.Resume(checkpoint, spec, world, CPU);
        var rest = new List<StepReport>();
        Assert.True(resumed.Run(rest.Add));
        Assert.Equal(reports.Skip(100).Select(Text), rest.Select(Text));
        static string Text(StepReport report) => $"{report with { Terms = [], GradientNorms = [] }} {string.Join(' ', report.Terms)} {string.Join(' ', report.GradientNorms)}";
        foreach (var (ours, golden) in resumed.Trainer.State.Tensors().Zip(whole.Trainer.State.Tensors()))
            Assert.Equal(Samples.Numbers(golden.Value), Samples.Numbers(ours.Value));
        Assert.Throws<InterpException>(() => TrainingRun.Resume(checkpoint, spec with { Passes = 11 }, world, CPU));
        Assert.Throws<InterpException>(() => TrainingRun.Resume(checkpoint, spec with { Latents = 97 }, world, CPU));
    }

    [Theory]
    [InlineData(InputNormalisation.Centred, PreBias.Zero)]
    [InlineData(InputNormalisation.DatasetScale, PreBias.Mean)]
    [InlineData(InputNormalisation.PerTokenLayerNorm, PreBias.GeometricMedian)]
    public void Training_learns_the_world(InputNormalisation normalisation, PreBias bias)
    {
        var spec = Small with { Latents = 128, K = 4, KSchedule = KSchedule.Constant, BatchSize = 128, Passes = 20, Normalisation = normalisation, PreBias = bias };
        using var run = TrainingRun.Start(spec, new SparseWorld(4096, 32), CPU);
        var reports = new List<StepReport>();
        Assert.True(run.Run(reports.Add));
        Assert.True(reports[0].Fvu > 0.3 && reports[^1].Fvu < 0.12, $"{reports[0].Fvu} to {reports[^1].Fvu}");
        using var norms = run.Trainer.Autoencoder.DecoderWeight.norm(1);
        Assert.All(Samples.Numbers(norms), norm => Assert.Equal(1, norm, 1e-6));
        Assert.Equal(reports[^1].Dead, run.Trainer.DeadLatents());
    }

    [Fact]
    public void Resampling_gives_the_dead_directions_of_badly_reconstructed_tokens()
    {
        using var scope = NewDisposeScope();
        var batch = new SparseWorld(300, 20).Rows(0, 300, ScalarType.Float64);
        var spec = Small with { Resampling = new Resampling(3), Dead = new DeadRule(1, DeadUnit.Steps), DecoderRule = DecoderRule.Free, KSchedule = KSchedule.Constant };
        using var trainer = new SaeTrainer(spec, Samples.Autoencoder(96, 20, 5), 100);
        trainer.Step(batch);
        trainer.Step(batch);
        var dead = trainer.Step(batch).Dead;
        Assert.True(dead > 0);
        Assert.Equal(0, trainer.DeadLatents());
        var u = batch - trainer.Autoencoder.DecoderBias;
        var cosine = (trainer.Autoencoder.DecoderWeight / trainer.Autoencoder.DecoderWeight.norm(1, keepdim: true)).mm((u / u.norm(1, keepdim: true)).t());
        Assert.Equal(dead, (cosine.max(1).values > 1 - 1e-12).sum().ToInt32());
        trainer.Step(batch);
        Assert.True(trainer.Step(batch).IsFinite);
    }

    [Theory]
    [InlineData(false, 0.5)]
    [InlineData(true, 0.1)]
    public void A_transcoder_learns_another_hook_and_its_skip_what_is_linear(bool skip, double most)
    {
        using var scope = NewDisposeScope();
        var world = new SparseWorld(3000, 16);
        var target = new Mapped(world);
        var spec = Small with { Kind = new TranscoderDictionary(skip), BatchSize = 100, Passes = 10, DecoderRule = DecoderRule.Free, KSchedule = KSchedule.Constant };
        using var run = TrainingRun.Start(spec, world, CPU, target: target);
        var last = 1.0;
        Assert.True(run.Run(report => last = report.Fvu));
        Assert.InRange(last, 0, most);

        var x = world.Rows(0, 200);
        var y = target.Rows(x);
        var rebuilt = run.Trainer.Autoencoder.Reconstruct(x);
        Assert.Equal([200, 10], rebuilt.shape);
        Assert.InRange(((rebuilt - y).square().sum() / (y - y.mean([0])).square().sum()).ToDouble(), 0, most);
        Assert.Contains("needs a target", Assert.Throws<InterpException>(() => run.Trainer.Step(x)).Message);
    }

    /// <summary>A fixed linear map of another source, from 16 to 10 numbers.</summary>
    private sealed class Mapped(IActivationSource of) : IActivationSource
    {
        private readonly float[] weights = [.. Enumerable.Range(0, 160).Select(i => (float)Math.Sin(1.7 * i))];

        public int Width => 10;

        public long Count => of.Count;

        public Tensor Rows(Tensor x) => x.mm(tensor(weights, [16, 10], device: CPU));

        public void Gather(ReadOnlySpan<int> wanted, Span<float> destination)
        {
            var read = new float[wanted.Length * 16];
            of.Gather(wanted, read);
            using var scope = NewDisposeScope();
            TensorMemory.Span<float>(Rows(tensor(read, [wanted.Length, 16], device: CPU)).contiguous()).CopyTo(destination);
        }
    }

    [Theory]
    [InlineData(SaeKernel.Cpu)]
    [InlineData(SaeKernel.Aten)]
    public void The_number_of_live_tensors_stays_flat(SaeKernel kernel)
    {
        using var scope = NewDisposeScope();
        using var trainer = new SaeTrainer(Small with { Auxiliary = new AuxiliaryLoss(8) }, Samples.Autoencoder(96, 20, 5), 40, kernel);
        var batch = new SparseWorld(300, 20).Rows(0, 300, ScalarType.Float64);
        using var statistics = NewDisposeScope();
        for (var step = 0; step < 10; step++)
            trainer.Step(batch);
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (var step = 0; step < 20; step++)
            trainer.Step(batch);
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        Assert.Equal(0, statistics.DisposablesCount);
    }

    [Fact]
    public void A_batch_that_is_not_finite_is_reported_and_ends_the_run()
    {
        using var scope = NewDisposeScope();
        using var trainer = new SaeTrainer(Small with { Auxiliary = new AuxiliaryLoss(8) }, Samples.Autoencoder(96, 20, 5), 4);
        var batch = new SparseWorld(300, 20).Rows(0, 300);
        batch[3, 4] = float.NaN;
        Assert.False(trainer.Step(batch).IsFinite);
    }

    [Fact]
    public void A_batch_of_equal_tokens_gives_finite_numbers()
    {
        using var scope = NewDisposeScope();
        using var trainer = new SaeTrainer(Small with { Auxiliary = new AuxiliaryLoss(8) }, Samples.Autoencoder(96, 20, 5), 4);
        var report = trainer.Step(ones(64, 20, device: CPU));
        Assert.True(report.IsFinite);
    }

    [Fact]
    public void A_spec_that_does_not_fit_the_autoencoder_is_an_error()
    {
        using var autoencoder = Samples.Autoencoder(64, 8, 4);
        Assert.Contains("64 latents", Assert.Throws<InterpException>(() => new SaeTrainer(Small, autoencoder, 10)).Message);
        using var narrow = zeros(3, 7, device: CPU);
        Assert.Contains("[n, 8]", Assert.Throws<InterpException>(() => autoencoder.Encode(narrow)).Message);
    }
}
