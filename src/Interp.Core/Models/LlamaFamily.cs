namespace Interp.Models;

/// <summary>Llama and Mistral: separate projections, grouped heads, optional biases; Mistral with a sliding window.</summary>
internal sealed class LlamaFamily : ModelFamily
{
    private const int MistralDefaultWindow = 4096, MistralDefaultKeyValueHeads = 8;

    public override IReadOnlyList<(string Name, string ModelType)> Architectures => [("LlamaForCausalLM", "llama"), ("MistralForCausalLM", "mistral")];

    public override ModelConfig Configure(ConfigJson json, string architecture)
    {
        var mistral = architecture == "MistralForCausalLM";
        var config = ReadCommon(json, architecture, defaultEpsilon: 1e-6, defaultKeyValueHeads: mistral ? MistralDefaultKeyValueHeads : null);
        if (mistral)
            return config with { Window = json.Mentions("sliding_window") ? json.OptionalSize("sliding_window") : MistralDefaultWindow };
        var bias = json.Flag("attention_bias", false);
        return config with { AttentionBias = bias, OutputBias = bias, MlpBias = json.Flag("mlp_bias", false) };
    }

    public override BlockWeights Block(IWeightSource weights, ModelConfig config, int layer) => SeparateProjections.Read(weights, config, layer);
}
