using Interp.Activations;
using Interp.Core.Tests.Tokenization;
using Interp.Hooks;
using Interp.Models;
using Interp.Runtime;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Activations;

public class TwoHookExtractionTests
{
    private static readonly HookPoint Read = new(HookSite.MlpIn, 1);
    private static readonly HookPoint Written = new(HookSite.MlpOut, 1);
    private static readonly ExtractionSpec Spec = new([Read, Written], 3, "tokenizer", "corpus", null);

    private static LanguageModel Model() => LanguageModel.Load(Fixtures.Path("models", "mistral-window"), CPU);

    /// <summary>Seven contexts of five tokens, the last one shorter.</summary>
    private static TokenContexts Contexts() =>
        new(5, [.. Enumerable.Range(0, 33).Select(i => i * 7 % 100)], [.. Enumerable.Range(0, 33).Select(i => i / 10)]);

    [Fact]
    public void Both_stores_are_those_of_an_extraction_of_their_own()
    {
        using var folder = new TemporaryFolder();
        using var model = Model();
        var both = Path.Combine(folder.Path, "both");
        Extraction.Run(model, CPU, Contexts(), Spec, [both, Extraction.TargetFolder(both)]);
        foreach (var (hook, found) in new[] { (Read, both), (Written, Extraction.TargetFolder(both)) })
        {
            var alone = Path.Combine(folder.Path, hook.Site.ToString());
            Extraction.Run(model, CPU, Contexts(), Spec with { Hooks = [hook] }, [alone]);
            Assert.Equal(Bytes(alone), Bytes(found));
        }
    }

    [Theory]
    [InlineData("both", "shard-00000.safetensors")]
    [InlineData("both-target", "shard-00000.safetensors")]
    [InlineData("both-target", "manifest.json")]
    public void What_is_missing_of_either_is_made_again_to_the_same_bytes(string store, string file)
    {
        using var folder = new TemporaryFolder();
        using var model = Model();
        var both = Path.Combine(folder.Path, "both");
        Extraction.Run(model, CPU, Contexts(), Spec, [both, Extraction.TargetFolder(both)]);
        var whole = (Bytes(both), Bytes(Extraction.TargetFolder(both)));
        File.Delete(Path.Combine(folder.Path, store, file));
        Extraction.Run(model, CPU, Contexts(), Spec, [both, Extraction.TargetFolder(both)]);
        Assert.Equal(whole, (Bytes(both), Bytes(Extraction.TargetFolder(both))));
    }

    [Fact]
    public void Live_activations_serve_both_from_one_pass_of_the_model()
    {
        using var folder = new TemporaryFolder();
        using var model = Model();
        var both = Path.Combine(folder.Path, "both");
        Extraction.Run(model, CPU, Contexts(), Spec, [both, Extraction.TargetFolder(both)]);
        using var live = new LiveActivations(model, CPU, Contexts(), Spec, 33);
        foreach (var (source, path) in new[] { (live, both), (live.Target!, Extraction.TargetFolder(both)) })
        {
            using var store = ActivationStore.Open(path);
            int[] rows = [.. Enumerable.Range(0, 33).Select(i => i * 10 % 33)];
            var (found, expected) = (new float[33 * store.Width], new float[33 * store.Width]);
            source.Gather(rows, found);
            store.Gather(rows, expected);
            Assert.Equal(expected, found);
        }
        Assert.Equal(33, live.Computed);
    }

    [Fact]
    public void Without_a_target_there_is_none()
    {
        using var model = Model();
        using var live = new LiveActivations(model, CPU, Contexts(), Spec with { Hooks = [Read] }, 33);
        Assert.Null(live.Target);
    }

    private static string Bytes(string folder) => string.Join(
        '\n', Directory.GetFiles(folder).Order(StringComparer.Ordinal).Select(file => Path.GetFileName(file) + " " + ActivationStore.ChecksumOf(file)));
}
