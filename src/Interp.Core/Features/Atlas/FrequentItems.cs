namespace Interp.Features;

/// <summary>
/// Counts of the most frequent items of a stream in bounded room: each count is at most the true one and at least the true one less
/// <see cref="Error"/>; an item that is not listed occurred at most <see cref="Error"/> times. Exact while there are no more items than room.
/// </summary>
/// <remarks>Misra and Gries (1982), merged as by Agarwal et al., "Mergeable Summaries" (2012): the error is at most total / (capacity + 1).</remarks>
/// <param name="capacity">Items that are kept.</param>
public sealed class FrequentItems(int capacity)
{
    private (int Item, int Count)[] kept = [];

    /// <summary>The most that a count is too low by.</summary>
    public int Error { get; private set; }

    /// <summary>The kept items, the most frequent first, equal counts by the lower item.</summary>
    public IReadOnlyList<(int Item, int Count)> Items => [.. kept.OrderByDescending(entry => entry.Count).ThenBy(entry => entry.Item)];

    /// <summary>Adds the counts of a part of the stream.</summary>
    /// <param name="counts">Items in ascending order, each once, with counts above 0.</param>
    public void Add(ReadOnlySpan<(int Item, int Count)> counts)
    {
        var merged = new List<(int Item, int Count)>(kept.Length + counts.Length);
        int i = 0, j = 0;
        while (i < kept.Length || j < counts.Length)
        {
            if (j == counts.Length || (i < kept.Length && kept[i].Item < counts[j].Item))
                merged.Add(kept[i++]);
            else if (i == kept.Length || counts[j].Item < kept[i].Item)
                merged.Add(counts[j++]);
            else
                merged.Add((kept[i].Item, kept[i++].Count + counts[j++].Count));
        }
        var lost = merged.Count <= capacity ? 0 : merged.Select(entry => entry.Count).OrderDescending().ElementAt(capacity);
        Error += lost;
        kept = [.. merged.Where(entry => entry.Count > lost).Select(entry => (entry.Item, entry.Count - lost))];
    }
}
