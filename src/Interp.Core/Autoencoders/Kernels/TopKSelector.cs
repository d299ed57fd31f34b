using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Interp.Autoencoders.Kernels;

/// <summary>
/// Finds the k largest positive numbers of a row exactly; among equal numbers the lower index wins. Since a ReLU follows, what
/// is not positive need not be selected: a row may have fewer than k.
/// </summary>
/// <remarks>
/// A first threshold is found from maxima of groups, without branches. Numbers above it are kept in the order of their
/// indices; when the room is full, a bisection, or with equal numbers a selection, finds where the k best end; the rest are
/// dropped and the threshold rises. A later number that equals the threshold has a higher index than those kept, so "above" is
/// exact.
/// </remarks>
internal sealed unsafe class TopKSelector<T> : IDisposable where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Numbers that are compared at once.</summary>
    private const int Word = 64;

    private static readonly T Half = T.CreateChecked(0.5);
    private static readonly T Up = T.CreateChecked(1.25);
    private static readonly T Down = T.CreateChecked(0.75);

    private readonly AlignedBuffer<T> values = new();
    private readonly AlignedBuffer<int> indices = new();
    private readonly AlignedBuffer<T> work = new();
    private readonly AlignedBuffer<T> maxima = new();
    private T lastFloor = T.One;

    /// <summary>Selects from row + bias (each <paramref name="width"/> numbers); the row is left as that sum.</summary>
    /// <returns>How many were written, in increasing order of index.</returns>
    public int Select(T* row, T* bias, int width, int k, int* chosen, T* chosenValues)
    {
        var room = Math.Max(2 * k, k + 64);
        var keptValues = values.Ensure(room + Word);
        var kept = indices.Ensure(room + Word);
        work.Ensure(room + Word);
        var count = 0;
        var threshold = AddBias(row, bias, width, k);
        var at = 0;
        for (; at + Word <= width; at += Word)
        {
            for (var above = Above(row + at, threshold); above != 0; above &= above - 1)
            {
                var place = at + BitOperations.TrailingZeroCount(above);
                keptValues[count] = row[place];
                kept[count++] = place;
            }
            if (count >= room)
                threshold = Shrink(keptValues, kept, ref count, k);
        }
        for (; at < width; at++)
        {
            keptValues[count] = row[at];
            kept[count] = at;
            count += row[at] > threshold ? 1 : 0;
        }
        if (count > k)
            Shrink(keptValues, kept, ref count, k);
        new ReadOnlySpan<T>(keptValues, count).CopyTo(new Span<T>(chosenValues, count));
        new ReadOnlySpan<int>(kept, count).CopyTo(new Span<int>(chosen, count));
        return count;
    }

    /// <summary>Which of 64 numbers exceed the threshold, a bit each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Above(T* numbers, T threshold)
    {
        var thresholds = Vector256.Create(threshold);
        var above = 0UL;
        for (var i = 0; i < Word; i += Rows<T>.Lanes)
            above |= (ulong)Vector256.GreaterThan(Vector256.Load(numbers + i), thresholds).ExtractMostSignificantBits() << i;
        return above;
    }

    /// <summary>Adds the bias to the row and finds a number that at least k of the row exceed, or 0.</summary>
    /// <remarks>The row is cut into about 4k groups; a number that the maxima of k groups exceed is one that k numbers exceed.</remarks>
    private T AddBias(T* row, T* bias, int width, int k)
    {
        var lanes = Rows<T>.Lanes;
        var stride = Math.Max(1, width / (4 * k)) * lanes;
        var heads = maxima.Ensure(width + lanes);
        var count = 0;
        var whole = width - width % lanes;
        for (var start = 0; start < whole; start += stride)
        {
            var end = Math.Min(start + stride, whole);
            var highest = Vector256<T>.Zero;
            for (var at = start; at < end; at += lanes)
            {
                var sum = Vector256.Load(row + at) + Vector256.Load(bias + at);
                sum.Store(row + at);
                highest = Vector256.MaxNative(sum, highest);
            }
            highest.Store(heads + count);
            count += lanes;
        }
        for (var at = whole; at < width; at++)
            row[at] += bias[at];
        return Floor(heads, count, k);
    }

    /// <summary>A number that between k and about 9/8 k of the numbers exceed, or one that more exceed, or 0.</summary>
    /// <remarks>The search starts from what the last row gave; that moves only the time it takes, since any such number is fine.</remarks>
    private T Floor(T* numbers, int count, int k)
    {
        var low = T.Zero;
        var high = T.PositiveInfinity;
        var middle = lastFloor;
        for (var round = 0; round < 32 && middle > T.Zero && T.IsFinite(middle); round++)
        {
            var above = CountAbove(numbers, count, middle);
            if (above < k)
                high = middle;
            else
                low = middle;
            if (above >= k && above <= k + k / 8)
                break;
            middle = T.IsInfinity(high) ? low * Up : low == T.Zero ? high * Down : (low + high) * Half;
        }
        lastFloor = low > T.Zero ? low : T.One;
        return low;
    }

    private static int CountAbove(T* numbers, int count, T threshold)
    {
        var thresholds = Vector256.Create(threshold);
        var above = 0;
        var at = 0;
        for (; at + Rows<T>.Lanes <= count; at += Rows<T>.Lanes)
            above += BitOperations.PopCount(Vector256.GreaterThan(Vector256.Load(numbers + at), thresholds).ExtractMostSignificantBits());
        for (; at < count; at++)
            above += numbers[at] > threshold ? 1 : 0;
        return above;
    }

    /// <summary>Keeps the k best of more than k in their order and returns a number that no other exceeds.</summary>
    private T Shrink(T* keptValues, int* kept, ref int count, int k)
    {
        var threshold = Between(keptValues, count, k);
        var equal = 0;
        if (CountAbove(keptValues, count, threshold) != k)
        {
            new ReadOnlySpan<T>(keptValues, count).CopyTo(new Span<T>(work.Pointer, count));
            threshold = Largest(work.Pointer, count, k);
            equal = k - CountAbove(keptValues, count, threshold);
        }
        var to = 0;
        for (var i = 0; i < count; i++)
        {
            var value = keptValues[i];
            var stays = value > threshold || (equal > 0 && value == threshold && equal-- > 0);
            keptValues[to] = value;
            kept[to] = kept[i];
            to += stays ? 1 : 0;
        }
        count = to;
        return threshold;
    }

    /// <summary>By bisection, a number that exactly k of the numbers exceed, if a few rounds find one.</summary>
    private static T Between(T* numbers, int count, int k)
    {
        var low = T.PositiveInfinity;
        var high = T.Zero;
        for (var i = 0; i < count; i++)
        {
            low = T.Min(low, numbers[i]);
            high = T.Max(high, numbers[i]);
        }
        for (var round = 0; round < 16; round++)
        {
            var middle = (low + high) * Half;
            var above = CountAbove(numbers, count, middle);
            if (above == k)
                return middle;
            if (above > k)
                low = middle;
            else
                high = middle;
        }
        return high;
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
        maxima.Dispose();
    }

    private static T MedianOf(T a, T b, T c) => T.Max(T.Min(a, b), T.Min(T.Max(a, b), c));
}
