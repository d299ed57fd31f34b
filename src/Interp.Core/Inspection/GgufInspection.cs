using System.Text.Json.Nodes;
using Interp.Formats;
using Interp.Models;
using TorchSharp;

namespace Interp.Inspection;

/// <summary>GGUF files: metadata, tensors and their formats, tokenizer.</summary>
internal static class GgufInspection
{
    public static bool Recognises(string path) => File.Exists(path) && path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase);

    public static Inspection Inspect(string path, string textField)
    {
        using var model = LanguageModel.Load(path, torch.CPU);
        model.CheckWeights();
        using var file = Gguf.Open(path);
        var notFinite = new Dictionary<string, long>();
        foreach (var name in file.Tensors.Keys)
        {
            using var values = file.Load(name);
            if (TensorScan.NotFinite(values) is > 0 and var count)
                notFinite[name] = count;
        }
        var facts = ModelInspection.Config(model.Config);
        facts["tensors"] = file.Tensors.Count;
        facts["tensor_formats"] = TensorScan.Counts(file.Tensors.Keys.Select(name => file.RequireServed(name).Name));
        facts["metadata"] = Metadata(file);
        ModelInspection.Tokens(facts, path, model.Config.VocabularySize, optional: false);
        return new Inspection("GGUF model", facts, notFinite);
    }

    private static JsonObject Metadata(Gguf file)
    {
        var metadata = new JsonObject();
        foreach (var (key, value) in file.Metadata)
            metadata[key] = value switch
            {
                string { Length: > 200 } text => $"text of {text.Length} characters",
                Array array => $"{array.Length} items",
                _ => JsonValue.Create(Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture)),
            };
        return metadata;
    }
}
