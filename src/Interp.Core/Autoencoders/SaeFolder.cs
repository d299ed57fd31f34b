using System.Security.Cryptography;
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
/// b_enc, W_dec [M, d'], b_dec [d'], and what the architecture adds). Ours also have <c>interp.json</c> and a probe batch that reading checks.
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
        foreach (var extra in layout.Architecture.Kind.Extras)
            file.Require(extra.Name, extra.Shape(layout.Latents, layout.Width, layout.OutputWidth));
        file.Require("W_dec", layout.Latents, layout.OutputWidth);
        file.Require("b_dec", layout.OutputWidth);
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

    /// <summary>Identity of what a folder computes: SHA-256 (hex) of the digests of its description and its weights.</summary>
    /// <exception cref="InterpException">A file cannot be read.</exception>
    public static string Digest(string folder) =>
        Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(FileDigest.Sha256(Config(folder)) + FileDigest.Sha256(Weights(folder)))));

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
            TargetHookName = Optional<string>(stated, "hook_name_out"),
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
    /// the weights; of the BatchTopK family the threshold is written, as architecture 'jumprelu'. SAELens has no transcoder with a K: who runs one of
    /// ours there keeps the cfg.k largest latents.
    /// </summary>
    /// <param name="folder">Made if it is absent; each file is replaced in one go.</param>
    /// <param name="autoencoder">What to write; weights are stored as float32.</param>
    /// <param name="metadata">Where it comes from.</param>
    /// <param name="probe">A few tokens [n, d] in the model's scale; what the autoencoder makes of them is checked whenever it is read.</param>
    /// <param name="target">For a transcoder, what the probe's tokens are to become [n, d'].</param>
    /// <exception cref="InterpException">A file cannot be written, or the layout cannot say what the autoencoder computes.</exception>
    public static void Write(string folder, SparseAutoencoder autoencoder, SaeMetadata metadata, Tensor? probe = null, Tensor? target = null)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var architecture = SaeArchitecture.Of(autoencoder);
        RequireRawSkip(folder, architecture, autoencoder.Transform.Kind);
        SafeTensorsWriter.Write(Weights(folder), FromRawActivations(autoencoder, architecture).ToDictionary(pair => pair.Key, pair => Stored(pair.Value)));
        SaeProbe.Write(folder, autoencoder, metadata.Provenance, probe, target);
        AtomicFile.WriteText(Config(folder), Text(ConfigOf(autoencoder, architecture, metadata)));
    }

    /// <summary>The same with all tokens of a source as the probe, and of a second one as what a transcoder is to make of them.</summary>
    public static void Write(string folder, SparseAutoencoder autoencoder, SaeMetadata metadata, IActivationSource probe, IActivationSource? target = null)
    {
        using var tokens = All(probe);
        using var wanted = target is null ? null : All(target);
        Write(folder, autoencoder, metadata, tokens, wanted);

        static Tensor All(IActivationSource source) => BatchFeed.Gather(source, Enumerable.Range(0, (int)source.Count).ToArray());
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

    /// <summary>The folder's tensors, with the factor and the centre of the input transform folded in.</summary>
    private static Dictionary<string, Tensor> FromRawActivations(SparseAutoencoder autoencoder, SaeArchitecture architecture)
    {
        var (scale, transcodes) = (autoencoder.Transform.Scale, autoencoder.Kind.IsTranscoder);
        var tensors = new Dictionary<string, Tensor>
        {
            ["W_enc"] = (autoencoder.EncoderWeight * scale).t(),
            [architecture.EncoderBias] = autoencoder.EncoderBias,
            ["W_dec"] = transcodes ? autoencoder.DecoderWeight : autoencoder.DecoderWeight / scale,
            ["b_dec"] = transcodes ? autoencoder.DecoderBias : autoencoder.DecoderBias / scale,
        };
        foreach (var (name, tensor) in architecture.Tensors(autoencoder))
            tensors[name] = name == TranscoderDictionary.SkipWeight ? tensor * scale : tensor;
        if (autoencoder.Transform.Centre is not { } centre)
            return tensors;
        if (!transcodes)
            tensors["b_dec"] = tensors["b_dec"] + centre;
        if (!autoencoder.SubtractDecoderBias)
            tensors[architecture.EncoderBias] = autoencoder.EncoderBias - Product(autoencoder.EncoderWeight * scale, centre);
        if (tensors.TryGetValue(TranscoderDictionary.SkipWeight, out var skip))
            tensors["b_dec"] = tensors["b_dec"] - Product(skip, centre);
        return tensors;
    }

    /// <summary>matrix·vector, the same bits whatever the number of threads, which a library's product does not promise.</summary>
    private static Tensor Product(Tensor matrix, Tensor vector) => (matrix.to(ScalarType.Float64) * vector).sum(1).to(matrix.dtype);

    /// <summary>SAELens' skip connections read raw activations, ours what enters the encoder.</summary>
    private static void RequireRawSkip(string where, SaeArchitecture architecture, InputNormalisation normalisation)
    {
        if (architecture.Extras.Contains(TranscoderDictionary.SkipWeight) && normalisation is InputNormalisation.PerTokenLayerNorm or InputNormalisation.PerTokenNorm)
            throw new InterpException($"{where} cannot hold a skip transcoder with a normalisation per token, whose skip connection would read raw activations; use none, datasetScale or centred.");
    }

    private static void FoldDecoderNorm(Tensor encoder, Tensor encoderBias, Tensor decoder)
    {
        var norm = decoder.norm(1, keepdim: true, p: 2);
        encoder.mul_(norm);
        encoderBias.mul_(norm.squeeze(1));
        decoder.div_(norm.where(norm > 0, ones_like(norm)));
    }

    private static JsonObject ConfigOf(SparseAutoencoder autoencoder, SaeArchitecture architecture, SaeMetadata metadata)
    {
        var config = CommonConfigOf(autoencoder, architecture, metadata);
        if (autoencoder.Kind.IsTranscoder)
        {
            config["d_out"] = autoencoder.OutputWidth;
            config["metadata"]!["hook_name_out"] = metadata.TargetHookName;
        }
        return config;
    }

    private static JsonObject CommonConfigOf(SparseAutoencoder autoencoder, SaeArchitecture architecture, SaeMetadata metadata) => new()
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

    private static (SaeArchitecture Architecture, int Width, int OutputWidth, int Latents, int K, bool Rescale, bool SubtractBias, InputNormalisation Normalisation) Layout(string folder, JsonObject config)
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
        var subtracts = Optional<bool?>(config, "apply_b_dec_to_input") ?? served.Kind.SubtractsBias;
        if (subtracts && served.Kind.IsTranscoder)
            throw new InterpException($"{path} subtracts b_dec from the input of a transcoder, which is of another hook; set apply_b_dec_to_input to false.");
        RequireRawSkip(path, served, normalisation);
        var (width, latents) = (Whole("d_in"), Whole("d_sae"));
        return (served, width, served.Kind.IsTranscoder ? Whole("d_out") : width, latents,
            !served.Kind.UsesK ? MeanActive(config) : served.Kind.IsTranscoder && config["k"] is null ? latents : Whole("k"),
            Optional<bool?>(config, "rescale_acts_by_decoder_norm") ?? false, subtracts, normalisation);

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
