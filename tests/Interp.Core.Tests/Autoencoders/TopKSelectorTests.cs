using System.Numerics;
using FsCheck.Xunit;
using Interp.Autoencoders.Kernels;
using Interp.Runtime;
using Xunit;

namespace Interp.Core.Tests.Autoencoders;

public class TopKSelectorTests
{
    [Property]
    public void It_selects_what_sorting_selects_and_lower_indices_among_equals(int seed, ushort size, byte wanted, byte levels)
    {
        var random = new RandomStream(seed, "selector");
        var numbers = new float[1 + size % 3000];
        var steps = 1 + levels % 5 == 5 ? 1_000_000 : 1 + levels;
        for (var i = 0; i < numbers.Length; i++)
            numbers[i] = (float)Math.Floor(random.NextNormal() * steps) / steps;
        var k = 1 + wanted % Math.Min(200, numbers.Length);
        Check(numbers, k);
        Check([.. numbers.Select(x => (double)x)], k);
    }

    [Fact]
    public unsafe void One_selector_serves_rows_of_any_scale_one_after_the_other()
    {
        using var selector = new TopKSelector<float>();
        var random = new RandomStream(7, "scales");
        foreach (var scale in new[] { 1e-20f, 1e20f, 1f, 1e-30f, 1e30f })
        {
            var numbers = Enumerable.Range(0, 1024).Select(_ => (float)random.NextNormal() * scale).ToArray();
            Assert.Equal(Expected(numbers, 32), Select(selector, numbers, 32));
        }
        Assert.Empty(Select(selector, [-1, 0, float.NaN, float.NegativeInfinity], 2));
        Assert.Equal([(1, 2f), (3, float.PositiveInfinity)], Select(selector, [1, 2, float.NaN, float.PositiveInfinity, 2], 2));
    }

    private static void Check<T>(T[] numbers, int k) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        using var selector = new TopKSelector<T>();
        Assert.Equal(Expected(numbers, k), Select(selector, numbers, k));
    }

    private static (int, T)[] Expected<T>(T[] numbers, int k) where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        [.. numbers.Select((value, index) => (index, value)).Where(pair => pair.value > T.Zero)
            .OrderByDescending(pair => pair.value).ThenBy(pair => pair.index).Take(k).OrderBy(pair => pair.index)];

    private static unsafe (int, T)[] Select<T>(TopKSelector<T> selector, T[] numbers, int k) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var row = (T[])numbers.Clone();
        var bias = new T[numbers.Length];
        var indices = new int[k];
        var values = new T[k];
        fixed (T* r = row, b = bias, v = values)
        fixed (int* i = indices)
        {
            selector.Begin(2, k);
            for (var tile = 0; tile < row.Length; tile += 700)
                selector.Feed(1, r + tile, b + tile, tile, Math.Min(700, row.Length - tile));
            var count = selector.Take(1, i, v);
            return [.. indices.Take(count).Zip(values)];
        }
    }
}
