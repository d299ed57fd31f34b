using Interp.Activations;
using Interp.Core.Tests.Tokenization;
using Interp.Formats;
using Interp.Hooks;
using Interp.Models;
using Interp.Runtime;
using Interp.Texts;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Activations;

/// <summary>Contexts of one document each, which end where their document ends.</summary>
public class RaggedContextsTests
{
    private const int Length = 24;
    private const int Batch = 4;
    private static readonly HookPoint[] Hooks = [HookPoint.ResidPost(0), new(HookSite.MlpPost, 1)];
    private static readonly ExtractionSpec Spec = new(Hooks, Batch, "tokenizer", "corpus", null);

    private static LanguageModel Model() => LanguageModel.Load(Fixtures.Path("models", "mistral-window"), CPU);

    /// <summary>Documents of 1 to 60 letters, so that most are shorter than a context and some are cut.</summary>
    private static TokenContexts Packed(int documents = 300, int length = Length)
    {
        var random = new RandomStream(5, "lengths");
        var source = DocumentSource.Of("letters", [.. Enumerable.Range(0, documents).Select(i =>
            new Document($"{i}", new string([.. Enumerable.Range(0, 1 + random.Next(60)).Select(_ => (char)('a' + random.Next(26)))])))]);
        var spec = new PackingSpec { ContextLength = length, Style = PackingStyle.OneDocument, TrainingTokens = 1_000_000, ValidationTokens = 0, ValidationFraction = 1e-9 };
        return ContextPacking.Pack(source, text => [.. text.Select(letter => letter - 'a' + 10)], 1, spec).Training;
    }

    [Fact]
    public void Short_documents_and_the_ends_of_long_ones_are_kept_each_context_of_one_document()
    {
        var source = DocumentSource.Of("test", [new("0", "abcde"), new("1", "f"), new("2", ""), new("3", "ghi")]);
        var spec = new PackingSpec { ContextLength = 4, Style = PackingStyle.OneDocument, TrainingTokens = 8, ValidationTokens = 0, ValidationFraction = 1e-9 };
        var packed = ContextPacking.Pack(source, text => [.. text.Select(letter => (int)letter)], 1, spec);
        Assert.Equal([1, 'a', 'b', 'c', 1, 'd', 'e', 1, 'f', 1, 'g', 'h'], packed.Training.Tokens.ToArray());
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 1, 1, 3, 3, 3], packed.Training.Documents.ToArray());
        Assert.Equal([0, 1, 2, 3, 0, 1, 2, 0, 1, 0, 1, 2], Enumerable.Range(0, 12).Select(packed.Training.PositionOf));
        Assert.Equal([(0, 4), (4, 3), (7, 2), (9, 3)], Enumerable.Range(0, 4).Select(context => packed.Training.RowsOf(context)));
        Assert.Empty(packed.Notes);
    }

    [Fact]
    public void Positions_that_are_skipped_are_not_among_the_tokens_asked_for()
    {
        var source = DocumentSource.Of("test", [new("0", "abcde"), new("1", "f"), new("2", "ghi")]);
        var spec = new PackingSpec { ContextLength = 4, Style = PackingStyle.OneDocument, TrainingTokens = 3, ValidationTokens = 0, ValidationFraction = 1e-9, UncountedPositions = 2 };
        var packed = ContextPacking.Pack(source, text => [.. text.Select(letter => (int)letter)], 1, spec);
        Assert.Equal([1, 'a', 'b', 'c', 1, 'd', 'e'], packed.Training.Tokens.ToArray());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(8)]
    public void Padding_is_less_than_a_twentieth_and_every_context_passes_once(int batch)
    {
        var contexts = Packed(2000);
        var batches = new ContextBatches(contexts, batch);
        int[][] passes = [.. Enumerable.Range(0, batches.Count).SelectMany(batches.Passes)];
        var positions = passes.Sum(pass => (long)pass.Length * pass.Max(context => contexts.RowsOf(context).Count));
        Assert.InRange((positions - contexts.Rows) / (double)positions, 0, 0.05);
        Assert.Equal(Enumerable.Range(0, contexts.Count), passes.SelectMany(pass => pass).Order());
        // No more passes than if every length of a group had its own.
        var own = Enumerable.Range(0, contexts.Count).Select(context => contexts.RowsOf(context))
            .CountBy(rows => (Group: batches.GroupOf(rows.Start), Length: rows.Count)).Sum(same => Math.Ceiling(same.Value / (double)(batch * Length / same.Key.Length)));
        Assert.InRange(passes.Length, 1, own);
        Assert.All(Enumerable.Range(0, contexts.Rows), row => Assert.InRange(row - batches.RowsOf(batches.GroupOf(row)).Start, 0, batches.RowsPerGroup - 1));
        Assert.True(batches.Count > 1);
    }

    [Fact]
    public void Rows_are_those_of_every_context_by_itself_without_padding()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var model = Model();
        var contexts = Packed(100);
        string[] stores = [Path.Combine(folder.Path, "a"), Path.Combine(folder.Path, "b")];
        Extraction.Run(model, CPU, contexts, Spec, stores);
        for (var i = 0; i < Hooks.Length; i++)
        {
            using var store = ActivationStore.Open(stores[i]);
            Assert.Equal(contexts.Digest(), store.Contexts.Digest());
            for (var context = 0; context < contexts.Count; context++)
            {
                var (start, count) = contexts.RowsOf(context);
                var ids = contexts.Tokens.Slice(start, count).ToArray().Select(id => (long)id).ToArray();
                using var run = model.Run(tensor(ids, [1, count]), [Hooks[i]]);
                for (var position = 0; position < count; position++)
                    Assert.All(TensorMemory.Span<float>(run[Hooks[i]][0, position]).ToArray().Zip(store.Row(start + position)), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
            }
        }
    }

    [Fact]
    public void Reruns_interruptions_threads_and_the_live_model_give_the_same_bits()
    {
        using var folder = new TemporaryFolder();
        using var model = Model();
        // Longer contexts, so that there are groups for several shards.
        var contexts = Packed(3000, 60);
        string[] Stores(string name) => [Path.Combine(folder.Path, name, "a"), Path.Combine(folder.Path, name, "b")];
        void Extract(string name, Action<long>? progress = null, CancellationToken cancel = default) =>
            Extraction.Run(model, CPU, contexts, Spec, Stores(name), 1 << 20, SafeTensorsWriter.BeginHashed, progress, cancel);
        string[] Files(string name) => [.. Stores(name).SelectMany(Directory.GetFiles).Order(StringComparer.Ordinal).Select(ActivationStore.ChecksumOf)];

        Extract("whole");
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => Extract("stopped", done =>
        {
            if (done > contexts.Rows / 2)
                stop.Cancel();
        }, stop.Token));
        var outer = Workers.Count;
        Workers.Count = 3;
        Extract("stopped");
        Workers.Count = outer;
        Assert.True(StoreManifest.Read(Stores("whole")[0]).Shards.Length > 2);
        Assert.Equal(Files("whole"), Files("stopped"));

        using var live = new LiveActivations(model, CPU, contexts, Spec, contexts.Rows);
        foreach (var (source, path) in new[] { (live, Stores("whole")[0]), (live.Target!, Stores("whole")[1]) })
        {
            using var store = ActivationStore.Open(path);
            int[] rows = [.. Enumerable.Range(0, 500).Select(i => i * 7919 % contexts.Rows)];
            var (found, expected) = (new float[rows.Length * store.Width], new float[rows.Length * store.Width]);
            source.Gather(rows, found);
            store.Gather(rows, expected);
            Assert.Equal(expected, found);
        }
    }

    [Fact]
    public void A_range_of_them_and_a_file_of_them_are_the_same_contexts()
    {
        using var folder = new TemporaryFolder();
        var contexts = Packed();
        var path = Path.Combine(folder.Path, "tokens.safetensors");
        contexts.Save(path);
        Assert.Equal(contexts.Digest(), TokenContexts.Load(path).Digest());
        var range = contexts.Range(10, 20);
        Assert.Equal(20, range.Count);
        for (var context = 0; context < 20; context++)
            Assert.Equal(contexts.RowsOf(10 + context).Count, range.RowsOf(context).Count);
        Assert.Equal(contexts.Range(0, contexts.Count).Digest(), contexts.Digest());
        Assert.NotEqual(contexts.Digest(), new TokenContexts(Length, contexts.Tokens.ToArray(), contexts.Documents.ToArray()).Digest());
    }
}
