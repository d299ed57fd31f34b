namespace Interp.Features;

/// <summary>Ranks in which equal numbers share the mean of theirs.</summary>
internal static class Midranks
{
    /// <summary>The rank of each number, from 1 for the smallest.</summary>
    public static double[] Of(IReadOnlyList<double> numbers)
    {
        var sorted = numbers.ToArray();
        var order = Enumerable.Range(0, sorted.Length).ToArray();
        Array.Sort(sorted, order);
        var ranks = new double[sorted.Length];
        for (var first = 0; first < sorted.Length;)
        {
            var end = first + 1;
            while (end < sorted.Length && sorted[end] == sorted[first])
                end++;
            for (var i = first; i < end; i++)
                ranks[order[i]] = (first + 1 + end) / 2.0;
            first = end;
        }
        return ranks;
    }
}
