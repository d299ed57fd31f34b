namespace Interp.Pretraining;

/// <summary>How well scores tell two classes apart.</summary>
public static class RankedScores
{
    /// <summary>
    /// Area under the ROC curve: the probability that a positive scores above a negative, ties counting half, by the
    /// Mann–Whitney rank sum. NaN when a class is empty.
    /// </summary>
    public static double Auc(ReadOnlySpan<double> scores, ReadOnlySpan<bool> labels)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(scores.Length, labels.Length);
        var sorted = scores.ToArray();
        var order = new int[sorted.Length];
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        Array.Sort(sorted, order);

        double rankSum = 0;
        long positives = 0;
        for (var first = 0; first < sorted.Length;)
        {
            var end = first + 1;
            while (end < sorted.Length && sorted[end] == sorted[first])
                end++;
            var tied = 0;
            for (var i = first; i < end; i++)
                tied += labels[order[i]] ? 1 : 0;
            rankSum += tied * (first + 1 + end) / 2.0;
            positives += tied;
            first = end;
        }
        var pairs = (double)positives * (sorted.Length - positives);
        return pairs == 0 ? double.NaN : (rankSum - positives * (positives + 1.0) / 2) / pairs;
    }
}
