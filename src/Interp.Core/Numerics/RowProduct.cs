using System.Numerics;

namespace Interp.Numerics;

/// <summary>
/// The product of <see cref="MatrixProduct{T}"/>, to the bit, for few rows of A: B is read once per row as it lies, where copying it
/// into panels would cost several times the product. Eight columns are summed side by side, so that the processor waits for memory alone.
/// </summary>
internal static unsafe class RowProduct<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Rows of A up to which reading B anew for each is the faster way.</summary>
    public const int MostRows = 2;

    private const int Side = 8;

    /// <summary>C = A·B.</summary>
    /// <param name="a">A [m, k].</param>
    /// <param name="b">B [k, n].</param>
    /// <param name="c">C [m, n], with contiguous rows, which overlaps neither.</param>
    public static void Multiply(Strided<T> a, Strided<T> b, Strided<T> c) => Multiply<Strided<T>>(a, b, c);

    /// <summary>As above, for a B that gives its numbers a part at a time: each part once.</summary>
    public static void Multiply<TRight>(Strided<T> a, TRight b, Strided<T> c) where TRight : IRightMatrix<T>
    {
        for (var row = 0; row < c.Rows; row++)
            new Span<T>(c.At(row, 0), c.Columns).Clear();
        for (var depth = 0; depth < a.Columns; depth += MatrixProduct<T>.BlockDepth)
        {
            var terms = Math.Min(MatrixProduct<T>.BlockDepth, a.Columns - depth);
            var part = b.Part(depth, terms, 0, c.Columns);
            for (var row = 0; row < c.Rows; row++)
                Block(a.RowRange(row, 1).ColumnRange(depth, terms), part, c.At(row, 0), depth == 0);
        }
    }

    private static void Block(Strided<T> a, Strided<T> b, T* c, bool first)
    {
        var column = 0;
        var sums = stackalloc T[Side];
        for (; column + Side <= b.Columns; column += Side)
        {
            Eight(a, b.At(0, column), b.RowStride, b.ColumnStride, sums);
            for (var i = 0; i < Side; i++)
                c[column + i] = first ? sums[i] : c[column + i] + sums[i];
        }
        for (; column < b.Columns; column++)
        {
            var sum = T.Zero;
            for (var term = 0; term < a.Columns; term++)
                sum = T.FusedMultiplyAdd(*a.At(0, term), *b.At(term, column), sum);
            c[column] = first ? sum : c[column] + sum;
        }
    }

    private static void Eight(Strided<T> a, T* b, nint step, nint side, T* sums)
    {
        T s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default, s6 = default, s7 = default;
        T* x = a.Start, fourth = b + 4 * side;
        for (var term = 0; term < a.Columns; term++, x += a.ColumnStride, b += step, fourth += step)
        {
            s0 = T.FusedMultiplyAdd(*x, b[0], s0);
            s1 = T.FusedMultiplyAdd(*x, b[side], s1);
            s2 = T.FusedMultiplyAdd(*x, b[2 * side], s2);
            s3 = T.FusedMultiplyAdd(*x, b[3 * side], s3);
            s4 = T.FusedMultiplyAdd(*x, fourth[0], s4);
            s5 = T.FusedMultiplyAdd(*x, fourth[side], s5);
            s6 = T.FusedMultiplyAdd(*x, fourth[2 * side], s6);
            s7 = T.FusedMultiplyAdd(*x, fourth[3 * side], s7);
        }
        (sums[0], sums[1], sums[2], sums[3], sums[4], sums[5], sums[6], sums[7]) = (s0, s1, s2, s3, s4, s5, s6, s7);
    }
}
