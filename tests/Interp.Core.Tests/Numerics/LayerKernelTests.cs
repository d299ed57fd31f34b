using Interp.Numerics;
using Xunit;

namespace Interp.Core.Tests.Numerics;

/// <summary>The fused passes over rows against their formulas in float64.</summary>
public sealed unsafe class LayerKernelTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(24, 1)]
    [InlineData(37, 0)]
    public void RootMeanSquareNormFollowsItsFormula(int width, int offset)
    {
        var (x, weight) = (Numbers(3 * width, 1), Numbers(width, 2));
        var y = new float[3 * width];
        fixed (float* from = x, by = weight, to = y)
            RootMeanSquareNorm.Apply(from, by, to, 3, width, 1e-5, offset);
        for (var row = 0; row < 3; row++)
        {
            var mean = x.Skip(row * width).Take(width).Sum(v => (double)v * v) / width;
            for (var i = 0; i < width; i++)
                Assert.Equal(x[row * width + i] / Math.Sqrt(mean + 1e-5) * (weight[i] + offset), y[row * width + i], 2e-6);
        }
    }

    [Fact]
    public void SwishGateFollowsItsFormulaAlsoFarOut()
    {
        float[] beside = [.. Numbers(11, 3), -200, 200, 0, -30, 30, .. Numbers(16, 4)];
        var y = new float[16];
        fixed (float* from = beside, to = y)
            SwishGate.Apply(from, from + 16, to, 1, 16, 32);
        for (var i = 0; i < 16; i++)
        {
            var expected = beside[i] / (1 + Math.Exp(-beside[i])) * beside[16 + i];
            Assert.Equal(expected, y[i], 1e-6 * Math.Max(1, Math.Abs(expected)));
        }
    }

    [Fact]
    public void RotaryTurnsPairsOfHalvesAndKeepsTheRest()
    {
        const int batch = 2, length = 3, heads = 2, width = 22, rotated = 18, stride = heads * width + 5;
        var x = Numbers(batch * length * stride, 5);
        var angles = Numbers(length * rotated / 2, 6);
        float[] cos = [.. angles.Select(MathF.Cos)], sin = [.. angles.Select(MathF.Sin)];
        var y = new float[batch * heads * length * width];
        fixed (float* from = x, to = y, c = cos, s = sin)
            RotaryHalves.Apply(from, to, c, s, new HeadShape(batch, length, heads, width, rotated, stride));
        for (var b = 0; b < batch; b++)
        {
            for (var position = 0; position < length; position++)
            {
                for (var head = 0; head < heads; head++)
                {
                    for (var i = 0; i < width; i++)
                    {
                        double At(int element) => x[(b * length + position) * stride + head * width + element];
                        var angle = i < rotated ? angles[position * rotated / 2 + i % (rotated / 2)] : 0;
                        var expected = i >= rotated ? At(i)
                            : i < rotated / 2 ? At(i) * Math.Cos(angle) - At(i + rotated / 2) * Math.Sin(angle)
                            : At(i) * Math.Cos(angle) + At(i - rotated / 2) * Math.Sin(angle);
                        Assert.Equal(expected, y[((b * heads + head) * length + position) * width + i], 1e-6);
                    }
                }
            }
        }
    }

    private static float[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() * 4 - 2))];
    }
}
