using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Interp.Numerics;

/// <summary>
/// One row of a product in float32 whose right factor is read as it lies, its columns contiguous: with a single row nothing of it is used
/// twice, so that a copy would cost more than the product. The next columns are asked of memory meanwhile; then it takes as long as
/// reading them does. The bits are those of <see cref="PanelProduct{T}"/>.
/// </summary>
internal static unsafe class RowProduct
{
    /// <summary>Columns of one call.</summary>
    public const int Columns = 32;

    /// <summary>Whether the processor has what this needs.</summary>
    public static bool IsSupported => Avx.IsSupported && Fma.IsSupported;

    /// <summary>C = A·B, or C += A·B with the block's sum added as a whole, for <see cref="Columns"/> columns.</summary>
    /// <param name="a">The first number of A.</param>
    /// <param name="step">From one term of A to the next.</param>
    /// <param name="b">The first column of B, whose terms follow each other.</param>
    /// <param name="stride">From one column of B to the next.</param>
    /// <param name="terms">How many terms.</param>
    /// <param name="next">From these columns to those that are read next; 0 where B is in the cache.</param>
    /// <param name="c">The first element of C.</param>
    /// <param name="accumulate">Whether C's own numbers are added.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(float* a, nint step, float* b, nint stride, int terms, nint next, float* c, bool accumulate)
    {
        Vector256<float> c0 = default, c1 = default, c2 = default, c3 = default;
        float* b0 = b, b1 = b + 8 * stride, b2 = b + 16 * stride, b3 = b + 24 * stride;
        var term = 0;
        for (; term + 8 <= terms; term += 8, a += 8 * step)
        {
            c0 = AddEight(c0, a, step, b0 + term, stride, next);
            c1 = AddEight(c1, a, step, b1 + term, stride, next);
            c2 = AddEight(c2, a, step, b2 + term, stride, next);
            c3 = AddEight(c3, a, step, b3 + term, stride, next);
        }
        for (; term < terms; term++, a += step)
        {
            c0 = AddOne(c0, a, b0 + term, stride);
            c1 = AddOne(c1, a, b1 + term, stride);
            c2 = AddOne(c2, a, b2 + term, stride);
            c3 = AddOne(c3, a, b3 + term, stride);
        }
        Store(c, c0, accumulate);
        Store(c + 8, c1, accumulate);
        Store(c + 16, c2, accumulate);
        Store(c + 24, c3, accumulate);
    }

    /// <summary>Adds eight terms, in order, to the sums of eight columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> AddEight(Vector256<float> sums, float* a, nint step, float* b, nint stride, nint next)
    {
        if (next != 0)
        {
            for (var column = 0; column < 8; column++)
                Sse.Prefetch1(b + next + column * stride);
        }
        var columns = new Transposed8(b, stride, 6 * stride, 7 * stride);
        sums = Fma.MultiplyAdd(Vector256.Create(a[0]), columns.T0, sums);
        sums = Fma.MultiplyAdd(Vector256.Create(a[step]), columns.T1, sums);
        sums = Fma.MultiplyAdd(Vector256.Create(a[2 * step]), columns.T2, sums);
        sums = Fma.MultiplyAdd(Vector256.Create(a[3 * step]), columns.T3, sums);
        sums = Fma.MultiplyAdd(Vector256.Create(a[4 * step]), columns.T4, sums);
        sums = Fma.MultiplyAdd(Vector256.Create(a[5 * step]), columns.T5, sums);
        sums = Fma.MultiplyAdd(Vector256.Create(a[6 * step]), columns.T6, sums);
        return Fma.MultiplyAdd(Vector256.Create(a[7 * step]), columns.T7, sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> AddOne(Vector256<float> sums, float* a, float* b, nint stride) => Fma.MultiplyAdd(
        Vector256.Create(*a),
        Vector256.Create(b[0], b[stride], b[2 * stride], b[3 * stride], b[4 * stride], b[5 * stride], b[6 * stride], b[7 * stride]),
        sums);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* c, Vector256<float> sums, bool accumulate) => (accumulate ? Vector256.Load(c) + sums : sums).Store(c);
}
