using Interp.Activations;
using Interp.Autoencoders;
using Interp.Core.Tests.Tokenization;
using Interp.Hooks;
using Interp.Models;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Activations;

public class LiveActivationsTests
{
    private const int Length = 5;
    private const int Rows = 400;
    private static readonly ExtractionSpec Spec = new([HookPoint.ResidPost(1)], 3, "tokenizer", "corpus", null);

    private static readonly TrainingSpec Recipe = TrainingSpec.Default with
    {
        Latents = 48,
        K = 4,
        BatchSize = 20,
        Passes = 3,
        LearningRate = new LearningRateSchedule(1e-3),
        ShuffleRows = 60,
    };

    private static LanguageModel Model() => LanguageModel.Load(Fixtures.Path("models", "mistral-window"), CPU);

    private static TokenContexts Contexts() =>
        new(Length, [.. Enumerable.Range(0, Rows).Select(i => i * 7 % 100)], [.. Enumerable.Range(0, Rows).Select(i => i / 10)]);

    [Fact]
    public void They_are_the_stored_ones_bit_for_bit_in_any_order()
    {
        using var folder = new TemporaryFolder();
        using var model = Model();
        Extraction.Run(model, CPU, Contexts(), Spec, [folder.Path]);
        using var store = ActivationStore.Open(folder.Path);
        using var live = new LiveActivations(model, CPU, Contexts(), Spec, rowsKept: 30);
        foreach (var rows in new int[][] { [399, 0, 17, 17, 230], [.. Enumerable.Range(0, Rows).Reverse()], [5] })
        {
            var (expected, found) = (new float[rows.Length * live.Width], new float[rows.Length * live.Width]);
            store.Gather(rows, expected);
            live.Gather(rows, found);
            Assert.Equal(expected, found);
        }
    }

    [Fact]
    public void A_pass_in_windows_computes_every_token_once_per_pass_and_keeps_two_windows()
    {
        using var model = Model();
        using var live = new LiveActivations(model, CPU, Contexts(), Spec, rowsKept: 120);
        var most = 0;
        TrainingPass.Run(3, place =>
        {
            using var run = TrainingRun.Start(Recipe with { Seed = place.Number }, live, CPU, place: place);
            Assert.True(run.Run(_ =>
            {
                lock (live)
                    most = Math.Max(most, live.RowsInMemory);
            }, place.Cancel));
        });
        var block = Spec.BatchContexts * Length;
        Assert.InRange(live.Computed, 3 * Rows, 3 * (Rows + 2 * block));
        Assert.InRange(most, 60, 120 + 3 * block);
    }
}
