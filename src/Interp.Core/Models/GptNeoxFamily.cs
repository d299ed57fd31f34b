namespace Interp.Models;

/// <summary>GPT-NeoX and Pythia: attention and MLP side by side or in turn, rotary on part of a head, fused q, k, v head by head.</summary>
internal sealed class GptNeoxFamily : ModelFamily
{
    public override IReadOnlyList<(string Name, string ModelType)> Architectures => [("GPTNeoXForCausalLM", "gpt_neox")];

    public override ModelConfig Configure(ConfigJson json, string architecture)
    {
        var bias = json.Flag("attention_bias", true);
        var config = ReadCommon(json, architecture, defaultEpsilon: 1e-5);
        if (config.KeyValueHeadCount != config.HeadCount)
            throw json.Fault("num_key_value_heads", "differs from num_attention_heads, which is not served");
        if (config.QueryWidth != config.Width)
            throw json.Fault("head_dim", "differs from hidden_size / num_attention_heads, which is not served");
        return config with
        {
            Norm = NormKind.Layer,
            GatedMlp = false,
            ParallelResidual = json.Flag("use_parallel_residual", true),
            AttentionBias = bias,
            OutputBias = bias,
            MlpBias = true,
        };
    }

    public override BlockWeights Block(IWeightSource weights, ModelConfig config, int layer)
    {
        var prefix = $"gpt_neox.layers.{layer}";
        long width = config.Width;
        return new BlockWeights
        {
            AttentionNorm = NormWeights.Read(weights, config, $"{prefix}.input_layernorm", width),
            QueryKeyValue = [weights.Project($"{prefix}.attention.query_key_value", 3 * width, width, config.AttentionBias)],
            HeadByHead = true,
            Output = weights.Project($"{prefix}.attention.dense", width, width, config.OutputBias),
            MlpNorm = NormWeights.Read(weights, config, $"{prefix}.post_attention_layernorm", width),
            MlpInput = [weights.Project($"{prefix}.mlp.dense_h_to_4h", config.MlpWidth, width, config.MlpBias)],
            Down = weights.Project($"{prefix}.mlp.dense_4h_to_h", width, config.MlpWidth, config.MlpBias),
        };
    }

    protected override string DefaultActivation => "gelu";

    protected override string EpsilonKey => "layer_norm_eps";

    protected override RopeKeys Rope => new("rotary_emb_base", "rotary_pct", DefaultShare: 0.25);

    protected override string EmbeddingName(IWeightSource weights) => "gpt_neox.embed_in";

    protected override string FinalNormName(IWeightSource weights) => "gpt_neox.final_layer_norm";

    protected override string HeadName => "embed_out";
}
