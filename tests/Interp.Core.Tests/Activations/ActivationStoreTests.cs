using Interp.Activations;
using Interp.Core.Tests.Tokenization;
using Interp.Hooks;
using Interp.Models;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Activations;

public class ActivationStoreTests
{
    private static readonly HookPoint Hook = HookPoint.ResidPost(1);
    private static readonly ExtractionSpec Spec = new([Hook], 3, "tokenizer", "corpus", null);

    private static LanguageModel Model() => LanguageModel.Load(Fixtures.Path("models", "mistral-window"), CPU);

    /// <summary>Seven contexts of five tokens, the last one shorter.</summary>
    private static TokenContexts Contexts() =>
        new(5, [.. Enumerable.Range(0, 33).Select(i => i * 7 % 100)], [.. Enumerable.Range(0, 33).Select(i => i / 10)]);

    [Fact]
    public void Rows_are_the_models_own_values()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var folder = new TemporaryFolder();
        using var model = Model();
        var contexts = Contexts();
        Extraction.Run(model, CPU, contexts, Spec, [folder.Path]);
        using var store = ActivationStore.Open(folder.Path);
        Assert.Equal(33, store.Count);
        Assert.Equal(contexts.Tokens.ToArray(), store.Contexts.Tokens.ToArray());
        Assert.Equal(contexts.Documents.ToArray(), store.Contexts.Documents.ToArray());
        for (var context = 0; context < contexts.Count; context++)
        {
            var (start, count) = contexts.RowsOf(context);
            using var run = model.Run(contexts.Batch(CPU, context), [Hook]);
            for (var i = 0; i < count; i++)
            {
                var row = TensorMemory.Span<float>(run[Hook][0, i]).ToArray();
                Assert.All(row.Zip(store.Row(start + i)), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
            }
        }
    }

    [Fact]
    public void A_torn_shard_is_found_and_only_it_is_made_again()
    {
        using var folder = new TemporaryFolder();
        using var model = Model();
        Extraction.Run(model, CPU, Contexts(), Spec, [folder.Path]);
        var shard = Path.Combine(folder.Path, "shard-00000.safetensors");
        var whole = File.ReadAllBytes(shard);
        var torn = (byte[])whole.Clone();
        torn[^100] ^= 1;
        File.WriteAllBytes(shard, torn);
        Assert.Contains("checksum", Assert.Throws<InterpException>(() => ActivationStore.Open(folder.Path)).Message, StringComparison.Ordinal);
        Extraction.Run(model, CPU, Contexts(), Spec, [folder.Path]);
        Assert.Equal(whole, File.ReadAllBytes(shard));
    }

    [Fact]
    public void A_folder_of_other_activations_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var model = Model();
        Extraction.Run(model, CPU, Contexts(), Spec, [folder.Path]);
        Assert.Throws<InterpException>(() => Extraction.Run(model, CPU, Contexts(), Spec with { Hooks = [HookPoint.ResidPost(0)] }, [folder.Path]));
    }

    [Fact]
    public void The_number_of_threads_moves_no_bit()
    {
        using var one = new TemporaryFolder();
        using var three = new TemporaryFolder();
        using var model = Model();
        var outer = Workers.Count;
        foreach (var (folder, count) in new[] { (one, 1), (three, 3) })
        {
            Workers.Count = count;
            Extraction.Run(model, CPU, Contexts(), Spec, [folder.Path]);
        }
        Workers.Count = outer;
        Assert.Equal(File.ReadAllBytes(Path.Combine(one.Path, "manifest.json")), File.ReadAllBytes(Path.Combine(three.Path, "manifest.json")));
    }

    [Fact]
    public void Skipping_leaves_out_leading_positions_and_large_norms()
    {
        using var folder = new TemporaryFolder();
        using var model = Model();
        Extraction.Run(model, CPU, Contexts(), Spec, [folder.Path]);
        using var store = ActivationStore.Open(folder.Path);
        double Norm(int row) => Math.Sqrt(store.Row(row).Sum(value => (double)value * value));

        var skipping = new TokenSkipping(1, 1.0);
        int[] behind = [.. Enumerable.Range(0, 33).Where(row => row % 5 != 0)];
        var median = behind.Select(Norm).Order().ElementAt(behind.Length / 2);
        Assert.Equal(median, skipping.NormLimit(store), 1e-9);
        Assert.Equal(behind.Where(row => Norm(row) <= median), skipping.Rows(store, skipping.NormLimit(store)));
        Assert.Throws<InterpException>(() => new TokenSkipping(5, null).Rows(store, double.PositiveInfinity));
    }
}
