using Interp.Hooks;
using static TorchSharp.torch;

namespace Interp.Models;

/// <summary>Causal attention of one pass: grouped heads, rotary positions, windows, caps, and the keys and values of earlier passes.</summary>
internal sealed class Attention
{
    private readonly ModelConfig config;
    private readonly HookSession session;
    private readonly KeyValueCache? cache;
    private readonly AttentionMask mask;
    private readonly (Tensor Cos, Tensor Sin)? rotary;

    /// <summary>Prepares tables and masks for a pass over [B, T] tokens that starts at the session's position.</summary>
    /// <param name="config">The model.</param>
    /// <param name="length">T.</param>
    /// <param name="padding">int64 [B, T], 0 where a token is padding; null when none is.</param>
    /// <param name="session">Sees, and may replace, what is computed.</param>
    /// <param name="cache">Keys and values of the positions before; null when there are none.</param>
    /// <param name="type">Precision of the model.</param>
    /// <param name="device">Device of the model.</param>
    public Attention(ModelConfig config, int length, Tensor? padding, HookSession session, KeyValueCache? cache, ScalarType type, Device device)
    {
        this.config = config;
        this.session = session;
        this.cache = cache;
        mask = new AttentionMask(session.Start, length, padding, type, device);
        rotary = config.Rope is { } rope ? RotaryTable.Build(rope, session.Start, length, type, device) : null;
    }

    private double Scale => config.ScoreScale ?? 1 / Math.Sqrt(config.HeadWidth);

    /// <summary>[B, T, d] normalised residual → [B, T, heads·headWidth].</summary>
    public Tensor Apply(BlockWeights weights, int layer, Tensor x)
    {
        var (query, key, value) = Split(weights, x);
        query = Turn(HookSite.RotQuery, layer, Normalised(weights.QueryNorm, session.Pass(HookSite.Query, layer, query)));
        key = Turn(HookSite.RotKey, layer, Normalised(weights.KeyNorm, session.Pass(HookSite.Key, layer, key)));
        value = session.Pass(HookSite.Value, layer, value);
        (query, key, value) = (query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2));
        if (cache is not null)
            (key, value) = cache.Append(layer, key, value);
        (key, value) = (Repeat(key), Repeat(value));
        var mixed = config.ScoreCap is null && !session.Wants(HookSite.AttnScores, layer) && !session.Wants(HookSite.Pattern, layer)
            ? Fused(layer, query, key, value)
            : Explicit(layer, query, key, value);
        return session.Pass(HookSite.Mixed, layer, mixed.transpose(1, 2)).reshape(x.size(0), x.size(1), config.QueryWidth);
    }

    /// <summary>Queries, keys and values, [B, T, heads, headWidth] each.</summary>
    private (Tensor Query, Tensor Key, Tensor Value) Split(BlockWeights weights, Tensor x)
    {
        Tensor Heads(Tensor value, int count) => value.view(x.size(0), x.size(1), count, config.HeadWidth);
        if (weights.HeadByHead)
        {
            var heads = weights.QueryKeyValue[0].Apply(x).view(x.size(0), x.size(1), config.HeadCount, 3 * config.HeadWidth).chunk(3, -1);
            return (heads[0], heads[1], heads[2]);
        }
        var parts = weights.QueryKeyValue.Count == 1
            ? weights.QueryKeyValue[0].Apply(x).split([config.QueryWidth, config.KeyValueWidth, config.KeyValueWidth], -1)
            : [.. weights.QueryKeyValue.Select(projection => projection.Apply(x))];
        return (Heads(parts[0], config.HeadCount), Heads(parts[1], config.KeyValueHeadCount), Heads(parts[2], config.KeyValueHeadCount));
    }

    private Tensor Normalised(NormWeights? norm, Tensor heads) => norm is null ? heads : Norm.Apply(config, norm, heads);

    /// <summary>Dimension i of the rotated part pairs with i + rotated/2.</summary>
    private Tensor Turn(HookSite site, int layer, Tensor heads)
    {
        if (rotary is not var (cos, sin))
            return heads;
        long rotated = config.Rope!.RotatedWidth, half = rotated / 2;
        var first = heads.narrow(-1, 0, half);
        var second = heads.narrow(-1, half, half);
        var turned = (first * cos).addcmul(second, sin, MinusOne);
        var crossed = (second * cos).addcmul(first, sin, One);
        return session.Pass(site, layer, rotated == config.HeadWidth
            ? cat([turned, crossed], -1)
            : cat([turned, crossed, heads.narrow(-1, rotated, config.HeadWidth - rotated)], -1));
    }

    private Tensor Repeat(Tensor heads)
    {
        var groups = config.HeadCount / config.KeyValueHeadCount;
        return groups == 1
            ? heads
            : heads.unsqueeze(2).expand(-1, -1, groups, -1, -1).reshape(heads.size(0), config.HeadCount, heads.size(2), config.HeadWidth);
    }

    /// <summary>The library's attention, which never forms the scores; its own factor is 1/√headWidth.</summary>
    private Tensor Fused(int layer, Tensor query, Tensor key, Tensor value)
    {
        if (config.ScoreScale is { } scale)
            query = query * (scale * Math.Sqrt(config.HeadWidth));
        var window = config.WindowOf(layer);
        if (mask.IsEmpty(window))
            return nn.functional.scaled_dot_product_attention(query, key, value);
        var causal = mask.IsCausal(window);
        return nn.functional.scaled_dot_product_attention(query, key, value, causal ? null : mask.Of(window), 0, causal);
    }

    /// <summary>Scores and pattern as tensors, the softmax in float32 at least.</summary>
    private Tensor Explicit(int layer, Tensor query, Tensor key, Tensor value)
    {
        var scores = query.matmul(key.transpose(-1, -2)) * Scale;
        if (config.ScoreCap is { } cap)
            scores = (scores / cap).tanh() * cap;
        scores = session.Pass(HookSite.AttnScores, layer, scores + mask.Of(config.WindowOf(layer)));
        var wide = scores.dtype == ScalarType.BFloat16 ? scores.to(ScalarType.Float32) : scores;
        return session.Pass(HookSite.Pattern, layer, wide.softmax(-1).to(scores.dtype)).matmul(value);
    }

    private static readonly TorchSharp.Scalar One = 1.0;
    private static readonly TorchSharp.Scalar MinusOne = -1.0;
}
