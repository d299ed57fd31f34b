namespace Interp.Features;

/// <summary>Exact counts of items below a limit, by looking up rather than by searching.</summary>
/// <param name="limit">Items are below it.</param>
internal sealed class ItemCounts(int limit)
{
    private readonly int[] counts = new int[limit];
    private readonly List<int> seen = [];

    /// <summary>Counts an item once more.</summary>
    public void Add(int item)
    {
        if (counts[item]++ == 0)
            seen.Add(item);
    }

    /// <summary>The counted items in ascending order with their counts, which begin again at 0.</summary>
    public (int Item, int Count)[] Take()
    {
        seen.Sort();
        var taken = new (int, int)[seen.Count];
        for (var i = 0; i < taken.Length; i++)
        {
            taken[i] = (seen[i], counts[seen[i]]);
            counts[seen[i]] = 0;
        }
        seen.Clear();
        return taken;
    }
}
