using System.Text.Json.Nodes;
using Interp.Autoencoders;
using Interp.Formats;
using TorchSharp;

namespace Interp.Inspection;

/// <summary>Sparse autoencoders and transcoders in SAELens layout.</summary>
internal static class SaeInspection
{
    public static bool Recognises(string path) => SaeFolder.Exists(path);

    public static Inspection Inspect(string path, string textField)
    {
        using var autoencoder = SaeFolder.Read(path, torch.CPU);
        var metadata = SaeFolder.ReadMetadata(path);
        var notFinite = new Dictionary<string, long>();
        using var file = SafeTensors.Open(Path.Combine(path, "sae_weights.safetensors"));
        TensorScan.Add(file, notFinite);
        var facts = new JsonObject
        {
            ["activation"] = autoencoder.Kind.Name,
            ["width"] = autoencoder.Width,
            ["output_width"] = autoencoder.Kind.IsTranscoder ? autoencoder.OutputWidth : null,
            ["latents"] = autoencoder.Latents,
            ["k"] = autoencoder.K,
            ["normalisation"] = autoencoder.Transform.Kind.ToString(),
            ["subtracts_decoder_bias"] = autoencoder.SubtractDecoderBias,
            ["model"] = metadata.ModelName,
            ["hook"] = metadata.HookName,
            ["target"] = metadata.TargetHookName,
            ["context"] = metadata.ContextSize,
            ["bos"] = metadata.PrependBos,
            ["text"] = metadata.DatasetPath,
            ["probe"] = File.Exists(Path.Combine(path, "interp.json")) ? "holds" : "none",
        };
        return new Inspection(autoencoder.Kind.IsTranscoder ? "transcoder" : "sparse autoencoder", facts, notFinite);
    }
}
