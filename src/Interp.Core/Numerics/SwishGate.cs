using System.Runtime.Intrinsics;

namespace Interp.Numerics;

/// <summary>The gate of a SwiGLU MLP (Shazeer, 2020) in one pass: y = g / (1 + exp(-g)) · u.</summary>
internal static unsafe class SwishGate
{
    /// <summary>Gates rows.</summary>
    /// <param name="gate">First row of g [n, m].</param>
    /// <param name="up">First row of u [n, m].</param>
    /// <param name="y">Results [n, m], contiguous.</param>
    /// <param name="rows">n.</param>
    /// <param name="width">m.</param>
    /// <param name="stride">From a row of g or u to the next; more than m where both stand beside each other.</param>
    public static void Apply(float* gate, float* up, float* y, long rows, int width, long stride)
    {
        for (var row = 0L; row < rows; row++, gate += stride, up += stride, y += width)
        {
            var i = 0;
            for (; i + Vector256<float>.Count <= width; i += Vector256<float>.Count)
            {
                var g = Vector256.Load(gate + i);
                (g / (Vector256<float>.One + Vector256.Exp(-g)) * Vector256.Load(up + i)).Store(y + i);
            }
            for (; i < width; i++)
                y[i] = gate[i] / (1 + MathF.Exp(-gate[i])) * up[i];
        }
    }
}
