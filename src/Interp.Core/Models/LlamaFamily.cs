namespace Interp.Models;

/// <summary>Llama and Mistral: separate projections, grouped heads, optional biases; Mistral with a sliding window.</summary>
internal sealed class LlamaFamily : ModelFamily
{
    private const int MistralDefaultWindow = 4096;

    public override IReadOnlyList<string> Architectures => ["LlamaForCausalLM", "MistralForCausalLM"];

    public override ModelConfig Configure(ConfigJson json, string architecture)
    {
        var config = ReadCommon(json, architecture, defaultEpsilon: 1e-6);
        return architecture == "MistralForCausalLM"
            ? config with { Window = json.Mentions("sliding_window") ? json.OptionalSize("sliding_window") : MistralDefaultWindow }
            : config with { AttentionBias = json.Flag("attention_bias", false), MlpBias = json.Flag("mlp_bias", false) };
    }

    public override BlockWeights Block(IWeightSource weights, ModelConfig config, int layer)
    {
        var prefix = $"model.layers.{layer}";
        long width = config.Width, mlp = config.MlpWidth, queries = config.HeadCount * config.HeadWidth, keys = config.KeyValueHeadCount * config.HeadWidth;
        Projection Attention(string name, long rows, long columns) => weights.Project($"{prefix}.self_attn.{name}_proj", rows, columns, config.AttentionBias);
        Projection Mlp(string name, long rows, long columns) => weights.Project($"{prefix}.mlp.{name}_proj", rows, columns, config.MlpBias);
        return new BlockWeights(
            weights.Get($"{prefix}.input_layernorm.weight", width),
            [Attention("q", queries, width), Attention("k", keys, width), Attention("v", keys, width)],
            Attention("o", width, queries),
            weights.Get($"{prefix}.post_attention_layernorm.weight", width),
            [Mlp("gate", mlp, width), Mlp("up", mlp, width)],
            Mlp("down", width, mlp));
    }
}
