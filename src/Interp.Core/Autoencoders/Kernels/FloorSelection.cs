using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Interp.Autoencoders.Kernels;

/// <summary>Lists every pre-activation above its latent's floor.</summary>
/// <param name="bias">Bias [M].</param>
/// <param name="floors">Floors [M].</param>
/// <param name="latents">Number of latents M.</param>
internal readonly unsafe struct FloorSelection<T>(T* bias, T* floors, int latents) where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Numbers that are compared at once.</summary>
    private const int Word = 64;

    /// <summary>Lists a chunk's entries, with their pre-activations, in increasing order of the latent.</summary>
    /// <param name="numbers">Pre-activations without bias of all latents, row after row.</param>
    /// <param name="chunk">The chunk.</param>
    /// <param name="codes">Where entries go.</param>
    public void Collect(T* numbers, Chunk chunk, SparseCodes<T> codes)
    {
        var places = 0;
        for (var row = 0; row < chunk.Rows; row++)
        {
            var count = Count(numbers + (long)row * latents);
            codes.Place(chunk.Start + row, places, count);
            places = checked(places + count);
        }
        codes.Reserve(chunk.Number, places);
        for (var row = 0; row < chunk.Rows; row++)
            List(numbers + (long)row * latents, codes.Indices(chunk.Start + row), codes.Pre(chunk.Start + row));
    }

    private int Count(T* numbers)
    {
        var count = 0;
        for (var at = 0; at < latents; at += Word)
            count += BitOperations.PopCount(Above(numbers, at));
        return count;
    }

    private void List(T* numbers, int* indices, T* pre)
    {
        for (var at = 0; at < latents; at += Word)
        {
            for (var above = Above(numbers, at); above != 0; above &= above - 1)
            {
                var j = at + BitOperations.TrailingZeroCount(above);
                *indices++ = j;
                *pre++ = numbers[j] + bias[j];
            }
        }
    }

    /// <summary>Which of up to 64 pre-activations exceed their floors, a bit each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Above(T* numbers, int at)
    {
        var above = 0UL;
        if (at + Word <= latents)
        {
            for (var i = 0; i < Word; i += Rows<T>.Lanes)
                above |= (ulong)Vector256.GreaterThan(Vector256.Load(numbers + at + i) + Vector256.Load(bias + at + i), Vector256.Load(floors + at + i)).ExtractMostSignificantBits() << i;
            return above;
        }
        for (var j = at; j < latents; j++)
            above |= numbers[j] + bias[j] > floors[j] ? 1UL << (j - at) : 0;
        return above;
    }
}
