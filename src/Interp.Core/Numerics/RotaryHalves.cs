using System.Runtime.Intrinsics;

namespace Interp.Numerics;

/// <summary>Rotary positions (Su et al., 2021) on heads as they come out of a projection; element i of a head pairs with i + r/2.</summary>
internal static unsafe class RotaryHalves
{
    /// <summary>Turns the heads of a batch and lays them out head by head.</summary>
    /// <param name="x">First head of the first token; heads of a token follow each other.</param>
    /// <param name="y">Results [batch, heads, length, width].</param>
    /// <param name="cos">[length, r/2].</param>
    /// <param name="sin">[length, r/2].</param>
    /// <param name="shape">Sizes.</param>
    public static void Apply(float* x, float* y, float* cos, float* sin, in HeadShape shape)
    {
        var half = shape.Rotated / 2;
        for (var batch = 0L; batch < shape.Batch; batch++)
        {
            for (var head = 0L; head < shape.Heads; head++)
            {
                for (var position = 0L; position < shape.Length; position++, y += shape.Width)
                {
                    var from = x + (batch * shape.Length + position) * shape.Stride + head * shape.Width;
                    Turn(from, y, cos + position * half, sin + position * half, half);
                    new ReadOnlySpan<float>(from + shape.Rotated, shape.Width - shape.Rotated).CopyTo(new Span<float>(y + shape.Rotated, shape.Width - shape.Rotated));
                }
            }
        }
    }

    private static void Turn(float* from, float* to, float* cos, float* sin, int half)
    {
        var i = 0;
        for (; i + Vector256<float>.Count <= half; i += Vector256<float>.Count)
        {
            var (first, second) = (Vector256.Load(from + i), Vector256.Load(from + half + i));
            var (c, s) = (Vector256.Load(cos + i), Vector256.Load(sin + i));
            (first * c - second * s).Store(to + i);
            (second * c + first * s).Store(to + half + i);
        }
        for (; i < half; i++)
        {
            to[i] = from[i] * cos[i] - from[half + i] * sin[i];
            to[half + i] = from[half + i] * cos[i] + from[i] * sin[i];
        }
    }
}

/// <summary>Sizes of the heads of a batch.</summary>
/// <param name="Batch">Rows of tokens.</param>
/// <param name="Length">Tokens of a row.</param>
/// <param name="Heads">Heads of a token.</param>
/// <param name="Width">Width of a head.</param>
/// <param name="Rotated">Leading elements of a head that turn; even.</param>
/// <param name="Stride">From a token to the next.</param>
internal readonly record struct HeadShape(long Batch, long Length, int Heads, int Width, int Rotated, long Stride);
