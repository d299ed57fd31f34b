namespace Interp.Models;

/// <summary>Qwen 2 and 2.5, with biases on q, k and v, and Qwen 3, which normalises the heads of q and k; a window only where it is switched on.</summary>
internal sealed class QwenFamily : ModelFamily
{
    private const int Qwen3HeadWidth = 128, DefaultKeyValueHeads = 32, DefaultWindow = 4096;

    public override IReadOnlyList<(string Name, string ModelType)> Architectures => [("Qwen2ForCausalLM", "qwen2"), ("Qwen3ForCausalLM", "qwen3")];

    public override ModelConfig Configure(ConfigJson json, string architecture)
    {
        var third = architecture == "Qwen3ForCausalLM";
        var config = ReadCommon(json, architecture, defaultEpsilon: 1e-6, defaultHeadWidth: third ? Qwen3HeadWidth : null, defaultKeyValueHeads: DefaultKeyValueHeads);
        var bias = third && json.Flag("attention_bias", false);
        return Windows(json, config) with { AttentionBias = !third || bias, OutputBias = bias, QueryKeyNorm = third };
    }

    public override BlockWeights Block(IWeightSource weights, ModelConfig config, int layer) => SeparateProjections.Read(weights, config, layer);

    /// <summary>The layers from <c>max_window_layers</c> on have the window, unless <c>layer_types</c> says which do.</summary>
    private static ModelConfig Windows(ConfigJson json, ModelConfig config)
    {
        var window = json.Mentions("sliding_window") ? json.OptionalSize("sliding_window") : DefaultWindow;
        var first = json.Count("max_window_layers", 28);
        var windowed = LayerTypes(json, config.LayerCount) ?? [.. Enumerable.Range(0, config.LayerCount).Select(layer => layer >= first)];
        if (!json.Flag("use_sliding_window", false))
            return json.Has("layer_types") && windowed.Contains(true)
                ? throw json.Fault("layer_types", "names sliding attention, but use_sliding_window is not set")
                : config;
        return config with { Window = window, WindowedLayers = windowed };
    }
}
