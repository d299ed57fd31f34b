using System.Text.Json;
using System.Text.Json.Nodes;
using Interp.Formats;
using Interp.Runtime;

namespace Interp.Features;

/// <summary>
/// Writes an atlas as the request bodies that Neuronpedia takes for features (<c>/api/feature/upload-batch</c>), a file for each request:
/// <c>{modelId, source, features: [{index, density, topLogits, bottomLogits, explanations, activations}]}</c>. Latents that never fire have no
/// activations, which are required, and are left out.
/// </summary>
public static class NeuronpediaExport
{
    /// <summary>Features of a request.</summary>
    private const int PerRequest = 128;

    private const int MostLogits = 20, MostText = 512, MostTokens = 1024;

    /// <summary>Writes <c>batch-0.json</c>, <c>batch-1.json</c>, … into a folder.</summary>
    /// <param name="atlas">The atlas.</param>
    /// <param name="folder">Where they go.</param>
    /// <param name="modelId">The model's id there; lower case.</param>
    /// <param name="source">The source's id there, such as <c>2-interp</c>; lower case.</param>
    /// <param name="progress">Is told how many latents are done.</param>
    /// <param name="cancel">Asks to stop.</param>
    /// <returns>Latents that were written.</returns>
    /// <exception cref="InterpException">An id is not lower case, or a file cannot be written.</exception>
    public static int Write(Atlas atlas, string folder, string modelId, string source, Action<int>? progress = null, CancellationToken cancel = default)
    {
        foreach (var id in new[] { modelId, source })
        {
            if (id.Length == 0 || id != id.ToLowerInvariant())
                throw new InterpException($"'{id}' is no id of Neuronpedia, which are in lower case; give another.");
        }
        var written = 0;
        foreach (var (number, batch) in Living(atlas).Chunk(PerRequest).Index())
        {
            cancel.ThrowIfCancellationRequested();
            var request = new JsonObject { ["modelId"] = modelId, ["source"] = source, ["features"] = new JsonArray([.. batch.Select(latent => Feature(atlas.Page(latent)))]) };
            AtomicFile.WriteText(Path.Combine(folder, $"batch-{number}.json"), request.ToJsonString(AtlasJson.Options) + "\n");
            progress?.Invoke(batch[^1] + 1);
            written += batch.Length;
        }
        return written;
    }

    private static IEnumerable<int> Living(Atlas atlas)
    {
        for (var latent = 0; latent < atlas.Latents; latent++)
        {
            if (atlas.Count[latent] > 0)
                yield return latent;
        }
    }

    private static JsonObject Feature(LatentPage page) => new()
    {
        ["index"] = page.Id,
        ["density"] = page.Density,
        ["topLogits"] = Logits(page.Raised),
        ["bottomLogits"] = Logits(page.Lowered),
        ["explanations"] = page.Explanation is { } explanation ? new JsonArray(new JsonObject { ["text"] = Cut(explanation.Text) }) : new JsonArray(),
        ["activations"] = new JsonArray([.. page.Top.Select(example => Activation(example)), .. page.Intervals.SelectMany(interval => interval.Examples.Select(example => Activation(example, page, interval)))]),
    };

    private static JsonArray Logits(IReadOnlyList<TokenEffect> effects) =>
        [.. effects.Take(MostLogits).Select(effect => new JsonObject { ["token"] = effect.Token, ["value"] = effect.Effect })];

    private static JsonObject Activation(PageExample example) => new()
    {
        ["tokens"] = new JsonArray([.. example.Tokens.Take(MostTokens).Select(token => JsonValue.Create(token))]),
        ["values"] = new JsonArray([.. example.Values.Take(MostTokens).Select(value => JsonValue.Create(value))]),
    };

    /// <summary>An example of an interval, with the share of the firings that the interval has.</summary>
    private static JsonObject Activation(PageExample example, LatentPage page, PageInterval interval)
    {
        var json = Activation(example);
        json["quantileMin"] = interval.From;
        json["quantileMax"] = interval.To;
        json["quantileFraction"] = (double)page.Histogram.Where(bin => bin.From >= interval.From && bin.From < interval.To).Sum(bin => bin.Count) / page.Count;
        return json;
    }

    private static string Cut(string text) => text.Length <= MostText ? text : string.Concat(text.AsSpan(0, MostText - 1), "…");
}
