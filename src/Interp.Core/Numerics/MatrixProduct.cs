using System.Numerics;

namespace Interp.Numerics;

/// <summary>
/// C = A·B or C += A·B on the calling thread, with bits that depend on the numbers alone: element (i, j) is the sum, in order, of
/// blocks of <see cref="BlockDepth"/> terms, each block a chain of fused multiply-adds from 0. Neither the processor's vector width, nor the
/// shape of the matrices, nor their strides move a bit, so a row's product is the same in whatever batch it stands.
/// </summary>
/// <remarks>
/// After Goto and van de Geijn, "Anatomy of high-performance matrix multiplication" (2008): panels of B of two vectors' width and panels of A of
/// six rows are copied so that the innermost loop reads both in order, and twelve vectors of C stay in registers. On two cores with AVX2 it
/// reaches nine tenths of the arithmetic peak, more than the library that libtorch calls does there; see docs/performance.md.
/// </remarks>
internal static unsafe class MatrixProduct<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Terms of a block of a sum.</summary>
    public const int BlockDepth = 256;

    /// <summary>Rows of A whose panels are in the second-level cache at once.</summary>
    private const int BlockRows = 192;

    /// <summary>Columns of B whose panels are in the third-level cache at once.</summary>
    private const int BlockColumns = 2048;

    /// <summary>Rows of A up to which B is read once without blocks.</summary>
    private const int FewRows = 2;

    [ThreadStatic]
    private static Panels<T>? panels;

    /// <summary>Multiplies.</summary>
    /// <param name="a">A [m, k].</param>
    /// <param name="b">B [k, n].</param>
    /// <param name="c">C [m, n], with contiguous rows, which overlaps neither.</param>
    /// <param name="accumulate">Whether the product is added to what C holds.</param>
    public static void Multiply(Strided<T> a, Strided<T> b, Strided<T> c, bool accumulate = false) => Multiply<Strided<T>>(a, b, c, accumulate);

    /// <summary>As above, for a B that gives its numbers a part at a time: each part once.</summary>
    public static void Multiply<TRight>(Strided<T> a, TRight b, Strided<T> c, bool accumulate = false) where TRight : IRightMatrix<T>
    {
        var room = panels ??= new Panels<T>(BlockRows, BlockColumns, BlockDepth);
        if (a.Columns == 0 && !accumulate)
            Clear(c);
        if (c.Rows <= FewRows)
        {
            MultiplyFew(room, a, b, c, accumulate);
            return;
        }
        for (var column = 0; column < c.Columns; column += BlockColumns)
        {
            var columns = Math.Min(BlockColumns, c.Columns - column);
            for (var depth = 0; depth < a.Columns; depth += BlockDepth)
            {
                var terms = Math.Min(BlockDepth, a.Columns - depth);
                room.PackRight(b.Part(depth, terms, column, columns));
                for (var row = 0; row < c.Rows; row += BlockRows)
                {
                    var rows = Math.Min(BlockRows, c.Rows - row);
                    room.PackLeft(a.RowRange(row, rows).ColumnRange(depth, terms));
                    MultiplyPanels(room, terms, c.RowRange(row, rows).ColumnRange(column, columns), accumulate || depth > 0);
                }
            }
        }
    }

    /// <summary>
    /// With few rows a product takes as long as memory gives B, and so reads its columns, which are rows of weights, from end to end: as they
    /// lie, or else in panels that are multiplied as soon as they are copied, while they are in the first-level cache.
    /// </summary>
    private static void MultiplyFew<TRight>(Panels<T> room, Strided<T> a, TRight b, Strided<T> c, bool accumulate) where TRight : IRightMatrix<T>
    {
        var isDirect = typeof(T) == typeof(float) && RowProduct.IsSupported;
        var width = isDirect ? RowProduct.Columns : Panels<T>.Columns;
        for (var column = 0; column < c.Columns; column += width)
        {
            var columns = Math.Min(width, c.Columns - column);
            for (var depth = 0; depth < a.Columns; depth += BlockDepth)
            {
                var terms = Math.Min(BlockDepth, a.Columns - depth);
                var part = b.Part(depth, terms, column, columns);
                var (left, to) = (a.ColumnRange(depth, terms), c.ColumnRange(column, columns));
                if (isDirect && columns == width && part.RowStride == 1)
                    MultiplyAsItLies(left, part, to, b is Strided<T> ? width * part.ColumnStride : 0, accumulate || depth > 0);
                else
                    MultiplyPacked(room, left, part, to, accumulate || depth > 0);
            }
        }
    }

    private static void MultiplyAsItLies(Strided<T> a, Strided<T> b, Strided<T> c, nint next, bool accumulate)
    {
        for (var row = 0; row < c.Rows; row++)
            RowProduct.Multiply((float*)a.At(row, 0), a.ColumnStride, (float*)b.Start, b.ColumnStride, a.Columns, next, (float*)c.At(row, 0), accumulate);
    }

    private static void MultiplyPacked(Panels<T> room, Strided<T> a, Strided<T> b, Strided<T> c, bool accumulate)
    {
        room.PackRight(b);
        var sums = stackalloc T[Panels<T>.Columns];
        for (var panel = 0; panel < c.Columns; panel += Panels<T>.Columns)
        {
            for (var row = 0; row < c.Rows; row++)
            {
                PanelProduct<T>.MultiplyRow(a.At(row, 0), a.ColumnStride, room.Right + (nint)panel * a.Columns, a.Columns, sums, false);
                Take(sums, Math.Min(Panels<T>.Columns, c.Columns - panel), c.At(row, panel), accumulate);
            }
        }
    }

    private static void MultiplyPanels(Panels<T> room, int terms, Strided<T> c, bool accumulate)
    {
        var edge = stackalloc T[PanelProduct<T>.Rows * Panels<T>.Columns];
        for (var column = 0; column < c.Columns; column += Panels<T>.Columns)
        {
            for (var row = 0; row < c.Rows; row += Panels<T>.Rows)
            {
                var left = room.Left + (nint)row * terms;
                var right = room.Right + (nint)column * terms;
                var rows = Math.Min(Panels<T>.Rows, c.Rows - row);
                var columns = Math.Min(Panels<T>.Columns, c.Columns - column);
                if (rows == Panels<T>.Rows && columns == Panels<T>.Columns)
                {
                    PanelProduct<T>.Multiply(left, right, terms, c.At(row, column), c.RowStride, accumulate);
                    continue;
                }
                PanelProduct<T>.Multiply(left, right, terms, edge, Panels<T>.Columns, false);
                for (var i = 0; i < rows; i++)
                    Take(edge + i * Panels<T>.Columns, columns, c.At(row + i, column), accumulate);
            }
        }
    }

    /// <summary>Writes, or adds, a part of a row that is narrower than a panel.</summary>
    private static void Take(T* sums, int columns, T* to, bool accumulate)
    {
        for (var j = 0; j < columns; j++)
            to[j] = accumulate ? to[j] + sums[j] : sums[j];
    }

    private static void Clear(Strided<T> c)
    {
        for (var row = 0; row < c.Rows; row++)
            new Span<T>(c.At(row, 0), c.Columns).Clear();
    }
}
