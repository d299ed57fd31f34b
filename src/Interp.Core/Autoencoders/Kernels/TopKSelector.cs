using System.Numerics;
using System.Runtime.Intrinsics;

namespace Interp.Autoencoders.Kernels;

/// <summary>
/// Finds the k largest positive numbers of a row exactly; among equal numbers the lower index wins. Since a ReLU follows, what
/// is not positive need not be selected: a row may have fewer than k.
/// </summary>
/// <remarks>
/// Numbers above the running threshold are kept in the order of their indices; when the room is full, a selection on the values
/// alone finds the k-th largest, the rest are dropped and the threshold rises to it. A later number that equals the threshold
/// has a higher index than those kept, so "above" is exact.
/// </remarks>
internal sealed unsafe class TopKSelector<T> : IDisposable where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly AlignedBuffer<T> values = new();
    private readonly AlignedBuffer<int> indices = new();
    private readonly AlignedBuffer<T> work = new();

    /// <summary>Selects from row + bias (each <paramref name="width"/> numbers).</summary>
    /// <returns>How many were written, in increasing order of index.</returns>
    public int Select(T* row, T* bias, int width, int k, int* chosen, T* chosenValues)
    {
        var room = Math.Max(2 * k, k + 64);
        var keptValues = values.Ensure(room + Rows<T>.Lanes);
        var kept = indices.Ensure(room + Rows<T>.Lanes);
        work.Ensure(room + Rows<T>.Lanes);
        var count = 0;
        var threshold = T.Zero;
        var thresholds = Vector256<T>.Zero;
        var at = 0;
        for (; at + Rows<T>.Lanes <= width; at += Rows<T>.Lanes)
        {
            var sum = Vector256.Load(row + at) + Vector256.Load(bias + at);
            var above = Vector256.GreaterThan(sum, thresholds).ExtractMostSignificantBits();
            if (above == 0)
                continue;
            do
            {
                var lane = at + BitOperations.TrailingZeroCount(above);
                keptValues[count] = row[lane] + bias[lane];
                kept[count++] = lane;
                above &= above - 1;
            }
            while (above != 0);
            if (count < room)
                continue;
            threshold = Shrink(keptValues, kept, ref count, k);
            thresholds = Vector256.Create(threshold);
        }
        for (; at < width; at++)
        {
            var sum = row[at] + bias[at];
            if (!(sum > threshold))
                continue;
            keptValues[count] = sum;
            kept[count++] = at;
            if (count >= room)
                threshold = Shrink(keptValues, kept, ref count, k);
        }
        if (count > k)
            Shrink(keptValues, kept, ref count, k);
        new ReadOnlySpan<T>(keptValues, count).CopyTo(new Span<T>(chosenValues, count));
        new ReadOnlySpan<int>(kept, count).CopyTo(new Span<int>(chosen, count));
        return count;
    }

    /// <summary>Keeps the k best of more than k in their order and returns the smallest of them.</summary>
    private T Shrink(T* keptValues, int* kept, ref int count, int k)
    {
        var scratch = work.Pointer;
        new ReadOnlySpan<T>(keptValues, count).CopyTo(new Span<T>(scratch, count));
        var smallest = Largest(scratch, count, k);
        var above = 0;
        for (var i = 0; i < count; i++)
            above += keptValues[i] > smallest ? 1 : 0;
        var equal = k - above;
        var to = 0;
        for (var i = 0; i < count; i++)
        {
            var value = keptValues[i];
            if (!(value > smallest) && !(value == smallest && equal-- > 0))
                continue;
            keptValues[to] = value;
            kept[to++] = kept[i];
        }
        count = to;
        return smallest;
    }

    /// <summary>The k-th largest of the numbers, which are moved about (Hoare's selection).</summary>
    private static T Largest(T* numbers, int count, int k)
    {
        var low = 0;
        var high = count - 1;
        var target = k - 1;
        while (low < high)
        {
            var pivot = MedianOf(numbers[low], numbers[(low + high) >>> 1], numbers[high]);
            var i = low;
            var j = high;
            while (i <= j)
            {
                while (numbers[i] > pivot)
                    i++;
                while (numbers[j] < pivot)
                    j--;
                if (i > j)
                    break;
                (numbers[i], numbers[j]) = (numbers[j], numbers[i]);
                i++;
                j--;
            }
            if (target <= j)
                high = j;
            else if (target >= i)
                low = i;
            else
                break;
        }
        return numbers[target];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        values.Dispose();
        indices.Dispose();
        work.Dispose();
    }

    private static T MedianOf(T a, T b, T c) => T.Max(T.Min(a, b), T.Min(T.Max(a, b), c));
}
