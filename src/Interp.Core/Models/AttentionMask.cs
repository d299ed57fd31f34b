using static TorchSharp.torch;

namespace Interp.Models;

/// <summary>Which keys the queries of a pass see, as numbers that are added to the scores; made when first needed, once per window.</summary>
/// <param name="start">Position of the first query; keys begin at 0.</param>
/// <param name="length">Number of queries.</param>
/// <param name="padding">int64 [B, keys], 0 where a token is padding; null when none is.</param>
/// <param name="type">Precision of the model.</param>
/// <param name="device">Device of the model.</param>
internal sealed class AttentionMask(int start, int length, Tensor? padding, ScalarType type, Device device)
{
    /// <summary>Large and finite: a row without any visible key must not become NaN.</summary>
    private const float Hidden = -1e30f;

    private readonly Dictionary<int, Tensor> masks = [];

    /// <summary>Whether all queries see all keys up to themselves, and begin where the keys begin.</summary>
    public bool IsCausal(int? window) => padding is null && start == 0 && !Reaches(window);

    /// <summary>Whether all queries see all keys.</summary>
    public bool IsEmpty(int? window) => padding is null && length == 1 && !Reaches(window);

    /// <summary>[T, keys] or [B, 1, T, keys]; 0 where a key is seen.</summary>
    public Tensor Of(int? window)
    {
        var reach = Reaches(window) ? window!.Value : int.MaxValue;
        if (!masks.TryGetValue(reach, out var mask))
            masks[reach] = mask = Build(reach).MoveToOuterDisposeScope();
        return mask;
    }

    private bool Reaches(int? window) => window < start + length;

    private Tensor Build(int reach)
    {
        var distance = arange(start, start + length, device: device).unsqueeze(1) - arange(start + length, device: device).unsqueeze(0);
        var hidden = distance.lt(0).logical_or(distance.ge(reach));
        if (padding is not null)
            hidden = hidden.logical_or(padding.to(device).eq(0).unsqueeze(1).unsqueeze(1));
        return zeros(hidden.shape, dtype: type, device: device).masked_fill(hidden, Hidden);
    }
}
