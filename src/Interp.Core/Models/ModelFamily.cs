using Interp.Runtime;

namespace Interp.Models;

/// <summary>
/// Maps one family of checkpoints onto the canonical decoder: its configuration, and which weights make up a block. A new
/// family is a file with an instance of this, and one line in <see cref="All"/>.
/// </summary>
internal abstract class ModelFamily
{
    /// <summary>The families that are served.</summary>
    public static readonly IReadOnlyList<ModelFamily> All = [new Phi3Family(), new LlamaFamily()];

    /// <summary>Names in <c>architectures</c> that belong to the family.</summary>
    public abstract IReadOnlyList<string> Architectures { get; }

    /// <summary>Reads the configuration.</summary>
    public abstract ModelConfig Configure(ConfigJson json, string architecture);

    /// <summary>The weights of block <paramref name="layer"/>.</summary>
    public abstract BlockWeights Block(IWeightSource weights, ModelConfig config, int layer);

    /// <summary>The family that serves an architecture.</summary>
    /// <exception cref="InterpException">No family does.</exception>
    public static ModelFamily Of(string architecture, string where) =>
        All.FirstOrDefault(family => family.Architectures.Contains(architecture))
        ?? throw new InterpException($"{where} names the architecture '{architecture}', which is not served; these are: {string.Join(", ", All.SelectMany(family => family.Architectures))}.");

    /// <summary>The keys that the families share; the family adds its own with <c>with</c>.</summary>
    protected static ModelConfig ReadCommon(ConfigJson json, string architecture, double defaultEpsilon)
    {
        if (json.Text("hidden_act") is { } activation and not "silu")
            throw json.Fault("hidden_act", $"is '{activation}', which this family does not use");
        if (json.Has("quantization_config"))
            throw json.Fault("quantization_config", "says that the weights are quantised, which is not served for folders");
        var width = json.Size("hidden_size");
        var heads = json.Size("num_attention_heads");
        var headWidth = json.OptionalSize("head_dim")
            ?? (width % heads == 0 ? width / heads : throw json.Fault("num_attention_heads", $"does not divide hidden_size {width}"));
        var keyValueHeads = json.Size("num_key_value_heads", heads);
        if (heads % keyValueHeads != 0)
            throw json.Fault("num_key_value_heads", $"does not divide num_attention_heads {heads}");
        var context = json.Size("max_position_embeddings");
        var layers = json.Size("num_hidden_layers");
        if (layers > 10_000)
            throw json.Fault("num_hidden_layers", $"is {layers}, more than any model has");
        return new ModelConfig
        {
            Architecture = architecture,
            LayerCount = layers,
            Width = width,
            HeadCount = heads,
            KeyValueHeadCount = keyValueHeads,
            HeadWidth = headWidth,
            MlpWidth = json.Size("intermediate_size"),
            VocabularySize = json.Size("vocab_size"),
            ContextLength = context,
            NormEpsilon = json.Number("rms_norm_eps", defaultEpsilon),
            Rope = RopeReader.Read(json, headWidth, context),
            TiedHead = json.Flag("tie_word_embeddings", false),
            BosId = json.OptionalId("bos_token_id"),
            EosId = json.OptionalId("eos_token_id"),
        };
    }
}
