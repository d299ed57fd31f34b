namespace Interp.Activations;

/// <summary>Some contexts of a source, one after the other, as a source of their own.</summary>
public sealed class ContextRange : ITokenActivations
{
    private readonly ITokenActivations source;
    private readonly int start;

    /// <param name="source">All contexts; not owned.</param>
    /// <param name="context">The first of them.</param>
    /// <param name="contexts">How many; those behind the end of the source are not there.</param>
    public ContextRange(ITokenActivations source, int context, int contexts)
    {
        this.source = source;
        start = source.Contexts.RowsOf(context).Start;
        Contexts = source.Contexts.Range(context, contexts);
    }

    /// <inheritdoc/>
    public TokenContexts Contexts { get; }

    /// <inheritdoc/>
    public int Width => source.Width;

    /// <inheritdoc/>
    public long Count => Contexts.Rows;

    /// <inheritdoc/>
    public bool Counts(int row) => source.Counts(start + row);

    /// <inheritdoc/>
    public void Gather(ReadOnlySpan<int> rows, Span<float> destination)
    {
        var inner = new int[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)rows[i], (uint)Count, nameof(rows));
            inner[i] = start + rows[i];
        }
        source.Gather(inner, destination);
    }

    /// <summary>Nothing; the source is another's.</summary>
    public void Dispose()
    {
    }
}
