using Interp.Activations;
using Interp.Core.Tests.Tokenization;
using Interp.Hooks;
using Interp.Models;
using Interp.Runtime;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Activations;

/// <summary>What makes a store the one that was asked for, and which of its tokens count.</summary>
public class StoreIdentityTests
{
    private static readonly ExtractionSpec Spec = new([HookPoint.ResidPost(1)], 3, "tokenizer", "corpus", null)
    {
        Origin = new Dictionary<string, string> { ["corpus.source"] = "a.txt", [StoreManifest.CommandName] = "interp extract --out a" },
    };

    private static TokenContexts Contexts(int length = 5) =>
        new(length, [.. Enumerable.Range(0, 33).Select(i => i * 7 % 100)], [.. Enumerable.Range(0, 33).Select(i => i / 10)]);

    private static StoreManifest Extract(string folder, ExtractionSpec spec, TokenContexts? contexts = null)
    {
        using var model = LanguageModel.Load(Fixtures.Path("models", "mistral-window"), CPU);
        Extraction.Run(model, CPU, contexts ?? Contexts(), spec, [folder]);
        return StoreManifest.Read(folder);
    }

    [Fact]
    public void Another_work_in_the_folder_is_refused_by_what_differs_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        Extract(folder.Path, Spec);
        string Error(ExtractionSpec spec, TokenContexts? contexts = null) => Assert.Throws<InterpException>(() => Extract(folder.Path, spec, contexts)).Message;
        Assert.Contains("other activations (batchContexts: here 4, there 3);", Error(Spec with { BatchContexts = 4 }), StringComparison.Ordinal);
        Assert.Contains("(dtype: here int8, there float32);", Error(Spec with { Dtype = StoreDtype.Int8 }), StringComparison.Ordinal);
        Assert.Contains("(hook: here blocks.0.hook_resid_post, there blocks.1.hook_resid_post);", Error(Spec with { Hooks = [HookPoint.ResidPost(0)] }), StringComparison.Ordinal);
        Assert.Contains("(skipPositions: here 1, there none);", Error(Spec with { Skipping = new(1, null) }), StringComparison.Ordinal);
        Assert.Contains("(corpus.source: here b.txt, there a.txt; corpus: here another, there corpus);",
            Error(Spec with { CorpusDigest = "another", Origin = new Dictionary<string, string> { ["corpus.source"] = "b.txt" } }), StringComparison.Ordinal);
        var error = Error(Spec, Contexts(4));
        Assert.Matches("contexts: here [0-9a-f]{12}, there [0-9a-f]{12}; contextLength: here 4, there 5", error);
    }

    [Fact]
    public void The_same_work_by_another_name_leaves_every_byte()
    {
        using var folder = new TemporaryFolder();
        var before = Extract(folder.Path, Spec);
        var bytes = File.ReadAllBytes(Path.Combine(folder.Path, StoreManifest.FileName));
        var after = Extract(folder.Path, Spec with { Origin = new Dictionary<string, string> { ["corpus.source"] = "copy of a.txt" } });
        Assert.Equal(bytes, File.ReadAllBytes(Path.Combine(folder.Path, StoreManifest.FileName)));
        Assert.Equal("a.txt", after.Origin!["corpus.source"]);
        Assert.Equal(before.Digest(), (before with { Origin = null }).Digest());
        Assert.NotEqual(before.Digest(), (before with { BatchContexts = 4 }).Digest());
    }

    [Fact]
    public void Skipped_tokens_are_kept_counted_and_left_out_by_who_reads_the_store()
    {
        using var folder = new TemporaryFolder();
        var manifest = Extract(folder.Path, Spec with { Skipping = new(1, 1.0) });
        using var store = ActivationStore.Open(folder.Path);
        double Norm(int row) => Math.Sqrt(store.Row(row).Sum(value => (double)value * value));
        int[] behind = [.. Enumerable.Range(0, 33).Where(row => row % 5 != 0)];
        var median = behind.Select(Norm).Order().ElementAt(behind.Length / 2);
        int[] expected = [.. behind.Where(row => Norm(row) <= median)];
        Assert.Equal(median, manifest.NormLimit!.Value, 1e-9);
        Assert.Equal(expected.Length, manifest.CountedTokens);
        Assert.Equal(33, store.Count);
        Assert.Equal(expected, Enumerable.Range(0, 33).Where(store.Counts));
        Assert.Equal(expected.Where(row => row % 5 >= 2), new TokenSkipping(2, null).Rows(store, double.PositiveInfinity));
        var range = new ContextRange(store, 2, 3);
        Assert.Equal(expected.Where(row => row is >= 10 and < 25).Select(row => row - 10), new TokenSkipping(0, null).Rows(range, double.PositiveInfinity));
    }
}
