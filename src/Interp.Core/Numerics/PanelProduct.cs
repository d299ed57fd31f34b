using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Interp.Numerics;

/// <summary>The innermost loop of a matrix product: six rows of A by two vectors' width of B, with twelve vectors of C in registers.</summary>
/// <remarks>Compiled for speed at once: run a few times only, as code that is to be replaced, it takes thirty times as long.</remarks>
internal static unsafe class PanelProduct<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Rows of C.</summary>
    public const int Rows = 6;

    /// <summary>Columns of C: 512-bit vectors where the processor has them, which moves no bit.</summary>
    public static readonly int Columns = Vector512.IsHardwareAccelerated ? 2 * Vector512<T>.Count : 2 * Vector256<T>.Count;

    /// <summary>C = A·B, or C += A·B with the block's sum added as a whole.</summary>
    /// <param name="a">The panel of A: term after term, six numbers each.</param>
    /// <param name="b">The panel of B: term after term, <see cref="Columns"/> numbers each.</param>
    /// <param name="terms">How many terms.</param>
    /// <param name="c">The first element of C.</param>
    /// <param name="stride">From one row of C to the next.</param>
    /// <param name="accumulate">Whether C's own numbers are added.</param>
    public static void Multiply(T* a, T* b, int terms, T* c, nint stride, bool accumulate)
    {
        Prefetch(c, stride);
        if (Vector512.IsHardwareAccelerated)
            Multiply512(a, b, terms, c, stride, accumulate);
        else
            Multiply256(a, b, terms, c, stride, accumulate);
    }

    /// <summary>One row of C, from numbers of A that are not copied.</summary>
    /// <param name="a">The first number of A.</param>
    /// <param name="step">From one term of A to the next.</param>
    /// <param name="b">The panel of B, as for <see cref="Multiply"/>.</param>
    /// <param name="terms">How many terms.</param>
    /// <param name="c">The first element of C.</param>
    /// <param name="accumulate">Whether C's own numbers are added.</param>
    public static void MultiplyRow(T* a, nint step, T* b, int terms, T* c, bool accumulate)
    {
        if (Vector512.IsHardwareAccelerated)
            MultiplyRow512(a, step, b, terms, c, accumulate);
        else
            MultiplyRow256(a, step, b, terms, c, accumulate);
    }

    /// <summary>One row with vectors of 256 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void MultiplyRow256(T* a, nint step, T* b, int terms, T* c, bool accumulate)
    {
        var lanes = Vector256<T>.Count;
        Vector256<T> c0 = default, c1 = default;
        for (var end = b + (nint)terms * 2 * lanes; b < end; a += step, b += 2 * lanes)
        {
            var x = Vector256.Create(*a);
            (c0, c1) = (Fma(x, Vector256.Load(b), c0), Fma(x, Vector256.Load(b + lanes), c1));
        }
        Store(c, c0, c1, accumulate);
    }

    /// <summary>One row with vectors of 512 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void MultiplyRow512(T* a, nint step, T* b, int terms, T* c, bool accumulate)
    {
        var lanes = Vector512<T>.Count;
        Vector512<T> c0 = default, c1 = default;
        for (var end = b + (nint)terms * 2 * lanes; b < end; a += step, b += 2 * lanes)
        {
            var x = Vector512.Create(*a);
            (c0, c1) = (Fma(x, Vector512.Load(b), c0), Fma(x, Vector512.Load(b + lanes), c1));
        }
        Store(c, c0, c1, accumulate);
    }

    /// <summary>With vectors of 256 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Multiply256(T* a, T* b, int terms, T* c, nint stride, bool accumulate)
    {
        var lanes = Vector256<T>.Count;
        Vector256<T> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default;
        Vector256<T> c30 = default, c31 = default, c40 = default, c41 = default, c50 = default, c51 = default;
        for (var end = a + (nint)terms * Rows; a < end; a += Rows, b += 2 * lanes)
        {
            var b0 = Vector256.Load(b);
            var b1 = Vector256.Load(b + lanes);
            var x = Vector256.Create(a[0]);
            (c00, c01) = (Fma(x, b0, c00), Fma(x, b1, c01));
            x = Vector256.Create(a[1]);
            (c10, c11) = (Fma(x, b0, c10), Fma(x, b1, c11));
            x = Vector256.Create(a[2]);
            (c20, c21) = (Fma(x, b0, c20), Fma(x, b1, c21));
            x = Vector256.Create(a[3]);
            (c30, c31) = (Fma(x, b0, c30), Fma(x, b1, c31));
            x = Vector256.Create(a[4]);
            (c40, c41) = (Fma(x, b0, c40), Fma(x, b1, c41));
            x = Vector256.Create(a[5]);
            (c50, c51) = (Fma(x, b0, c50), Fma(x, b1, c51));
        }
        Store(c, c00, c01, accumulate);
        Store(c + stride, c10, c11, accumulate);
        Store(c + 2 * stride, c20, c21, accumulate);
        Store(c + 3 * stride, c30, c31, accumulate);
        Store(c + 4 * stride, c40, c41, accumulate);
        Store(c + 5 * stride, c50, c51, accumulate);
    }

    /// <summary>With vectors of 512 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Multiply512(T* a, T* b, int terms, T* c, nint stride, bool accumulate)
    {
        var lanes = Vector512<T>.Count;
        Vector512<T> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default;
        Vector512<T> c30 = default, c31 = default, c40 = default, c41 = default, c50 = default, c51 = default;
        for (var end = a + (nint)terms * Rows; a < end; a += Rows, b += 2 * lanes)
        {
            var b0 = Vector512.Load(b);
            var b1 = Vector512.Load(b + lanes);
            var x = Vector512.Create(a[0]);
            (c00, c01) = (Fma(x, b0, c00), Fma(x, b1, c01));
            x = Vector512.Create(a[1]);
            (c10, c11) = (Fma(x, b0, c10), Fma(x, b1, c11));
            x = Vector512.Create(a[2]);
            (c20, c21) = (Fma(x, b0, c20), Fma(x, b1, c21));
            x = Vector512.Create(a[3]);
            (c30, c31) = (Fma(x, b0, c30), Fma(x, b1, c31));
            x = Vector512.Create(a[4]);
            (c40, c41) = (Fma(x, b0, c40), Fma(x, b1, c41));
            x = Vector512.Create(a[5]);
            (c50, c51) = (Fma(x, b0, c50), Fma(x, b1, c51));
        }
        Store(c, c00, c01, accumulate);
        Store(c + stride, c10, c11, accumulate);
        Store(c + 2 * stride, c20, c21, accumulate);
        Store(c + 3 * stride, c30, c31, accumulate);
        Store(c + 4 * stride, c40, c41, accumulate);
        Store(c + 5 * stride, c50, c51, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<T> Fma(Vector256<T> a, Vector256<T> b, Vector256<T> c) =>
        typeof(T) == typeof(float)
            ? Vector256.FusedMultiplyAdd(a.AsSingle(), b.AsSingle(), c.AsSingle()).As<float, T>()
            : Vector256.FusedMultiplyAdd(a.AsDouble(), b.AsDouble(), c.AsDouble()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> Fma(Vector512<T> a, Vector512<T> b, Vector512<T> c) =>
        typeof(T) == typeof(float)
            ? Vector512.FusedMultiplyAdd(a.AsSingle(), b.AsSingle(), c.AsSingle()).As<float, T>()
            : Vector512.FusedMultiplyAdd(a.AsDouble(), b.AsDouble(), c.AsDouble()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(T* c, Vector256<T> left, Vector256<T> right, bool accumulate)
    {
        var second = c + Vector256<T>.Count;
        (accumulate ? Vector256.Load(c) + left : left).Store(c);
        (accumulate ? Vector256.Load(second) + right : right).Store(second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(T* c, Vector512<T> left, Vector512<T> right, bool accumulate)
    {
        var second = c + Vector512<T>.Count;
        (accumulate ? Vector512.Load(c) + left : left).Store(c);
        (accumulate ? Vector512.Load(second) + right : right).Store(second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(T* c, nint stride)
    {
        if (!Sse.IsSupported)
            return;
        for (var row = 0; row < Rows; row++)
            Sse.Prefetch0(c + row * stride);
    }
}
