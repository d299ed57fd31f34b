using static TorchSharp.torch;

namespace Interp.Models;

/// <summary>GPT-2: a learned vector per position, LayerNorm, matrices stored [inputs, outputs], biases everywhere. Names with or without a prefix.</summary>
internal sealed class Gpt2Family : ModelFamily
{
    private const string Prefix = "transformer.";

    public override IReadOnlyList<(string Name, string ModelType)> Architectures => [("GPT2LMHeadModel", "gpt2")];

    public override ModelConfig Configure(ConfigJson json, string architecture)
    {
        if (json.Flag("scale_attn_by_inverse_layer_idx", false))
            throw json.Fault("scale_attn_by_inverse_layer_idx", "is set, which is not served");
        RefuseQuantised(json);
        json.Harmless("reorder_and_upcast_attn", "n_ctx");
        var (width, heads) = (json.Size("n_embd"), json.Size("n_head"));
        return new ModelConfig
        {
            Architecture = architecture,
            LayerCount = ReadLayerCount(json, "n_layer"),
            Width = width,
            HeadCount = heads,
            KeyValueHeadCount = heads,
            HeadWidth = width % heads == 0 ? width / heads : throw json.Fault("n_head", $"does not divide n_embd {width}"),
            MlpWidth = json.OptionalSize("n_inner") ?? 4 * width,
            VocabularySize = json.Size("vocab_size"),
            ContextLength = json.Size("n_positions"),
            NormEpsilon = json.Positive("layer_norm_epsilon", 1e-5),
            Rope = null,
            Norm = NormKind.Layer,
            Activation = ReadActivation(json, "activation_function", "gelu_new"),
            GatedMlp = false,
            ScoreScale = json.Flag("scale_attn_weights", true) ? null : 1,
            TiedHead = json.Flag("tie_word_embeddings", true),
            AttentionBias = true,
            OutputBias = true,
            MlpBias = true,
            BosId = json.OptionalId("bos_token_id"),
            EosIds = json.Ids("eos_token_id"),
        };
    }

    public override BlockWeights Block(IWeightSource weights, ModelConfig config, int layer)
    {
        var prefix = $"{PrefixOf(weights)}h.{layer}";
        long width = config.Width;
        Projection Matrix(string name, long inputs, long outputs) => weights.Project($"{prefix}.{name}", outputs, inputs, bias: true, turned: true);
        return new BlockWeights
        {
            AttentionNorm = NormWeights.Read(weights, config, $"{prefix}.ln_1", width),
            QueryKeyValue = [Matrix("attn.c_attn", width, 3 * width)],
            Output = Matrix("attn.c_proj", width, width),
            MlpNorm = NormWeights.Read(weights, config, $"{prefix}.ln_2", width),
            MlpInput = [Matrix("mlp.c_fc", width, config.MlpWidth)],
            Down = Matrix("mlp.c_proj", config.MlpWidth, width),
        };
    }

    public override Tensor PositionTable(IWeightSource weights, ModelConfig config) =>
        weights.Get($"{PrefixOf(weights)}wpe.weight", config.ContextLength, config.Width);

    protected override string EmbeddingName(IWeightSource weights) => $"{PrefixOf(weights)}wte";

    protected override string FinalNormName(IWeightSource weights) => $"{PrefixOf(weights)}ln_f";

    private static string PrefixOf(IWeightSource weights) => weights.Holds($"{Prefix}wte.weight") ? Prefix : "";
}
