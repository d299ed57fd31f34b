using System.Text.Json.Nodes;
using Interp.Activations;
using Interp.Formats;

namespace Interp.Inspection;

/// <summary>Activation stores, every checksum recomputed.</summary>
internal static class StoreInspection
{
    public static bool Recognises(string path) => StoreManifest.Exists(path);

    public static Inspection Inspect(string path, string textField)
    {
        var notFinite = new Dictionary<string, long>();
        return new Inspection("activation store", Facts(path, notFinite), notFinite);
    }

    /// <summary>What a store holds; values that are not finite are counted by tensor.</summary>
    public static JsonObject Facts(string path, Dictionary<string, long> notFinite)
    {
        using var store = ActivationStore.Open(path);
        foreach (var shard in store.Manifest.Shards)
        {
            using var file = SafeTensors.Open(Path.Combine(path, shard.File));
            TensorScan.Add(file, notFinite);
        }
        var facts = new JsonObject
        {
            ["tokens"] = store.Count,
            ["width"] = store.Width,
            ["hook"] = store.Manifest.Hook,
            ["context"] = store.Manifest.ContextLength,
            ["bos_id"] = store.Manifest.BosId,
            ["shards"] = store.Manifest.Shards.Length,
            ["model_digest"] = store.Manifest.Model,
            ["corpus_digest"] = store.Manifest.Corpus,
            ["counted_tokens"] = store.Manifest.CountedTokens ?? store.Count,
        };
        if (store.Manifest.Origin is { } origin)
            facts["origin"] = new JsonObject(origin.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));
        return facts;
    }
}
