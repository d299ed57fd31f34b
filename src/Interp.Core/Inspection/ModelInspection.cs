using System.Text.Json.Nodes;
using Interp.Formats;
using Interp.Models;
using Interp.Runtime;
using Interp.Tokenization;
using TorchSharp;

namespace Interp.Inspection;

/// <summary>Hugging Face folders: configuration, all weights that the family needs, those it does not, tokenizer.</summary>
internal static class ModelInspection
{
    public static bool Recognises(string path) => File.Exists(Path.Combine(path, "config.json"));

    public static Inspection Inspect(string path, string textField)
    {
        using var model = LanguageModel.Load(path, torch.CPU);
        var needed = model.CheckWeights();
        var entries = new List<TensorEntry>();
        var notFinite = new Dictionary<string, long>();
        using var weights = new FolderWeights(path, torch.ScalarType.Float32, torch.CPU);
        var files = weights.Files;
        foreach (var name in files)
        {
            using var file = SafeTensors.Open(name);
            entries.AddRange(file.Entries.Values);
            TensorScan.Add(file, notFinite);
        }
        var facts = Config(model.Config);
        facts["weight_files"] = new JsonArray([.. files.Select(file => (JsonNode)Path.GetFileName(file))]);
        facts["tensors"] = entries.Count;
        facts["tensor_types"] = TensorScan.Counts(entries.Select(entry => SafeTensorsTypes.NameOf(entry.Type)));
        facts["not_needed"] = new JsonArray([.. entries.Select(entry => entry.Name).Where(name => !needed.Contains(name)).Select(name => (JsonNode)name)]);
        Tokens(facts, path, model.Config.VocabularySize, optional: !File.Exists(Path.Combine(path, "tokenizer.json")));
        return new Inspection("Hugging Face model", facts, notFinite);
    }

    /// <summary>What a configuration says.</summary>
    public static JsonObject Config(ModelConfig config) => new()
    {
        ["architecture"] = config.Architecture,
        ["layers"] = config.LayerCount,
        ["width"] = config.Width,
        ["heads"] = config.HeadCount,
        ["key_value_heads"] = config.KeyValueHeadCount,
        ["head_width"] = config.HeadWidth,
        ["mlp_width"] = config.MlpWidth,
        ["vocabulary"] = config.VocabularySize,
        ["context"] = config.ContextLength,
        ["norm_epsilon"] = config.NormEpsilon,
        ["rope_base"] = config.Rope?.Base,
        ["rope_width"] = config.Rope?.RotatedWidth,
        ["rope_scaling"] = config.Rope?.Scaling.GetType().Name,
        ["window"] = config.Window,
        ["tied_head"] = config.TiedHead,
        ["parameters"] = config.ParameterCount,
    };

    /// <summary>The tokenizer's facts; one with more tokens than the model is refused.</summary>
    public static void Tokens(JsonObject facts, string path, int vocabulary, bool optional)
    {
        if (optional)
        {
            facts["tokenizer"] = "none";
            return;
        }
        var tokenizer = Tokenizer.Load(path);
        if (tokenizer.VocabularySize > vocabulary)
            throw new InterpException($"The tokenizer of {path} has {tokenizer.VocabularySize} tokens, but the model's vocabulary has {vocabulary}; use the tokenizer that belongs to the model.");
        facts["tokenizer"] = TokenizerInspection.Facts(tokenizer);
    }
}
