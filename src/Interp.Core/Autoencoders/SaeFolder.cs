using System.Text.Json;
using System.Text.Json.Nodes;
using Interp.Activations;
using Interp.Formats;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Autoencoders;

/// <summary>
/// Reads and writes autoencoders in the layout of SAELens 6: <c>cfg.json</c> and <c>sae_weights.safetensors</c> (W_enc [d, M],
/// b_enc, W_dec [M, d], b_dec, and what the architecture adds). Ours also have <c>interp.json</c> and a probe batch that reading checks.
/// </summary>
public static class SaeFolder
{
    private const string LayoutVersion = "6.54.12";

    /// <summary>Whether a folder looks like an autoencoder.</summary>
    public static bool Exists(string folder) => File.Exists(Config(folder)) && File.Exists(Weights(folder));

    /// <summary>Reads an autoencoder; <c>rescale_acts_by_decoder_norm</c> is folded into the weights.</summary>
    /// <param name="folder">A folder of SAELens 6 or of <c>Write</c>.</param>
    /// <param name="device">Where it is to live.</param>
    /// <param name="precision">float32 or float64.</param>
    /// <exception cref="InterpException">A file is missing or malformed, the architecture is not served, or the probe batch gives other values than it should.</exception>
    public static SparseAutoencoder Read(string folder, Device device, ScalarType precision = ScalarType.Float32)
    {
        var config = Json(Config(folder));
        var layout = Layout(folder, config);
        using var noGradient = no_grad();
        using var file = SafeTensors.Open(Weights(folder));
        file.Require("W_enc", layout.Width, layout.Latents);
        file.Require(layout.Architecture.EncoderBias, layout.Latents);
        foreach (var extra in layout.Architecture.Extras)
            file.Require(extra, layout.Latents);
        file.Require("W_dec", layout.Latents, layout.Width);
        file.Require("b_dec", layout.Width);
        using var scope = NewDisposeScope();
        var encoder = file.Load("W_enc", precision, device).t().contiguous();
        var encoderBias = file.Load(layout.Architecture.EncoderBias, precision, device);
        var decoder = file.Load("W_dec", precision, device);
        if (layout.Rescale)
            FoldDecoderNorm(encoder, encoderBias, decoder);
        var autoencoder = new SparseAutoencoder(encoder, encoderBias, decoder, file.Load("b_dec", precision, device), layout.K, new InputTransform(layout.Normalisation),
            layout.Architecture.Kind, layout.Architecture.Extras.ToDictionary(name => name, name => file.Load(name, precision, device)), layout.SubtractBias);
        try
        {
            SaeProbe.Check(folder, autoencoder);
            return autoencoder;
        }
        catch
        {
            autoencoder.Dispose();
            throw;
        }
    }

    /// <summary>What a folder says about its autoencoder.</summary>
    /// <exception cref="InterpException">A file is missing or malformed.</exception>
    public static SaeMetadata ReadMetadata(string folder)
    {
        var stated = Json(Config(folder))["metadata"] as JsonObject ?? [];
        var own = Path.Combine(folder, SaeProbe.FileName);
        return new SaeMetadata
        {
            ModelName = Optional<string>(stated, "model_name"),
            HookName = Optional<string>(stated, "hook_name"),
            ContextSize = (int?)Optional<double?>(stated, "context_size"),
            PrependBos = Optional<bool?>(stated, "prepend_bos"),
            DatasetPath = Optional<string>(stated, "dataset_path"),
            L0 = Optional<double?>(stated, "l0"),
            DeadLatents = (int?)Optional<double?>(stated, "num_dead_features"),
            Provenance = File.Exists(own) ? Json(own)["provenance"]?.DeepClone() as JsonObject : null,
        };
    }

    /// <summary>
    /// Writes an autoencoder so that SAELens computes the same from raw activations: a dataset's scale and centre are folded into
    /// the weights; of the BatchTopK family the threshold is written, as architecture 'jumprelu'.
    /// </summary>
    /// <param name="folder">Made if it is absent; each file is replaced in one go.</param>
    /// <param name="autoencoder">What to write; weights are stored as float32.</param>
    /// <param name="metadata">Where it comes from.</param>
    /// <param name="probe">A few tokens [n, d] in the model's scale; what the autoencoder makes of them is checked whenever it is read.</param>
    /// <exception cref="InterpException">A file cannot be written.</exception>
    public static void Write(string folder, SparseAutoencoder autoencoder, SaeMetadata metadata, Tensor? probe = null)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var (transform, scale) = (autoencoder.Transform, autoencoder.Transform.Scale);
        var (encoderBias, decoderBias) = (autoencoder.EncoderBias, autoencoder.DecoderBias / scale);
        if (transform.Centre is { } centre)
        {
            decoderBias = decoderBias + centre;
            if (!autoencoder.SubtractDecoderBias)
                encoderBias = encoderBias - (centre * scale).unsqueeze(0).mm(autoencoder.EncoderWeight.t()).squeeze(0);
        }
        var architecture = SaeArchitecture.Of(autoencoder);
        var tensors = new Dictionary<string, Tensor>
        {
            ["W_enc"] = Stored((autoencoder.EncoderWeight * scale).t()),
            [architecture.EncoderBias] = Stored(encoderBias),
            ["W_dec"] = Stored(autoencoder.DecoderWeight / scale),
            ["b_dec"] = Stored(decoderBias),
        };
        foreach (var (name, tensor) in architecture.Tensors(autoencoder))
            tensors[name] = Stored(tensor);
        SafeTensorsWriter.Write(Weights(folder), tensors);
        SaeProbe.Write(folder, autoencoder, metadata.Provenance, probe);
        AtomicFile.WriteText(Config(folder), Text(ConfigOf(autoencoder, architecture, metadata)));
    }

    /// <summary>The same with all tokens of a source as the probe.</summary>
    public static void Write(string folder, SparseAutoencoder autoencoder, SaeMetadata metadata, IActivationSource probe)
    {
        using var tokens = empty([probe.Count, probe.Width], dtype: ScalarType.Float32, device: CPU);
        probe.Gather(Enumerable.Range(0, (int)probe.Count).ToArray(), TensorMemory.Span<float>(tokens));
        Write(folder, autoencoder, metadata, tokens);
    }

    /// <summary>JSON as our files hold it.</summary>
    internal static string Text(JsonObject json) => json.ToJsonString(new JsonSerializerOptions { WriteIndented = true, NewLine = "\n" }) + "\n";

    /// <summary>Reads a JSON object.</summary>
    internal static JsonObject Json(string path)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllBytes(path), documentOptions: new() { AllowDuplicateProperties = false }) as JsonObject
                ?? throw new InterpException($"{path} holds no JSON object; the file is damaged.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or ArgumentException)
        {
            throw new InterpException($"{path} cannot be read as JSON: {e.Message.Split('\n')[0]} Give an SAE folder with a sound file.", e);
        }
    }

    private static string Config(string folder) => Path.Combine(folder, "cfg.json");

    private static string Weights(string folder) => Path.Combine(folder, "sae_weights.safetensors");

    private static Tensor Stored(Tensor tensor) => tensor.to(ScalarType.Float32, CPU).contiguous();

    private static void FoldDecoderNorm(Tensor encoder, Tensor encoderBias, Tensor decoder)
    {
        var norm = decoder.norm(1, keepdim: true, p: 2);
        encoder.mul_(norm);
        encoderBias.mul_(norm.squeeze(1));
        decoder.div_(norm.where(norm > 0, ones_like(norm)));
    }

    private static JsonObject ConfigOf(SparseAutoencoder autoencoder, SaeArchitecture architecture, SaeMetadata metadata) => new()
    {
        ["architecture"] = architecture.Name,
        ["d_in"] = autoencoder.Width,
        ["d_sae"] = autoencoder.Latents,
        ["k"] = autoencoder.K,
        ["rescale_acts_by_decoder_norm"] = autoencoder.Kind.RanksByNorm,
        ["apply_b_dec_to_input"] = autoencoder.SubtractDecoderBias,
        ["normalize_activations"] = autoencoder.Transform.Kind switch
        {
            InputNormalisation.PerTokenLayerNorm => "layer_norm",
            InputNormalisation.PerTokenNorm => "constant_norm_rescale",
            _ => "none",
        },
        ["reshape_activations"] = "none",
        ["dtype"] = "float32",
        ["device"] = "cpu",
        ["metadata"] = new JsonObject
        {
            ["sae_lens_version"] = LayoutVersion,
            ["sae_lens_training_version"] = null,
            ["model_name"] = metadata.ModelName,
            ["hook_name"] = metadata.HookName,
            ["context_size"] = metadata.ContextSize,
            ["prepend_bos"] = metadata.PrependBos,
            ["dataset_path"] = metadata.DatasetPath,
            ["l0"] = metadata.L0,
            ["num_dead_features"] = metadata.DeadLatents,
        },
    };

    private static (SaeArchitecture Architecture, int Width, int Latents, int K, bool Rescale, bool SubtractBias, InputNormalisation Normalisation) Layout(string folder, JsonObject config)
    {
        var path = Config(folder);
        var architecture = Optional<string>(config, "architecture");
        if (SaeArchitecture.Named(architecture) is not { } served)
            throw new InterpException($"{path} describes an autoencoder of architecture '{architecture ?? "none"}', which is not served; served are {string.Join(", ", SaeArchitecture.All.Select(known => known.Name))}.");
        if (Optional<string>(config, "reshape_activations") is { } reshape and not "none")
            throw new InterpException($"{path} reshapes activations by '{reshape}', which is not served; give an autoencoder of a residual, MLP or attention output.");
        var normalisation = Optional<string>(config, "normalize_activations") switch
        {
            null or "none" or "expected_average_only_in" => InputNormalisation.None,
            "layer_norm" => InputNormalisation.PerTokenLayerNorm,
            "constant_norm_rescale" => InputNormalisation.PerTokenNorm,
            var other => throw new InterpException($"{path} normalises activations by '{other}', which is not served; known are none, expected_average_only_in, layer_norm and constant_norm_rescale."),
        };
        return (served, Whole("d_in"), Whole("d_sae"), served.Kind.UsesK ? Whole("k") : MeanActive(config), Optional<bool?>(config, "rescale_acts_by_decoder_norm") ?? false,
            Optional<bool?>(config, "apply_b_dec_to_input") ?? true, normalisation);

        int Whole(string name) => Optional<double?>(config, name) is { } number && number == Math.Floor(number) && number is >= 1 and <= int.MaxValue
            ? (int)number
            : throw new InterpException($"{path} has no positive whole number '{name}'; the file is damaged.");
    }

    /// <summary>What stands for K where latents have thresholds: the L0 of the metadata, or of "k" in our own folders.</summary>
    private static int MeanActive(JsonObject config) =>
        (int)Math.Max(1, Math.Round(Optional<double?>(config, "k") ?? Optional<double?>(config["metadata"] as JsonObject ?? [], "l0") ?? 1));

    /// <summary>The value of a key, or the type's default when it is absent, null or of another type.</summary>
    private static T? Optional<T>(JsonObject json, string name) =>
        json[name] is JsonValue value && value.TryGetValue<T>(out var found) ? found : default;
}
