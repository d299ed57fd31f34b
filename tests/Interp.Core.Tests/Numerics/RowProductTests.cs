using Interp.Numerics;
using Xunit;

namespace Interp.Core.Tests.Numerics;

public sealed unsafe class RowProductTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(1, 16, 256)]
    [InlineData(2, 13, 600)]
    [InlineData(1, 35, 257)]
    [InlineData(2, 9, 0)]
    public void The_bits_are_those_of_the_matrix_product_in_either_layout_of_B(int m, int n, int k)
    {
        var random = new Random(7);
        var a = Numbers(random, m * k);
        var b = Numbers(random, k * n);
        fixed (float* left = a, right = b)
        {
            foreach (var transposed in new[] { false, true })
            {
                var matrix = transposed ? new Strided<float>(right, n, k).Transposed : new Strided<float>(right, k, n);
                float[] expected = new float[m * n], found = new float[m * n];
                fixed (float* to = expected, too = found)
                {
                    MatrixProduct<float>.Multiply(new(left, m, k), matrix, new(to, m, n));
                    RowProduct<float>.Multiply(new(left, m, k), matrix, new(too, m, n));
                }
                Assert.Equal(expected, found);
            }
        }
    }

    private static float[] Numbers(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() * 2 - 1))];
}
