using System.Numerics;

namespace Interp.Autoencoders.Kernels;

/// <summary>Lists every pre-activation above its latent's floor.</summary>
internal static unsafe class FloorSelection
{
    /// <summary>Lists a chunk's entries.</summary>
    /// <param name="numbers">Pre-activations without bias of all latents, row after row.</param>
    /// <param name="bias">Bias [M].</param>
    /// <param name="floors">Floors [M].</param>
    /// <param name="latents">Number of latents M.</param>
    /// <param name="rows">Rows of the chunk.</param>
    /// <param name="chunk">The chunk.</param>
    /// <param name="start">Its first row.</param>
    /// <param name="codes">Where entries go, with their pre-activations.</param>
    public static void Collect<T>(T* numbers, T* bias, T* floors, int latents, int rows, int chunk, int start, SparseCodes<T> codes)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var (used, room) = (0L, 0L);
        for (var row = 0; row < rows; row++)
        {
            if (used + latents > room)
                codes.Grow(chunk, room = Math.Min((long)rows * latents, Math.Max(used * 2, used + 4L * latents)), used);
            codes.Place(start + row, checked((int)used), 0);
            var from = numbers + (long)row * latents;
            var indices = codes.Indices(start + row);
            var pre = codes.Pre(start + row);
            var count = 0;
            for (var j = 0; j < latents; j++)
            {
                var number = from[j] + bias[j];
                indices[count] = j;
                pre[count] = number;
                count += number > floors[j] ? 1 : 0;
            }
            codes.Place(start + row, (int)used, count);
            used += count;
        }
    }
}
