using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Interp.Runtime;

namespace Interp.Autoencoders.Kernels;

/// <summary>
/// Finds the k largest positive numbers of rows that come in tiles, exactly; among equal numbers the lower index wins. Where a
/// ReLU follows, what is not positive need not be selected: a row may have fewer than k.
/// </summary>
/// <remarks>
/// A first threshold is found from maxima of groups of the first tile, without branches. Numbers above it are kept in the order
/// of their indices; when the room is full, a bisection, or with equal numbers a selection, finds where the k best end; the rest
/// are dropped and the threshold rises. A later number that equals the threshold has a higher index than those kept, so "above"
/// is exact.
/// </remarks>
internal sealed unsafe class TopKSelector<T> : IDisposable where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Numbers that are compared at once.</summary>
    public const int Word = 64;

    private static readonly T Half = T.CreateChecked(0.5);
    private static readonly T Up = T.CreateChecked(1.25);
    private static readonly T Down = T.CreateChecked(0.75);

    private readonly AlignedBuffer<T> values = new();
    private readonly AlignedBuffer<int> indices = new();
    private readonly AlignedBuffer<int> counts = new();
    private readonly AlignedBuffer<T> thresholds = new();
    private readonly AlignedBuffer<T> work = new();
    private readonly AlignedBuffer<T> maxima = new();
    private T lastFloor = T.One;
    private bool keepsNegative;
    private int room;
    private int k;

    /// <summary>Forgets all and makes ready for a number of rows, of which the k largest are wanted; those below 0 too, if so asked.</summary>
    public void Begin(int rows, int wanted, bool withNegative = false)
    {
        (k, keepsNegative) = (wanted, withNegative);
        room = Math.Max(2 * k, k + 64);
        values.Ensure((long)rows * (room + Word));
        indices.Ensure((long)rows * (room + Word));
        work.Ensure(room + Word);
        counts.Zeroed(rows);
        new Span<T>(thresholds.Ensure(rows), rows).Fill(withNegative ? T.NegativeInfinity : T.NegativeOne);
    }

    /// <summary>Takes note of a tile of all rows, whose numbers are numbers + bias.</summary>
    public void FeedTile(int rows, T* numbers, T* bias, int offset, int columns)
    {
        for (var row = 0; row < rows; row++)
            Feed(row, numbers + (long)row * columns, bias + offset, offset, columns);
    }

    /// <summary>Takes note of a row's next <paramref name="width"/> numbers, which are numbers + bias and have the indices from <paramref name="offset"/> on.</summary>
    public void Feed(int row, T* numbers, T* bias, int offset, int width)
    {
        var keptValues = values.Pointer + (long)row * (room + Word);
        var kept = indices.Pointer + (long)row * (room + Word);
        var count = counts.Pointer[row];
        var threshold = thresholds.Pointer[row];
        if (threshold < T.Zero && !keepsNegative)
            threshold = FirstThreshold(numbers, bias, width);
        var at = 0;
        for (; at + Word <= width; at += Word)
        {
            for (var above = Above(numbers + at, bias + at, threshold); above != 0; above &= above - 1)
            {
                var place = at + BitOperations.TrailingZeroCount(above);
                keptValues[count] = numbers[place] + bias[place];
                kept[count++] = offset + place;
            }
            if (count >= room)
                threshold = Shrink(keptValues, kept, ref count);
        }
        for (; at < width; at++)
        {
            var number = numbers[at] + bias[at];
            keptValues[count] = number;
            kept[count] = offset + at;
            count += number > threshold ? 1 : 0;
        }
        if (count >= room)
            threshold = Shrink(keptValues, kept, ref count);
        counts.Pointer[row] = count;
        thresholds.Pointer[row] = threshold;
    }

    /// <summary>Writes what was selected in a row.</summary>
    /// <returns>How many were written, in increasing order of index.</returns>
    public int Take(int row, int* chosen, T* chosenValues)
    {
        var keptValues = values.Pointer + (long)row * (room + Word);
        var kept = indices.Pointer + (long)row * (room + Word);
        var count = counts.Pointer[row];
        if (count > k)
            Shrink(keptValues, kept, ref count);
        new ReadOnlySpan<T>(keptValues, count).CopyTo(new Span<T>(chosenValues, count));
        new ReadOnlySpan<int>(kept, count).CopyTo(new Span<int>(chosen, count));
        return count;
    }

    /// <summary>Which of 64 sums exceed the threshold, a bit each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Above(T* numbers, T* bias, T threshold)
    {
        var limits = Vector256.Create(threshold);
        var above = 0UL;
        for (var i = 0; i < Word; i += Rows<T>.Lanes)
            above |= (ulong)Vector256.GreaterThan(Vector256.Load(numbers + i) + Vector256.Load(bias + i), limits).ExtractMostSignificantBits() << i;
        return above;
    }

    /// <summary>A number that at least k of the tile exceed, or 0.</summary>
    /// <remarks>The tile is cut into about 4k groups; a number that the maxima of k groups exceed is one that k numbers exceed.</remarks>
    private T FirstThreshold(T* numbers, T* bias, int width)
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
                highest = Vector256.MaxNative(Vector256.Load(numbers + at) + Vector256.Load(bias + at), highest);
            highest.Store(heads + count);
            count += lanes;
        }
        return Floor(heads, count);
    }

    /// <summary>A number that between k and about 9/8 k of the numbers exceed, or one that more exceed, or 0.</summary>
    /// <remarks>The search starts from what the last row gave; that moves only the time it takes, since any such number is fine.</remarks>
    private T Floor(T* numbers, int count)
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
    private T Shrink(T* keptValues, int* kept, ref int count)
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
        var high = T.NegativeInfinity;
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
    public static T Largest(T* numbers, int count, int k)
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
        counts.Dispose();
        thresholds.Dispose();
        work.Dispose();
        maxima.Dispose();
    }

    private static T MedianOf(T a, T b, T c) => T.Max(T.Min(a, b), T.Min(T.Max(a, b), c));
}
