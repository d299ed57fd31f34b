using System.Runtime.Intrinsics;

namespace Interp.Numerics;

/// <summary>RMS norm (Zhang and Sennrich, 2019) in one pass over the rows: y = x / sqrt(mean x² + ε) · (w + offset).</summary>
internal static unsafe class RootMeanSquareNorm
{
    /// <summary>Normalises rows.</summary>
    /// <param name="x">Rows [n, d].</param>
    /// <param name="weight">w [d].</param>
    /// <param name="y">Results [n, d]; may be <paramref name="x"/>.</param>
    /// <param name="rows">n.</param>
    /// <param name="width">d.</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="offset">What is added to the weight: 1 in Gemma's form.</param>
    public static void Apply(float* x, float* weight, float* y, long rows, int width, double epsilon, float offset)
    {
        for (var row = 0L; row < rows; row++, x += width, y += width)
        {
            var scale = (float)(1 / Math.Sqrt(SquaredNorm(x, width) / width + epsilon));
            var factor = Vector256.Create(scale);
            var shift = Vector256.Create(offset);
            var i = 0;
            for (; i + Vector256<float>.Count <= width; i += Vector256<float>.Count)
                (Vector256.Load(x + i) * factor * (Vector256.Load(weight + i) + shift)).Store(y + i);
            for (; i < width; i++)
                y[i] = x[i] * scale * (weight[i] + offset);
        }
    }

    private static double SquaredNorm(float* x, int width)
    {
        Vector256<float> a = default, b = default;
        var lanes = Vector256<float>.Count;
        var i = 0;
        for (; i + 2 * lanes <= width; i += 2 * lanes)
        {
            var (first, second) = (Vector256.Load(x + i), Vector256.Load(x + i + lanes));
            a = Vector256.FusedMultiplyAdd(first, first, a);
            b = Vector256.FusedMultiplyAdd(second, second, b);
        }
        double sum = Vector256.Sum(a + b);
        for (; i < width; i++)
            sum += (double)x[i] * x[i];
        return sum;
    }
}
