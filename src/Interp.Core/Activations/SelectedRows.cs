namespace Interp.Activations;

/// <summary>Some rows of a source, in their order: what is left after tokens were skipped.</summary>
/// <param name="source">All rows; not owned.</param>
/// <param name="rows">The rows that count.</param>
public sealed class SelectedRows(IActivationSource source, int[] rows) : IActivationSource
{
    /// <inheritdoc/>
    public int Width => source.Width;

    /// <inheritdoc/>
    public long Count => rows.Length;

    /// <inheritdoc/>
    public void Gather(ReadOnlySpan<int> wanted, Span<float> destination)
    {
        Span<int> mapped = wanted.Length <= 4096 ? stackalloc int[wanted.Length] : new int[wanted.Length];
        for (var i = 0; i < wanted.Length; i++)
            mapped[i] = rows[wanted[i]];
        source.Gather(mapped, destination);
    }
}
