using Interp.Activations;
using Interp.Autoencoders;
using Interp.Core.Tests.Tokenization;
using Interp.Runtime;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Autoencoders;

public class TrainingPassTests
{
    private static readonly TrainingSpec Recipe = TrainingSpec.Default with
    {
        Latents = 96,
        K = 5,
        BatchSize = 64,
        Passes = 3,
        LearningRate = new LearningRateSchedule(1e-3),
        Normalisation = InputNormalisation.PerTokenLayerNorm,
        Dead = new DeadRule(200),
    };

    /// <summary>What a grid may vary, and what keeps a training from sharing batches: seed, batch size, normalisation, windows.</summary>
    private static readonly TrainingSpec[] Grid =
    [
        Recipe,
        Recipe with { K = 9 },
        Recipe with { Latents = 130, LearningRate = new LearningRateSchedule(4e-3) },
        Recipe with { Passes = 2 },
        Recipe with { Seed = 2 },
        Recipe with { BatchSize = 50 },
        Recipe with { Normalisation = InputNormalisation.Centred },
        Recipe with { Normalisation = InputNormalisation.Centred, K = 2 },
        Recipe with { ShuffleRows = 200 },
        Recipe with { Optimiser = new OptimiserSpec(Rule: Optimiser.Signum), LearningRate = new LearningRateSchedule(2e-4), Clip = 0.5 },
        .. Kinds.Names.Select(name => Recipe with { Kind = Kinds.Of(name), Seed = 3 }),
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(25)]
    public void Each_training_of_a_pass_has_the_bits_of_its_own_single_run(int threads)
    {
        var before = Workers.Count;
        var source = new SparseWorld(700, 20);
        var alone = Grid.Select(spec => Weights(spec, source, null)).ToArray();
        try
        {
            Workers.Count = threads;
            var together = new double[Grid.Length][];
            TrainingPass.Run(Grid.Length, place => together[place.Number] = Weights(Grid[place.Number], source, place));
            Assert.Equal(alone, together);
        }
        finally
        {
            Workers.Count = before;
        }
    }

    [Fact]
    public void A_batch_is_read_once_for_all_that_share_it()
    {
        var source = new CountingSource(new SparseWorld(640, 20));
        Weights(Recipe, source, null);
        var single = source.Reads;
        var trainings = 6;
        TrainingPass.Run(trainings, place => Weights(Recipe with { K = 2 + place.Number }, source, place));
        var samples = (trainings - 1) * 640;
        Assert.InRange(source.Reads - single, single, single + samples + single / 2);
    }

    [Fact]
    public void A_training_that_joins_late_or_ends_early_disturbs_none()
    {
        var source = new SparseWorld(640, 20);
        var whole = Weights(Recipe, source, null);
        using var folder = new TemporaryFolder();
        var checkpoint = Path.Combine(folder.Path, "at-7.safetensors");
        using (var begun = TrainingRun.Start(Recipe, source, CPU))
        {
            begun.RunTo(7, _ => { }, CancellationToken.None);
            begun.Trainer.Save(checkpoint);
        }
        var found = new double[3][];
        TrainingPass.Run(3, place =>
        {
            using var run = place.Number == 0 ? TrainingRun.Resume(checkpoint, Recipe, source, CPU, place: place) : TrainingRun.Start(Recipe, source, CPU, place: place);
            run.RunTo(place.Number == 1 ? 3 : run.Trainer.TotalSteps, _ => { }, place.Cancel);
            found[place.Number] = Numbers(run);
        });
        Assert.Equal(whole, found[0]);
        Assert.Equal(whole, found[2]);
    }

    [Fact]
    public void A_failure_stops_the_others_and_reaches_the_caller()
    {
        var source = new SparseWorld(640, 20);
        var cancelled = 0;
        var error = Assert.Throws<InterpException>(() => TrainingPass.Run(4, place =>
        {
            try
            {
                using var run = TrainingRun.Start(Recipe with { Passes = 1000 }, source, CPU, place: place);
                run.Run(_ =>
                {
                    if (place.Number == 2)
                        throw new InterpException("the disk is full");
                }, place.Cancel);
            }
            catch (OperationCanceledException)
            {
                Interlocked.Increment(ref cancelled);
                throw;
            }
        }));
        Assert.Equal(("the disk is full", 3), (error.Message, cancelled));
    }

    [Fact]
    public void Windows_are_read_one_after_the_other_and_every_row_once_per_pass()
    {
        var order = new TrainingOrder(rows: 10, window: 4, seed: 3);
        var two = order.Rows(0, 20);
        Assert.Equal(Enumerable.Range(0, 10), two.Take(10).Order());
        Assert.All(two.Take(4), row => Assert.InRange(row, 0, 3));
        Assert.All(two.Skip(14).Take(4), row => Assert.InRange(row, 4, 7));
        Assert.Equal([8, 9], two.Skip(8).Take(2).Order());
        Assert.NotEqual(two.Take(10), two.Skip(10));
        Assert.Equal(two.Skip(7).Take(6), order.Rows(7, 6));
    }

    private static double[] Weights(TrainingSpec spec, IActivationSource source, TrainingPlace? place)
    {
        using var run = TrainingRun.Start(spec, source, CPU, place: place);
        Assert.True(run.Run(_ => { }, place?.Cancel ?? default));
        return Numbers(run);
    }

    private static double[] Numbers(TrainingRun run)
    {
        using var scope = NewDisposeScope();
        return [.. run.Trainer.State.Tensors().SelectMany(item => Samples.Numbers(item.Value))];
    }

    private sealed class CountingSource(IActivationSource source) : IActivationSource
    {
        private int reads;

        /// <summary>Rows read so far.</summary>
        public int Reads => reads;

        public int Width => source.Width;

        public long Count => source.Count;

        public void Gather(ReadOnlySpan<int> rows, Span<float> destination)
        {
            Interlocked.Add(ref reads, rows.Length);
            source.Gather(rows, destination);
        }
    }
}
