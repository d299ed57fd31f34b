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
            var columns = new Transposed8(from + term, stride, sixth, seventh);
            columns.T0.Store(to);
            columns.T1.Store(to + rows);
            columns.T2.Store(to + 2 * rows);
            columns.T3.Store(to + 3 * rows);
            columns.T4.Store(to + 4 * rows);
            columns.T5.Store(to + 5 * rows);
            columns.T6.Store(to + 6 * rows);
            columns.T7.Store(to + 7 * rows);
        }
        for (; term < terms; term++, to += rows)
        {
            for (var i = 0; i < present; i++)
                to[i] = from[i * stride + term];
        }
    }
}
