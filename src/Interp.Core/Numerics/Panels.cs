using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Interp.Runtime;

namespace Interp.Numerics;

/// <summary>
/// Copies of parts of two matrices in the order in which <see cref="PanelProduct{T}"/> reads them. In place of what is missing at the
/// edges there is 0 or the first row again; nobody reads the products of these.
/// </summary>
internal sealed unsafe class Panels<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Rows of a panel of the left matrix.</summary>
    public const int Rows = PanelProduct<T>.Rows;

    private readonly AlignedBuffer<T> left = new(), right = new();

    /// <summary>Makes room.</summary>
    /// <param name="rows">Most rows of the left part.</param>
    /// <param name="columns">Most columns of the right part.</param>
    /// <param name="terms">Most columns of the left, rows of the right.</param>
    public Panels(int rows, int columns, int terms)
    {
        left.Ensure((long)RoundUp(rows, Rows) * terms + 8);
        right.Ensure((long)RoundUp(columns, Columns) * terms);
    }

    /// <summary>Columns of a panel of the right matrix.</summary>
    public static int Columns => PanelProduct<T>.Columns;

    /// <summary>The left part: panel after panel of <see cref="Rows"/> rows, each term after term.</summary>
    public T* Left => left.Pointer;

    /// <summary>The right part: panel after panel of <see cref="Columns"/> columns, each term after term.</summary>
    public T* Right => right.Pointer;

    /// <summary>Copies the left part.</summary>
    public void PackLeft(Strided<T> a) => Pack(a, Rows, Left);

    /// <summary>Copies the right part.</summary>
    public void PackRight(Strided<T> b) => Pack(b.Transposed, Columns, Right);

    private static int RoundUp(int count, int multiple) => (count + multiple - 1) / multiple * multiple;

    /// <summary>Writes panels of some rows of a matrix, column after column.</summary>
    private static void Pack(Strided<T> from, int rows, T* to)
    {
        var terms = from.Columns;
        for (var row = 0; row < from.Rows; row += rows, to += (nint)rows * terms)
        {
            var present = Math.Min(rows, from.Rows - row);
            if (present < rows)
                new Span<T>(to, rows * terms).Clear();
            var panel = from.RowRange(row, present);
            if (panel.RowStride == 1)
                CopyColumns(panel, rows, to);
            else
                Transpose(panel, rows, to);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyColumns(Strided<T> panel, int rows, T* to)
    {
        for (var term = 0; term < panel.Columns; term++)
        {
            var column = panel.At(0, term);
            var at = to + (nint)term * rows;
            var i = 0;
            for (; i + Vector256<T>.Count <= panel.Rows; i += Vector256<T>.Count)
                Vector256.Load(column + i).Store(at + i);
            for (; i < panel.Rows; i++)
                at[i] = column[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose(Strided<T> panel, int rows, T* to)
    {
        var row = 0;
        if (typeof(T) == typeof(float) && Avx.IsSupported && panel.ColumnStride == 1)
        {
            for (; row + 8 <= panel.Rows || panel.Rows == Rows && row == 0; row += 8)
                Transpose8((float*)panel.At(row, 0), panel.RowStride, Math.Min(8, panel.Rows), panel.Columns, (float*)(to + row), rows);
        }
        for (; row < panel.Rows; row++)
        {
            var source = panel.At(row, 0);
            for (var term = 0; term < panel.Columns; term++)
                to[(nint)term * rows + row] = source[term * panel.ColumnStride];
        }
    }

    /// <summary>
    /// Six or eight rows of numbers as columns, in blocks of 8 by 8. Columns of six are written as eight, of which the next column overwrites
    /// two; behind the last panel is room for those.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose8(float* from, nint stride, int present, int terms, float* to, nint rows)
    {
        var (sixth, seventh) = present == 8 ? (6 * stride, 7 * stride) : (0, 0);
        var term = 0;
        for (; term + 8 <= terms; term += 8, to += 8 * rows)
        {
            var f = from + term;
            Vector256<float> r0 = Vector256.Load(f), r1 = Vector256.Load(f + stride), r2 = Vector256.Load(f + 2 * stride), r3 = Vector256.Load(f + 3 * stride);
            Vector256<float> r4 = Vector256.Load(f + 4 * stride), r5 = Vector256.Load(f + 5 * stride), r6 = Vector256.Load(f + sixth), r7 = Vector256.Load(f + seventh);
            var (a0, a1) = (Avx.UnpackLow(r0, r1), Avx.UnpackHigh(r0, r1));
            var (a2, a3) = (Avx.UnpackLow(r2, r3), Avx.UnpackHigh(r2, r3));
            var (a4, a5) = (Avx.UnpackLow(r4, r5), Avx.UnpackHigh(r4, r5));
            var (a6, a7) = (Avx.UnpackLow(r6, r7), Avx.UnpackHigh(r6, r7));
            (r0, r1) = (Avx.Shuffle(a0, a2, 0x44), Avx.Shuffle(a0, a2, 0xEE));
            (r2, r3) = (Avx.Shuffle(a1, a3, 0x44), Avx.Shuffle(a1, a3, 0xEE));
            (r4, r5) = (Avx.Shuffle(a4, a6, 0x44), Avx.Shuffle(a4, a6, 0xEE));
            (r6, r7) = (Avx.Shuffle(a5, a7, 0x44), Avx.Shuffle(a5, a7, 0xEE));
            Avx.Permute2x128(r0, r4, 0x20).Store(to);
            Avx.Permute2x128(r1, r5, 0x20).Store(to + rows);
            Avx.Permute2x128(r2, r6, 0x20).Store(to + 2 * rows);
            Avx.Permute2x128(r3, r7, 0x20).Store(to + 3 * rows);
            Avx.Permute2x128(r0, r4, 0x31).Store(to + 4 * rows);
            Avx.Permute2x128(r1, r5, 0x31).Store(to + 5 * rows);
            Avx.Permute2x128(r2, r6, 0x31).Store(to + 6 * rows);
            Avx.Permute2x128(r3, r7, 0x31).Store(to + 7 * rows);
        }
        for (; term < terms; term++, to += rows)
        {
            for (var i = 0; i < present; i++)
                to[i] = from[i * stride + term];
        }
    }
}
