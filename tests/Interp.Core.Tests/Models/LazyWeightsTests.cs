using System.Text.Json;
using Interp.Core.Tests.Tokenization;
using Interp.Hooks;
using Interp.Models;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Models;

/// <summary>Opening a checkpoint reads no weight, and a pass that stops early needs none of the layers above.</summary>
public class LazyWeightsTests
{
    [Fact]
    public void A_pass_that_stops_needs_no_file_of_the_layers_above()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        FixtureModels.Copy("mistral-window", folder.Path, _ => { });
        var (tokens, first) = (FixtureModels.Tokens(3, 1, 4, 1, 5), HookPoint.ResidPost(0));
        Tensor expected;
        using (var whole = LanguageModel.Load(folder.Path, CPU))
            expected = whole.Run(tokens, [first], stopAfter: first)[first];
        foreach (var file in Directory.GetFiles(folder.Path, "*.safetensors").Where(IsShard))
        {
            if (!Needed(folder.Path).Contains(Path.GetFileName(file)))
                File.Delete(file);
        }
        Assert.InRange(Directory.GetFiles(folder.Path, "*.safetensors").Count(IsShard), 1, 3);
        using var model = LanguageModel.Load(folder.Path, CPU);
        Assert.True(model.Run(tokens, [first], stopAfter: first)[first].equal(expected).all().ToBoolean());
        Assert.Throws<InterpException>(() => model.Logits(tokens));
    }

    [Fact]
    public void Opening_a_checkpoint_opens_no_file_of_weights()
    {
        using var folder = new TemporaryFolder();
        FixtureModels.Copy("mistral-window", folder.Path, _ => { });
        foreach (var file in Directory.GetFiles(folder.Path, "*.safetensors").Where(IsShard))
            File.Delete(file);
        using var model = LanguageModel.Load(folder.Path, CPU);
        Assert.Throws<InterpException>(() => model.Logits(FixtureModels.Tokens(1)));
    }

    private static bool IsShard(string file) => Path.GetFileName(file).StartsWith("model-", StringComparison.Ordinal);

    /// <summary>The shards with the embedding or a weight of the first block.</summary>
    private static HashSet<string> Needed(string folder)
    {
        using var index = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "model.safetensors.index.json")));
        return [.. index.RootElement.GetProperty("weight_map").EnumerateObject()
            .Where(pair => pair.Name.Contains("embed_tokens", StringComparison.Ordinal) || pair.Name.Contains(".layers.0.", StringComparison.Ordinal))
            .Select(pair => pair.Value.GetString()!)];
    }
}
