namespace Interp.Features;

/// <summary>The examples with the largest values, at most one per document; of equal values the earlier row.</summary>
/// <param name="capacity">How many are kept.</param>
internal sealed class TopExamples(int capacity)
{
    private readonly List<LatentExample> kept = [];

    /// <summary>Whether an example of this value would be kept; asked before one is made.</summary>
    public bool Wants(float value, long row, int document)
    {
        if (capacity == 0 || (kept.Count == capacity && !Before(value, row, kept[^1])))
            return false;
        var same = kept.FindIndex(example => example.Document == document);
        return same < 0 || Before(value, row, kept[same]);
    }

    /// <summary>Keeps an example that was wanted.</summary>
    public void Add(LatentExample example)
    {
        kept.RemoveAll(other => other.Document == example.Document);
        var at = kept.FindIndex(other => Before(example.Value, example.Row, other));
        kept.Insert(at < 0 ? kept.Count : at, example);
        if (kept.Count > capacity)
            kept.RemoveAt(capacity);
    }

    /// <summary>The kept, largest first.</summary>
    public IReadOnlyList<LatentExample> Ordered() => kept;

    private static bool Before(float value, long row, LatentExample other) => value > other.Value || (value == other.Value && row < other.Row);
}
