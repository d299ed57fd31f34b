using System.Text.Json.Nodes;
using Interp.Features;

namespace Interp.Inspection;

/// <summary>Atlas folders.</summary>
internal static class AtlasInspection
{
    public static bool Recognises(string path) => Atlas.Exists(path);

    public static Inspection Inspect(string path, string textField)
    {
        using var atlas = Atlas.Open(path);
        atlas.Verify();
        var summary = atlas.Summary;
        return new Inspection("atlas", new JsonObject
        {
            ["model"] = summary.Model,
            ["hook"] = summary.Hook,
            ["sae_digest"] = summary.SaeDigest,
            ["text"] = summary.Corpus,
            ["tokens"] = summary.Tokens,
            ["held_out_tokens"] = summary.HeldOutTokens,
            ["latents"] = summary.Latents,
            ["dead"] = summary.Dead,
            ["bytes"] = summary.Files.Sum(file => file.Bytes),
        }, new Dictionary<string, long>());
    }
}
