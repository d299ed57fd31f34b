using System.Runtime.InteropServices;
using Interp.Activations;
using Interp.Autoencoders;
using Interp.Core.Tests.Tokenization;
using Interp.Hooks;
using Interp.Models;
using Interp.Runtime;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Activations;

public class StreamTests
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
    };

    private static TokenContexts Contexts(int from, int count) =>
        new(Length, [.. Enumerable.Range(from, count).Select(i => i * 7 % 100)], [.. Enumerable.Range(from, count).Select(i => i / 10)]);

    [Fact]
    public void A_store_two_stores_and_the_live_model_train_to_the_same_bits()
    {
        using var folder = new TemporaryFolder();
        using var model = LanguageModel.Load(Fixtures.Path("models", "mistral-window"), CPU);
        ActivationStore Stored(string name, int from, int count)
        {
            var path = Path.Combine(folder.Path, name);
            Extraction.Run(model, CPU, Contexts(from, count), Spec, [path]);
            return ActivationStore.Open(path);
        }
        const int first = 10 * 3 * Length;
        using var whole = Stored("whole", 0, Rows);
        using var start = Stored("start", 0, first);
        using var end = Stored("end", first, Rows - first);
        using var live = new LiveActivations(model, CPU, Contexts(0, Rows), Spec, Rows);
        var expected = Trained(whole);
        Assert.Equal(expected, Trained(new WeightedActivations([(start, 1), (end, 1)], seed: 1)));
        Assert.Equal(expected, Trained(live));
        Assert.NotEqual(expected, Trained(new WeightedActivations([(end, 1), (start, 1)], seed: 1)));
    }

    [Fact]
    public void A_pass_of_training_reads_every_row_once_in_a_permutation_of_all()
    {
        var rows = new List<int>();
        var order = new TrainingOrder(Rows, Recipe.Window(Rows), Recipe.Seed);
        for (var step = 0; step < Rows / 20; step++)
            rows.AddRange(order.Rows(step * 20L, 20));
        Assert.Equal(Enumerable.Range(0, Rows), rows.Order());
        Assert.InRange(rows.Take(20).Max() - rows.Take(20).Min(), Rows / 2, Rows);
    }

    [Theory]
    [InlineData(1.0, 100)]
    [InlineData(0.25, 25)]
    [InlineData(2.5, 250)]
    public void A_weight_is_how_often_a_pass_reads_a_row(double weight, int expected)
    {
        var (one, two) = (Numbered(0, 100), Numbered(1000, 40));
        var mixed = new WeightedActivations([(one, weight), (two, 1)], seed: 3);
        Assert.Equal(expected + 40, mixed.Count);
        var values = new float[mixed.Count];
        mixed.Gather([.. Enumerable.Range(0, (int)mixed.Count)], values);
        var times = values.CountBy(value => value).ToDictionary();
        Assert.All(Enumerable.Range(0, 100), row => Assert.InRange(times.GetValueOrDefault(row), (int)Math.Floor(weight), (int)Math.Ceiling(weight)));
        Assert.All(Enumerable.Range(1000, 40), row => Assert.Equal(1, times[row]));
    }

    [Fact]
    public void Rows_come_in_the_order_in_which_they_are_asked_for()
    {
        var mixed = new WeightedActivations([(Numbered(0, 10), 1), (Numbered(100, 10), 1)], seed: 1);
        var values = new float[5];
        mixed.Gather([19, 0, 10, 9, 0], values);
        Assert.Equal([109, 0, 100, 9, 0], values);
    }

    [Fact]
    public void What_cannot_be_mixed_is_one_sentence()
    {
        var one = Numbered(0, 10);
        string Error(params (IActivationSource, double)[] sources) => Assert.Throws<InterpException>(() => new WeightedActivations(sources, 1)).Message;
        Assert.Contains("above 0", Error((one, 0)), StringComparison.Ordinal);
        Assert.Contains("width 1 and of width 2", Error((one, 1), (new MemoryActivations(2, new float[4]), 1)), StringComparison.Ordinal);
        Assert.Contains("No activations", Error(), StringComparison.Ordinal);
    }

    private static MemoryActivations Numbered(int from, int count) => new(1, [.. Enumerable.Range(from, count).Select(i => (float)i)]);

    private static float[] Trained(IActivationSource source)
    {
        using var scope = NewDisposeScope();
        using var run = TrainingRun.Start(Recipe, source, CPU);
        Assert.True(run.Run(_ => { }));
        return [.. run.Trainer.State.Parameters.SelectMany(parameter => MemoryMarshal.Cast<byte, float>(TensorMemory.Span<byte>(parameter.Value)).ToArray())];
    }
}
