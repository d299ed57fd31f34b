using System.Text.Json.Nodes;
using Interp.Formats;

namespace Interp.Inspection;

/// <summary>A safetensors file by itself.</summary>
internal static class SafeTensorsInspection
{
    public static bool Recognises(string path) => File.Exists(path) && path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase);

    public static Inspection Inspect(string path, string textField)
    {
        using var file = SafeTensors.Open(path);
        var notFinite = new Dictionary<string, long>();
        TensorScan.Add(file, notFinite);
        var metadata = new JsonObject();
        foreach (var (key, value) in file.Metadata)
            metadata[key] = value;
        var facts = new JsonObject
        {
            ["tensors"] = file.Entries.Count,
            ["values"] = TensorScan.Elements(file.Entries.Values.Select(entry => entry.Shape)),
            ["metadata"] = metadata,
            ["shapes"] = TensorScan.Table(file.Entries.Values),
        };
        return new Inspection("safetensors file", facts, notFinite);
    }
}
