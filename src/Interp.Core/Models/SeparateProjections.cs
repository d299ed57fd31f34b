namespace Interp.Models;

/// <summary>Blocks that name their matrices as Llama does, each by itself: shared by the families that differ in configuration alone.</summary>
internal static class SeparateProjections
{
    /// <summary>The weights of a block. A model with post-norms has its MLP's norm under <c>pre_feedforward_layernorm</c>.</summary>
    public static BlockWeights Read(IWeightSource weights, ModelConfig config, int layer)
    {
        var prefix = $"model.layers.{layer}";
        long width = config.Width, mlp = config.MlpWidth;
        NormWeights Norm(string name, long size) => NormWeights.Read(weights, config, $"{prefix}.{name}", size);
        Projection Attention(string name, long rows) => weights.Project($"{prefix}.self_attn.{name}_proj", rows, width, config.AttentionBias);
        Projection Mlp(string name, long rows, long columns) => weights.Project($"{prefix}.mlp.{name}_proj", rows, columns, config.MlpBias);
        return new BlockWeights
        {
            AttentionNorm = Norm("input_layernorm", width),
            QueryKeyValue = [Attention("q", config.QueryWidth), Attention("k", config.KeyValueWidth), Attention("v", config.KeyValueWidth)],
            QueryNorm = config.QueryKeyNorm ? Norm("self_attn.q_norm", config.HeadWidth) : null,
            KeyNorm = config.QueryKeyNorm ? Norm("self_attn.k_norm", config.HeadWidth) : null,
            Output = weights.Project($"{prefix}.self_attn.o_proj", width, config.QueryWidth, config.OutputBias),
            AttentionPostNorm = config.PostNorms ? Norm("post_attention_layernorm", width) : null,
            MlpNorm = Norm(config.PostNorms ? "pre_feedforward_layernorm" : "post_attention_layernorm", width),
            MlpInput = [Mlp("gate", mlp, width), Mlp("up", mlp, width)],
            Down = Mlp("down", width, mlp),
            MlpPostNorm = config.PostNorms ? Norm("post_feedforward_layernorm", width) : null,
        };
    }
}
