namespace Interp.Features;

/// <summary>The best so many of a stream of items: largest score first, and of equal scores the one with the lower rank.</summary>
/// <param name="capacity">How many are kept.</param>
internal sealed class BoundedBest<T>(int capacity)
{
    private readonly PriorityQueue<T, (float Score, long Rank)> worstFirst = new(Comparer<(float Score, long Rank)>.Create(Compare));

    /// <summary>Whether an item of this score would be kept; asked before one is made.</summary>
    public bool Wants(float score, long rank) =>
        worstFirst.Count < capacity || (worstFirst.TryPeek(out _, out var worst) && Compare((score, rank), worst) > 0);

    /// <summary>Offers an item.</summary>
    public void Offer(float score, long rank, T item)
    {
        if (!Wants(score, rank))
            return;
        worstFirst.Enqueue(item, (score, rank));
        if (worstFirst.Count > capacity)
            worstFirst.Dequeue();
    }

    /// <summary>What is kept, best first.</summary>
    public IReadOnlyList<(float Score, T Item)> Ordered() =>
        [.. worstFirst.UnorderedItems.OrderByDescending(entry => entry.Priority.Score).ThenBy(entry => entry.Priority.Rank).Select(entry => (entry.Priority.Score, entry.Element))];

    private static int Compare((float Score, long Rank) a, (float Score, long Rank) b) =>
        a.Score != b.Score ? a.Score.CompareTo(b.Score) : b.Rank.CompareTo(a.Rank);
}
