using Interp.Models;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Pretraining;

/// <summary>Names, shapes and initial values of the weights of a Phi-3 model, under their Hugging Face names.</summary>
internal static class ModelParameters
{
    /// <summary>Names and shapes in the order of a checkpoint.</summary>
    public static IEnumerable<(string Name, long[] Shape)> Shapes(ModelConfig config)
    {
        long width = config.Width, queries = config.HeadCount * config.HeadWidth, keys = config.KeyValueHeadCount * config.HeadWidth;
        yield return ("model.embed_tokens.weight", [config.VocabularySize, width]);
        for (var layer = 0; layer < config.LayerCount; layer++)
        {
            var prefix = $"model.layers.{layer}";
            yield return ($"{prefix}.input_layernorm.weight", [width]);
            yield return ($"{prefix}.self_attn.qkv_proj.weight", [queries + 2 * keys, width]);
            yield return ($"{prefix}.self_attn.o_proj.weight", [width, queries]);
            yield return ($"{prefix}.post_attention_layernorm.weight", [width]);
            yield return ($"{prefix}.mlp.gate_up_proj.weight", [2L * config.MlpWidth, width]);
            yield return ($"{prefix}.mlp.down_proj.weight", [width, config.MlpWidth]);
        }
        yield return ("model.norm.weight", [width]);
        if (!config.TiedHead)
            yield return ("lm_head.weight", [config.VocabularySize, width]);
    }

    /// <summary>
    /// Norms of 1; matrices normal with variance 1/inputs, divided by 2·layers where they write to the residual stream;
    /// embeddings with deviation 0.1 and a head with 0.02, so that training starts near the uniform distribution.
    /// </summary>
    public static OrderedDictionary<string, Tensor> Initialise(ModelConfig config, long seed, Device device)
    {
        var parameters = new OrderedDictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var (name, shape) in Shapes(config))
        {
            var deviation = Deviation(config, name, shape);
            parameters[name] = deviation is null
                ? ones(shape, dtype: ScalarType.Float32, device: device)
                : Normal(new RandomStream(seed, "language-model/" + name), shape, deviation.Value, device);
        }
        return parameters;
    }

    private static double? Deviation(ModelConfig config, string name, long[] shape) => name switch
    {
        "model.embed_tokens.weight" => config.TiedHead ? 0.02 : 0.1,
        "lm_head.weight" => 0.02,
        _ when shape.Length == 1 => null,
        _ when name.EndsWith("o_proj.weight", StringComparison.Ordinal) || name.EndsWith("down_proj.weight", StringComparison.Ordinal) =>
            1 / Math.Sqrt(shape[1] * 2.0 * config.LayerCount),
        _ => 1 / Math.Sqrt(shape[1]),
    };

    private static Tensor Normal(RandomStream stream, long[] shape, double deviation, Device device)
    {
        var values = new float[shape[0] * shape[1]];
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)(stream.NextNormal() * deviation);
        return tensor(values, shape, dtype: ScalarType.Float32, device: device);
    }
}
