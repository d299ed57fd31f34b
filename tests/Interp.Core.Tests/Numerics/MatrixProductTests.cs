using System.Numerics;
using Interp.Numerics;
using Xunit;

namespace Interp.Core.Tests.Numerics;

/// <summary>A product has exactly the bits that its definition gives, whatever the shape, the strides and the vectors.</summary>
public sealed unsafe class MatrixProductTests
{
    public static TheoryData<int, int, int> Shapes => new()
    {
        { 1, 1, 1 },
        { 1, 70, 600 },
        { 2, 65, 257 },
        { 2, 96, 300 },
        { 1, 33, 0 },
        { 6, 16, 256 },
        { 6, 32, 257 },
        { 5, 7, 3 },
        { 13, 33, 300 },
        { 193, 70, 40 },
        { 200, 1030, 9 },
        { 7, 2100, 5 },
        { 12, 64, 600 },
        { 3, 5, 0 },
    };

    [Theory, MemberData(nameof(Shapes))]
    public void HasTheBitsOfItsDefinitionInFloat32(int m, int n, int k) => AssertExact<float>(m, n, k);

    [Theory, MemberData(nameof(Shapes))]
    public void HasTheBitsOfItsDefinitionInFloat64(int m, int n, int k) => AssertExact<double>(m, n, k);

    [Fact]
    public void VectorsOf256And512BitsGiveTheSameBits()
    {
        const int terms = 256;
        var random = new Random(4);
        var a = Numbers<float>(random, terms * PanelProduct<float>.Rows);
        var narrow = Numbers<float>(random, terms * 16);
        var wide = new float[terms * 32];
        for (var term = 0; term < terms; term++)
            narrow.AsSpan(16 * term, 16).CopyTo(wide.AsSpan(32 * term));
        var (with256, with512) = (Numbers<float>(random, 6 * 32), new float[6 * 32]);
        with256.CopyTo(with512, 0);
        fixed (float* left = a, right256 = narrow, right512 = wide, to256 = with256, to512 = with512)
        {
            PanelProduct<float>.Multiply256(left, right256, terms, to256, 32, true);
            PanelProduct<float>.Multiply512(left, right512, terms, to512, 32, true);
            PanelProduct<float>.MultiplyRow256(left, 6, right256, terms, to256, true);
            PanelProduct<float>.MultiplyRow512(left, 6, right512, terms, to512, true);
        }
        for (var i = 0; i < 6; i++)
            Assert.Equal(with256.AsSpan(32 * i, 16), with512.AsSpan(32 * i, 16));
    }

    [Fact]
    public void InfinityAndNaNReachTheirOwnRowAndColumnAlone()
    {
        float[] a = [1, 2, float.NaN, 1], b = [1, float.PositiveInfinity, 1, 0];
        var c = new float[4];
        fixed (float* left = a, right = b, to = c)
            MatrixProduct<float>.Multiply(new(left, 2, 2), new(right, 2, 2), new(to, 2, 2));
        Assert.Equal([3, float.PositiveInfinity, float.NaN, float.NaN], c);
    }

    private static void AssertExact<T>(int m, int n, int k) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var random = new Random(m + 31 * n + 997 * k);
        var (a, b, start) = (Numbers<T>(random, (m + 2) * (k + 3)), Numbers<T>(random, (k + 2) * (n + 3)), Numbers<T>(random, m * (n + 5)));
        fixed (T* left = a, right = b)
        {
            foreach (var (leftTurned, rightTurned, accumulate) in new[] { (false, false, false), (false, true, true), (true, false, true), (true, true, false) })
            {
                var x = leftTurned ? new Strided<T>(left, k, m, m + 2, 1).Transposed : new Strided<T>(left, m, k, k + 3, 1);
                var y = rightTurned ? new Strided<T>(right, n, k, k + 2, 1).Transposed : new Strided<T>(right, k, n, n + 3, 1);
                var expected = (T[])start.Clone();
                for (var i = 0; i < m; i++)
                {
                    for (var j = 0; j < n; j++)
                        expected[i * (n + 5) + j] = Element(x, y, i, j, accumulate ? start[i * (n + 5) + j] : null);
                }
                var actual = (T[])start.Clone();
                fixed (T* to = actual)
                    MatrixProduct<T>.Multiply(x, y, new(to, m, n, n + 5, 1), accumulate);
                Assert.Equal(expected, actual);
            }
        }
    }

    private static T Element<T>(Strided<T> a, Strided<T> b, int row, int column, T? start) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var sum = start;
        for (var from = 0; from < a.Columns; from += MatrixProduct<T>.BlockDepth)
        {
            var block = T.Zero;
            for (var term = from; term < Math.Min(a.Columns, from + MatrixProduct<T>.BlockDepth); term++)
                block = T.FusedMultiplyAdd(*a.At(row, term), *b.At(term, column), block);
            sum = sum is { } before ? before + block : block;
        }
        return sum ?? T.Zero;
    }

    private static T[] Numbers<T>(Random random, int count) where T : INumberBase<T> =>
        [.. Enumerable.Range(0, count).Select(_ => T.CreateChecked(random.NextDouble() - 0.5))];
}
