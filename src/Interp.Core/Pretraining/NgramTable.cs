namespace Interp.Pretraining;

/// <summary>
/// The n-grams of one order in ascending order of history·size + token, so that those of one history lie together; two
/// binary searches find one.
/// </summary>
internal sealed class NgramTable
{
    private readonly int[] counts;
    private readonly ulong[] histories;
    private readonly int[] starts;
    private readonly long[] totals;
    private readonly ulong vocabularySize;
    private readonly double discount;

    private NgramTable(ulong[] keys, int[] counts, ulong vocabularySize)
    {
        Keys = keys;
        this.counts = counts;
        this.vocabularySize = vocabularySize;
        discount = Discount(counts);
        var found = new List<ulong>();
        var first = new List<int>();
        var sums = new List<long>();
        for (var i = 0; i < keys.Length; i++)
        {
            var history = keys[i] / vocabularySize;
            if (found.Count == 0 || found[^1] != history)
            {
                found.Add(history);
                first.Add(i);
                sums.Add(0);
            }
            sums[^1] += counts[i];
        }
        first.Add(keys.Length);
        (histories, starts, totals) = ([.. found], [.. first], [.. sums]);
    }

    /// <summary>The different n-grams, ascending.</summary>
    public ulong[] Keys { get; }

    /// <summary>Number of different n-grams.</summary>
    public int Count => Keys.Length;

    /// <summary>Counts equal neighbours.</summary>
    public static NgramTable FromSorted(ulong[] sorted, ulong vocabularySize)
    {
        var keys = new List<ulong>();
        var counts = new List<int>();
        foreach (var key in sorted)
        {
            if (keys.Count == 0 || keys[^1] != key)
            {
                keys.Add(key);
                counts.Add(0);
            }
            counts[^1]++;
        }
        return new NgramTable([.. keys], [.. counts], vocabularySize);
    }

    /// <summary>Mixes the discounted frequency of the token after the history with the probability of the order below.</summary>
    public double Interpolate(ulong history, ulong token, double below)
    {
        var index = Array.BinarySearch(histories, history);
        if (index < 0)
            return below;
        var (start, end) = (starts[index], starts[index + 1]);
        var found = Array.BinarySearch(Keys, start, end - start, history * vocabularySize + token);
        var own = found < 0 ? 0 : counts[found] - discount;
        return (own + discount * (end - start) * below) / totals[index];
    }

    private static double Discount(int[] counts)
    {
        double once = counts.Count(count => count == 1), twice = counts.Count(count => count == 2);
        return once == 0 || twice == 0 ? 0.5 : once / (once + 2 * twice);
    }
}
