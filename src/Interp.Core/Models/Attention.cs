using static TorchSharp.torch;

namespace Interp.Models;

/// <summary>Causal attention with rotary positions, grouped heads and an optional sliding window.</summary>
/// <param name="Cos">[T, rotated/2].</param>
/// <param name="Sin">[T, rotated/2].</param>
/// <param name="Mask">Added to the scores, [T, T] or [B, 1, T, T]; null when causality is all.</param>
internal sealed record Attention(ModelConfig Config, Tensor Cos, Tensor Sin, Tensor? Mask)
{
    /// <summary>Large and finite: a row without any visible key must not become NaN.</summary>
    private const float Hidden = -1e30f;

    /// <summary>Prepares tables and mask for a batch of [B, T] tokens.</summary>
    /// <param name="mask">int64 [B, T], 0 where a token is padding; null when none is.</param>
    public static Attention Prepare(ModelConfig config, int length, Tensor? mask, ScalarType type, Device device)
    {
        var (cos, sin) = RotaryTable.Build(config.Rope, length, type, device);
        var windowed = config.Window is { } window && window < length;
        if (!windowed && mask is null)
            return new Attention(config, cos, sin, null);

        var positions = arange(length, device: device);
        var distance = positions.unsqueeze(1) - positions.unsqueeze(0);
        var hidden = distance.lt(0);
        if (windowed)
            hidden = hidden.logical_or(distance.ge(config.Window!.Value));
        if (mask is not null)
            hidden = hidden.logical_or(mask.to(device).eq(0).unsqueeze(1).unsqueeze(1));
        return new Attention(config, cos, sin, zeros(hidden.shape, dtype: type, device: device).masked_fill(hidden, Hidden));
    }

    /// <summary>[B, T, d] normalised residual → [B, T, heads·headWidth].</summary>
    public Tensor Apply(BlockWeights weights, Tensor x)
    {
        long queries = Config.HeadCount * Config.HeadWidth, keys = Config.KeyValueHeadCount * Config.HeadWidth;
        var parts = weights.QueryKeyValue.Count == 1
            ? weights.QueryKeyValue[0].Apply(x).split([queries, keys, keys], -1)
            : [.. weights.QueryKeyValue.Select(projection => projection.Apply(x))];
        var (batch, length) = (x.size(0), x.size(1));
        Tensor Heads(Tensor value, int count) => value.view(batch, length, count, Config.HeadWidth).transpose(1, 2);

        var query = Rotate(Heads(parts[0], Config.HeadCount));
        var key = Repeat(Rotate(Heads(parts[1], Config.KeyValueHeadCount)));
        var value = Repeat(Heads(parts[2], Config.KeyValueHeadCount));
        var mixed = nn.functional.scaled_dot_product_attention(query, key, value, Mask, 0, Mask is null);
        return mixed.transpose(1, 2).reshape(batch, length, queries);
    }

    /// <summary>Dimension i of the rotated part pairs with i + rotated/2.</summary>
    private Tensor Rotate(Tensor heads)
    {
        long rotated = Config.Rope.RotatedWidth, half = rotated / 2;
        var first = heads.narrow(-1, 0, half);
        var second = heads.narrow(-1, half, half);
        var turned = (first * Cos).addcmul(second, Sin, MinusOne);
        var crossed = (second * Cos).addcmul(first, Sin, One);
        return rotated == Config.HeadWidth
            ? cat([turned, crossed], -1)
            : cat([turned, crossed, heads.narrow(-1, rotated, Config.HeadWidth - rotated)], -1);
    }

    private Tensor Repeat(Tensor heads)
    {
        var groups = Config.HeadCount / Config.KeyValueHeadCount;
        return groups == 1
            ? heads
            : heads.unsqueeze(2).expand(-1, -1, groups, -1, -1).reshape(heads.size(0), Config.HeadCount, heads.size(2), Config.HeadWidth);
    }

    private static readonly TorchSharp.Scalar One = 1.0;
    private static readonly TorchSharp.Scalar MinusOne = -1.0;
}
