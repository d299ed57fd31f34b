namespace Interp.Models;

/// <summary>
/// Gemma 2: soft caps on scores and logits, a window in every other layer, norms with 1 + w before and after each part, scaled embeddings.
/// </summary>
internal sealed class Gemma2Family : ModelFamily
{
    private const string Caps = "attn_logit_softcapping", LogitCaps = "final_logit_softcapping";

    public override IReadOnlyList<(string Name, string ModelType)> Architectures => [("Gemma2ForCausalLM", "gemma2")];

    public override ModelConfig Configure(ConfigJson json, string architecture)
    {
        if (json.Flag("use_bidirectional_attention", false))
            throw json.Fault("use_bidirectional_attention", "is set, but only causal attention is served");
        json.Harmless("hidden_act", "sliding_window_size");
        var config = ReadCommon(json, architecture, defaultEpsilon: 1e-6, defaultHeadWidth: 256, defaultKeyValueHeads: 4, tiedHead: true);
        var bias = json.Flag("attention_bias", false);
        return config with
        {
            Norm = NormKind.RmsPlusOne,
            PostNorms = true,
            Activation = ReadActivation(json, "hidden_activation", "gelu_pytorch_tanh"),
            ScoreScale = 1 / Math.Sqrt(json.Positive("query_pre_attn_scalar", 256)),
            ScoreCap = Cap(json, Caps, 50),
            LogitCap = Cap(json, LogitCaps, 30),
            EmbeddingScale = Math.Sqrt(config.Width),
            Window = json.Mentions("sliding_window") ? json.OptionalSize("sliding_window") : 4096,
            WindowedLayers = LayerTypes(json, config.LayerCount) ?? [.. Enumerable.Range(0, config.LayerCount).Select(layer => layer % 2 == 0)],
            AttentionBias = bias,
            OutputBias = bias,
        };
    }

    public override BlockWeights Block(IWeightSource weights, ModelConfig config, int layer) => SeparateProjections.Read(weights, config, layer);

    protected override string? ActivationKey => null;

    private static double? Cap(ConfigJson json, string key, double missing) =>
        json.Mentions(key) && !json.Has(key) ? null : json.Positive(key, missing);
}
