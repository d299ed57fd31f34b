using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Models;

/// <summary>
/// Maps one family of checkpoints onto the canonical decoder: its configuration, and which weights make up a block. A new
/// family is a file with an instance of this, and one line in <see cref="All"/>.
/// </summary>
internal abstract class ModelFamily
{
    /// <summary>The families that are served.</summary>
    public static readonly IReadOnlyList<ModelFamily> All =
        [new Phi3Family(), new LlamaFamily(), new QwenFamily(), new Gemma2Family(), new Gpt2Family(), new GptNeoxFamily()];

    private static readonly Dictionary<string, Activation> Activations = new()
    {
        ["silu"] = Activation.Silu,
        ["swish"] = Activation.Silu,
        ["gelu"] = Activation.Gelu,
        ["gelu_python"] = Activation.Gelu,
        ["gelu_new"] = Activation.GeluTanh,
        ["gelu_fast"] = Activation.GeluTanh,
        ["gelu_pytorch_tanh"] = Activation.GeluTanh,
        ["relu"] = Activation.Relu,
    };

    /// <summary>Names in <c>architectures</c> that belong to the family, each with the <c>model_type</c> that goes with it.</summary>
    public abstract IReadOnlyList<(string Name, string ModelType)> Architectures { get; }

    /// <summary>The key of the activation in the configuration; null when the family reads it by itself.</summary>
    protected virtual string? ActivationKey => "hidden_act";

    /// <summary>The activation of a configuration that names none.</summary>
    protected virtual string DefaultActivation => "silu";

    /// <summary>The key of the norms' epsilon.</summary>
    protected virtual string EpsilonKey => "rms_norm_eps";

    /// <summary>The keys of the rotary settings.</summary>
    protected virtual RopeKeys Rope => RopeKeys.Usual;

    /// <summary>Name of the head's matrix, without <c>.weight</c>.</summary>
    protected virtual string HeadName => "lm_head";

    /// <summary>The family that serves an architecture.</summary>
    /// <exception cref="InterpException">No family does.</exception>
    public static ModelFamily Of(string architecture, string where) =>
        All.FirstOrDefault(family => family.Architectures.Any(known => known.Name == architecture))
        ?? throw new InterpException($"{where} names the architecture '{architecture}', which is not served; these are: {string.Join(", ", All.SelectMany(family => family.Architectures).Select(known => known.Name))}.");

    /// <summary>Reads a whole <c>config.json</c>.</summary>
    /// <exception cref="InterpException">A setting is missing, wrong, or not served.</exception>
    public ModelConfig Read(ConfigJson json, string architecture)
    {
        var modelType = Architectures.First(known => known.Name == architecture).ModelType;
        if (json.Text("model_type") is { } named && named != modelType)
            throw json.Fault("model_type", $"is '{named}', but that of {architecture} is '{modelType}', and which of them counts is not clear");
        var config = Configure(json, architecture);
        json.RequireAllServed();
        return config;
    }

    /// <summary>Reads the settings of the family.</summary>
    public abstract ModelConfig Configure(ConfigJson json, string architecture);

    /// <summary>The weights of block <paramref name="layer"/>.</summary>
    public abstract BlockWeights Block(IWeightSource weights, ModelConfig config, int layer);

    /// <summary>The embeddings of some tokens, [ids.Length, width].</summary>
    public Tensor Embed(IWeightSource weights, ModelConfig config, Tensor ids) =>
        weights.Rows($"{EmbeddingName(weights)}.weight", ids, config.VocabularySize, config.Width);

    /// <summary>Token embeddings, [vocabulary, width].</summary>
    public Tensor Embedding(IWeightSource weights, ModelConfig config) =>
        weights.Get($"{EmbeddingName(weights)}.weight", config.VocabularySize, config.Width);

    /// <summary>Learned positions, [context, width], of a family that has them.</summary>
    public virtual Tensor PositionTable(IWeightSource weights, ModelConfig config) =>
        throw new InvalidOperationException($"{config.Architecture} has no learned positions.");

    /// <summary>The norm before the head.</summary>
    public NormWeights FinalNorm(IWeightSource weights, ModelConfig config) =>
        NormWeights.Read(weights, config, FinalNormName(weights), config.Width);

    /// <summary>The map from the normalised residual stream to the logits.</summary>
    public Projection Head(IWeightSource weights, ModelConfig config) =>
        weights.Project(config.TiedHead ? EmbeddingName(weights) : HeadName, config.VocabularySize, config.Width);

    /// <summary>The rows of the head, [vocabulary, width].</summary>
    public Tensor Unembedding(IWeightSource weights, ModelConfig config) =>
        config.TiedHead ? Embedding(weights, config) : weights.Get($"{HeadName}.weight", config.VocabularySize, config.Width);

    /// <summary>Name of the embedding, without <c>.weight</c>.</summary>
    protected virtual string EmbeddingName(IWeightSource weights) => "model.embed_tokens";

    /// <summary>Name of the norm before the head.</summary>
    protected virtual string FinalNormName(IWeightSource weights) => "model.norm";

    /// <summary>The keys that the families share; the family adds its own with <c>with</c>.</summary>
    /// <param name="json">The configuration.</param>
    /// <param name="architecture">Its architecture.</param>
    /// <param name="defaultEpsilon">The norms' epsilon where none is given.</param>
    /// <param name="defaultHeadWidth">The width of a head where none is given, but null counts as width / heads; null for the same in both cases.</param>
    /// <param name="defaultKeyValueHeads">The number of key heads where none is given, but null counts as all heads; null for the same in both cases.</param>
    /// <param name="tiedHead">Whether the head is tied where nothing is said.</param>
    protected ModelConfig ReadCommon(
        ConfigJson json, string architecture, double defaultEpsilon, int? defaultHeadWidth = null, int? defaultKeyValueHeads = null, bool tiedHead = false)
    {
        RefuseQuantised(json);
        var width = json.Size("hidden_size");
        var heads = json.Size("num_attention_heads");
        var headWidth = json.OptionalSize("head_dim") ?? (json.Mentions("head_dim") ? null : defaultHeadWidth)
            ?? (width % heads == 0 ? width / heads : throw json.Fault("num_attention_heads", $"does not divide hidden_size {width}"));
        var keyValueHeads = json.OptionalSize("num_key_value_heads") ?? (json.Mentions("num_key_value_heads") ? null : defaultKeyValueHeads) ?? heads;
        if (heads % keyValueHeads != 0)
            throw json.Fault("num_key_value_heads", json.Has("num_key_value_heads")
                ? $"does not divide num_attention_heads {heads}"
                : $"is missing, and the {keyValueHeads} of its family do not divide num_attention_heads {heads}");
        var context = json.Size("max_position_embeddings");
        return new ModelConfig
        {
            Architecture = architecture,
            LayerCount = ReadLayerCount(json, "num_hidden_layers"),
            Width = width,
            HeadCount = heads,
            KeyValueHeadCount = keyValueHeads,
            HeadWidth = headWidth,
            MlpWidth = json.Size("intermediate_size"),
            VocabularySize = json.Size("vocab_size"),
            ContextLength = context,
            NormEpsilon = json.Positive(EpsilonKey, defaultEpsilon),
            Rope = RopeReader.Read(json, Rope, headWidth, context),
            Activation = ActivationKey is null ? Activation.Silu : ReadActivation(json, ActivationKey, DefaultActivation),
            TiedHead = json.Flag("tie_word_embeddings", tiedHead),
            BosId = json.OptionalId("bos_token_id"),
            EosIds = json.Ids("eos_token_id"),
        };
    }

    /// <summary>The number of blocks.</summary>
    protected static int ReadLayerCount(ConfigJson json, string key) =>
        json.Size(key) is <= 10_000 and var layers ? layers : throw json.Fault(key, $"is {json.Size(key)}, more than any model has");

    /// <summary>The activation that a key names.</summary>
    protected static Activation ReadActivation(ConfigJson json, string key, string missing) =>
        Activations.TryGetValue(json.Text(key) ?? missing, out var activation)
            ? activation
            : throw json.Fault(key, $"is '{json.Text(key)}', which is not served ({string.Join(", ", Activations.Keys)} are)");

    /// <summary>Whether each layer has the sliding window, where <c>layer_types</c> says so; null where it is absent.</summary>
    protected static IReadOnlyList<bool>? LayerTypes(ConfigJson json, int layers)
    {
        if (!json.Has("layer_types"))
            return null;
        var types = json.Texts("layer_types");
        if (types.Count != layers)
            throw json.Fault("layer_types", $"has {types.Count} entries for {layers} layers");
        return [.. types.Select(type => type switch
        {
            "sliding_attention" => true,
            "full_attention" => false,
            _ => throw json.Fault("layer_types", $"names '{type}', which is not served (full_attention and sliding_attention are)"),
        })];
    }

    /// <summary>Quantised weights are served from GGUF files alone.</summary>
    protected static void RefuseQuantised(ConfigJson json)
    {
        if (json.Has("quantization_config"))
            throw json.Fault("quantization_config", "says that the weights are quantised, which is not served for folders");
    }
}
