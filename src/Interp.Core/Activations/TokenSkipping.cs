using Interp.Runtime;

namespace Interp.Activations;

/// <summary>
/// Which tokens do not count, in training and in evaluation. A few positions of a language model carry enormous norms
/// (attention sinks); they would own the loss.
/// </summary>
/// <param name="Positions">Leading positions of each context that do not count.</param>
/// <param name="NormFactor">Tokens whose norm exceeds this multiple of the median norm do not count; null: all do.</param>
public sealed record TokenSkipping(int Positions, double? NormFactor)
{
    /// <summary>The largest norm that counts: the factor times the median norm of the tokens behind the leading positions.</summary>
    /// <returns>Infinity without a norm rule.</returns>
    public double NormLimit(ITokenActivations store)
    {
        if (NormFactor is not { } factor)
            return double.PositiveInfinity;
        var norms = Norms(store).Where((_, row) => store.Contexts.PositionOf(row) >= Positions && store.Counts(row)).Order().ToArray();
        return norms.Length == 0 ? double.PositiveInfinity : factor * norms[norms.Length / 2];
    }

    /// <summary>The rows that count, ascending.</summary>
    /// <param name="store">The activations.</param>
    /// <param name="normLimit">Of <see cref="NormLimit"/> on the training store, so that both splits follow one rule.</param>
    /// <exception cref="InterpException">No token is left.</exception>
    public int[] Rows(ITokenActivations store, double normLimit) => Rows(store, normLimit, store.Counts);

    /// <summary>The same among the rows that <paramref name="counts"/> lets through.</summary>
    internal int[] Rows(ITokenActivations store, double normLimit, Func<int, bool> counts)
    {
        var norms = double.IsPositiveInfinity(normLimit) ? null : Norms(store);
        int[] rows = [.. Enumerable.Range(0, (int)store.Count).Where(row => store.Contexts.PositionOf(row) >= Positions && counts(row) && (norms is null || norms[row] <= normLimit))];
        return rows.Length > 0
            ? rows
            : throw new InterpException($"Skipping {Positions} positions of contexts of {store.Contexts.Length}{(norms is null ? "" : " and tokens by their norm")} leaves no token; {(norms is null ? "skip fewer" : "raise extract.skipNorm, or leave it out")}.");
    }

    private static double[] Norms(ITokenActivations store)
    {
        var piece = Math.Max(1, (1 << 22) / store.Width);
        var norms = new double[store.Count];
        Workers.For((norms.Length + piece - 1) / piece, i =>
        {
            var rows = Enumerable.Range(i * piece, Math.Min(piece, norms.Length - i * piece)).ToArray();
            var values = new float[rows.Length * store.Width];
            store.Gather(rows, values);
            for (var row = 0; row < rows.Length; row++)
            {
                var sum = 0.0;
                foreach (var value in values.AsSpan(row * store.Width, store.Width))
                    sum += (double)value * value;
                norms[rows[row]] = Math.Sqrt(sum);
            }
        });
        return norms;
    }
}
