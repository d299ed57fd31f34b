using Interp.Activations;
using Interp.Core.Tests.Models;
using Interp.Core.Tests.Tokenization;
using Interp.Hooks;
using Interp.Models;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Activations;

/// <summary>Stores of every site that has a row per token, of every family.</summary>
public class HookSiteStoreTests
{
    [Theory]
    [MemberData(nameof(FixtureModels.Folders), MemberType = typeof(FixtureModels))]
    public void Every_site_with_a_row_per_token_is_stored_with_its_heads_side_by_side(string family)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var model = LanguageModel.Load(Fixtures.Path("models", family), CPU);
        HookPoint[] hooks = [.. model.Config.HookPoints().Where(point => !point.IsAttentionMap && point.Layer <= 1)];
        var contexts = new TokenContexts(6, [.. Enumerable.Range(0, 20).Select(i => i * 7 % 60)], new int[20]);
        string[] stores = [.. hooks.Select(hook => Path.Combine(folder.Path, hook.ToString()))];
        Extraction.Run(model, CPU, contexts, new ExtractionSpec(hooks, 2, "tokenizer", "corpus", null), stores);
        for (var i = 0; i < hooks.Length; i++)
        {
            using var store = ActivationStore.Open(stores[i]);
            Assert.Equal(model.Config.WidthOf(hooks[i]), store.Width);
            using var run = model.Run(contexts.Batch(CPU, 1), [hooks[i]]);
            for (var position = 0; position < 6; position++)
            {
                var expected = TensorMemory.Span<float>(run[hooks[i]][0, position].contiguous()).ToArray();
                Assert.Equal(expected.Length, store.Width);
                Assert.All(expected.Zip(store.Row(6 + position)), pair => Assert.Equal(pair.First, pair.Second, 1e-4f * Math.Max(1, Math.Abs(pair.First))));
            }
        }
    }

    [Theory]
    [InlineData(HookSite.AttnScores)]
    [InlineData(HookSite.Pattern)]
    public void A_site_without_a_row_per_token_is_one_sentence_that_names_another(HookSite site)
    {
        using var folder = new TemporaryFolder();
        using var model = LanguageModel.Load(Fixtures.Path("models", "mistral-window"), CPU);
        var spec = new ExtractionSpec([new HookPoint(site, 1)], 2, "tokenizer", "corpus", null);
        var error = Assert.Throws<InterpException>(() => Extraction.Run(model, CPU, new TokenContexts(4, new int[8], new int[8]), spec, [folder.Path]));
        Assert.Contains("not a row for each token; activations are rows, such as those of blocks.1.attn.hook_z.", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_store_is_the_same_whichever_hooks_come_from_the_same_passes()
    {
        using var folder = new TemporaryFolder();
        using var model = LanguageModel.Load(Fixtures.Path("models", "mistral-window"), CPU);
        var contexts = new TokenContexts(20, [.. Enumerable.Range(0, 777).Select(i => i * 7 % 100)], new int[777]);
        HookPoint[] hooks = [new(HookSite.Key, 0), new(HookSite.MlpPost, 1), HookPoint.ResidPost(1)];
        void Extract(string name, params HookPoint[] of) => Extraction.Run(model, CPU, contexts, new ExtractionSpec(of, 5, "tokenizer", "corpus", null),
            [.. of.Select(hook => Path.Combine(folder.Path, name, hook.ToString()))], 25_600, Interp.Formats.SafeTensorsWriter.BeginHashed);
        Extract("together", hooks);
        foreach (var hook in hooks)
        {
            Extract("alone", hook);
            string[] Files(string name) => [.. Directory.GetFiles(Path.Combine(folder.Path, name, hook.ToString())).Order(StringComparer.Ordinal).Select(ActivationStore.ChecksumOf)];
            Assert.Equal(9, Files("alone").Length);
            Assert.Equal(Files("alone"), Files("together"));
        }
    }
}
