using Interp.Autoencoders;

namespace Interp.Features;

/// <summary>Some contexts with the latents that fire on them, by latent, by row and by token. Contexts are added, then it is closed by <see cref="Complete"/>.</summary>
/// <param name="latents">Size of the dictionary.</param>
/// <param name="limit">Rows after which further contexts are not taken.</param>
internal sealed class FiringSample(int latents, int limit)
{
    private readonly FiringTable table = new(latents);
    private readonly List<bool> counted = [];
    private readonly Dictionary<int, List<int>> rowsOf = [];

    /// <summary>Whether no more contexts are taken.</summary>
    public bool IsFull => table.Rows >= limit;

    /// <summary>Rows, those that do not count with them.</summary>
    public int Rows => table.Rows;

    /// <summary>Rows that count.</summary>
    public int Counted { get; private set; }

    /// <summary>Adds a context.</summary>
    /// <param name="tokens">Its token ids.</param>
    /// <param name="documents">Document of each.</param>
    /// <param name="counts">Whether each counts.</param>
    /// <param name="fired">Their latents [n, k].</param>
    public void Add(ReadOnlySpan<int> tokens, ReadOnlySpan<int> documents, ReadOnlySpan<bool> counts, SparseLatents fired)
    {
        if (IsFull)
            return;
        table.Add(tokens, documents, tokens.Length, counts, fired);
        counted.AddRange(counts);
    }

    /// <summary>Makes it readable.</summary>
    public void Complete()
    {
        table.Sort();
        Counted = counted.Count(count => count);
        for (var row = 0; row < Rows; row++)
        {
            if (!rowsOf.TryGetValue(TokenOf(row), out var rows))
                rowsOf.Add(TokenOf(row), rows = []);
            rows.Add(row);
        }
    }

    /// <summary>Whether a row counts.</summary>
    public bool Counts(int row) => counted[row];

    /// <summary>The token of a row.</summary>
    public int TokenOf(int row) => table.Tokens[row];

    /// <summary>The row that begins the context of a row.</summary>
    public int ContextStart(int row) => table.Contexts[row].Start;

    /// <summary>The row behind the context of a row.</summary>
    public int ContextEnd(int row) => table.Contexts[row].End;

    /// <summary>The rows with a token, ascending.</summary>
    public IReadOnlyList<int> RowsWith(int token) => rowsOf.TryGetValue(token, out var rows) ? rows : [];

    /// <summary>The rows on which a latent fires, ascending.</summary>
    public ReadOnlySpan<int> FiringsOf(int latent) => table.Of(latent).Rows.Span;
}
