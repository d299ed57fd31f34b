using System.Text.Json.Nodes;
using Interp.Models;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Models;

/// <summary>The small checkpoints that the tests carry, one or more of each family.</summary>
internal static class FixtureModels
{
    public static TheoryData<string> Folders => [.. Directory.GetDirectories(Fixtures.Path("models")).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)];

    public static LanguageModel Load(string folder, ScalarType precision = ScalarType.Float64) => LanguageModel.Load(Fixtures.Path("models", folder), CPU, precision);

    public static Tensor Tokens(params long[] ids) => tensor(ids, [1, ids.Length], device: CPU);

    /// <summary>A copy of a fixture's folder whose config.json is changed.</summary>
    public static void Copy(string folder, string target, Action<JsonObject> change)
    {
        foreach (var file in Directory.GetFiles(Fixtures.Path("models", folder)))
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        var path = Path.Combine(target, "config.json");
        var config = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        change(config);
        File.WriteAllText(path, config.ToJsonString());
    }

    public static double Distance(Tensor a, Tensor b)
    {
        Assert.Equal(a.shape, b.shape);
        return (a - b).abs().max().ToDouble();
    }
}
