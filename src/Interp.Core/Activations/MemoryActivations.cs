using static TorchSharp.torch;

namespace Interp.Activations;

/// <summary>Activations in memory.</summary>
/// <param name="width">Numbers in a row.</param>
/// <param name="values">All rows, one after the other.</param>
public sealed class MemoryActivations(int width, float[] values) : IActivationSource
{
    /// <summary>Copies a tensor [n, d].</summary>
    public static MemoryActivations Of(Tensor rows)
    {
        using var copy = rows.to(ScalarType.Float32).cpu().contiguous();
        return new((int)rows.size(1), Interp.Runtime.TensorMemory.Span<float>(copy).ToArray());
    }

    /// <inheritdoc/>
    public int Width => width;

    /// <inheritdoc/>
    public long Count => values.Length / width;

    /// <inheritdoc/>
    public void Gather(ReadOnlySpan<int> rows, Span<float> destination)
    {
        for (var i = 0; i < rows.Length; i++)
            values.AsSpan(rows[i] * width, width).CopyTo(destination.Slice(i * width, width));
    }
}
