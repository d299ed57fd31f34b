using static TorchSharp.torch;

namespace Interp.Models;

/// <summary>
/// The keys and values of the positions that passes have gone through, so that the next pass computes new positions alone. They are those
/// of the texts, weights and interventions of these passes; another text needs another cache.
/// </summary>
internal sealed class KeyValueCache(ModelConfig config) : IDisposable
{
    private readonly (Tensor Keys, Tensor Values)?[] layers = new (Tensor, Tensor)?[config.LayerCount];
    private int regime;

    /// <summary>Positions that are held.</summary>
    public int Length { get; private set; }

    /// <summary>
    /// Whether the held keys serve an input of <paramref name="length"/> positions: a long-context rule may turn all of them
    /// by other angles than those they were computed with.
    /// </summary>
    public bool Serves(int length) => Length == 0 || RotaryTable.Regime(config.Rope, length) == regime;

    /// <summary>Adds keys and values [B, heads, T, D] of a layer; returns those of all positions.</summary>
    public (Tensor Keys, Tensor Values) Append(int layer, Tensor keys, Tensor values)
    {
        var end = Length + (int)keys.size(2);
        if (layers[layer] is not { } held || held.Keys.size(2) < end)
            layers[layer] = held = (Grown(layers[layer]?.Keys, keys, end), Grown(layers[layer]?.Values, values, end));
        held.Keys.narrow(2, Length, keys.size(2)).copy_(keys);
        held.Values.narrow(2, Length, keys.size(2)).copy_(values);
        return (held.Keys.narrow(2, 0, end), held.Values.narrow(2, 0, end));
    }

    /// <summary>Enters the positions of a pass that has gone through all layers.</summary>
    public void Advance(int length)
    {
        Length += length;
        regime = RotaryTable.Regime(config.Rope, Length);
    }

    /// <summary>Forgets all positions.</summary>
    public void Clear() => Length = 0;

    public void Dispose()
    {
        foreach (var layer in layers)
        {
            layer?.Keys.Dispose();
            layer?.Values.Dispose();
        }
    }

    private Tensor Grown(Tensor? old, Tensor like, int needed)
    {
        var capacity = Math.Max(needed, 2 * Length);
        var grown = empty([like.size(0), like.size(1), capacity, like.size(3)], dtype: like.dtype, device: like.device).DetachFromDisposeScope();
        if (old is not null)
        {
            using var scope = NewDisposeScope();
            grown.narrow(2, 0, Length).copy_(old.narrow(2, 0, Length));
            old.Dispose();
        }
        return grown;
    }
}
