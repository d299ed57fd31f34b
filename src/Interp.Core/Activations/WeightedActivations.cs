using Interp.Runtime;

namespace Interp.Activations;

/// <summary>
/// Rows of several sources as one, each with a weight: how often a pass over all reads a row of it. Weight 1 reads every row once,
/// in the source's order; 2.5 reads every row twice and half of them, drawn by the seed, once more.
/// </summary>
/// <remarks>Safe for several threads when the sources are.</remarks>
public sealed class WeightedActivations : IActivationSource
{
    private readonly Part[] parts;
    private readonly long[] ends;

    /// <param name="sources">The sources, not owned, and their weights.</param>
    /// <param name="seed">Seed of the rows of fractional weights.</param>
    /// <exception cref="InterpException">There is no source, a weight is not above 0, the widths differ, or the rows are more than 2³¹.</exception>
    public WeightedActivations(IReadOnlyList<(IActivationSource Source, double Weight)> sources, long seed)
    {
        if (sources.Count == 0)
            throw new InterpException("No activations are named; give at least one store.");
        parts = [.. sources.Select((source, number) => Part.Of(source.Source, source.Weight, seed, number))];
        ends = new long[parts.Length];
        for (var i = 0; i < parts.Length; i++)
            ends[i] = parts[i].Count + (i > 0 ? ends[i - 1] : 0);
        Width = parts[0].Source.Width;
        if (Array.Find(parts, part => part.Source.Width != Width) is { } other)
            throw new InterpException($"Activations of width {Width} and of width {other.Source.Width} cannot be read as one; use those of one model and hook.");
        if (Count is 0 or > int.MaxValue)
            throw new InterpException($"The weights give {Count} rows; choose them so that there are between 1 and 2^31.");
    }

    /// <inheritdoc/>
    public int Width { get; }

    /// <inheritdoc/>
    public long Count => ends[^1];

    /// <inheritdoc/>
    public void Gather(ReadOnlySpan<int> rows, Span<float> destination)
    {
        var places = new List<int>[parts.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)rows[i], (uint)Count, nameof(rows));
            (places[PartOf(rows[i])] ??= []).Add(i);
        }
        for (var number = 0; number < parts.Length; number++)
        {
            if (places[number] is not { } wanted)
                continue;
            var inner = new int[wanted.Count];
            for (var i = 0; i < inner.Length; i++)
                inner[i] = parts[number].RowOf(rows[wanted[i]] - (number > 0 ? (int)ends[number - 1] : 0));
            if (inner.Length == rows.Length)
            {
                parts[number].Source.Gather(inner, destination);
                return;
            }
            var values = new float[inner.Length * Width];
            parts[number].Source.Gather(inner, values);
            for (var i = 0; i < inner.Length; i++)
                values.AsSpan(i * Width, Width).CopyTo(destination.Slice(wanted[i] * Width, Width));
        }
    }

    private int PartOf(int row)
    {
        var number = 0;
        while (row >= ends[number])
            number++;
        return number;
    }

    /// <summary>Whole repeats of a source, then some of its rows once more.</summary>
    private sealed record Part(IActivationSource Source, long Count, int[] Extra)
    {
        public static Part Of(IActivationSource source, double weight, long seed, int number)
        {
            if (!(weight > 0 && double.IsFinite(weight)))
                throw new InterpException(FormattableString.Invariant($"A weight is {weight}; give a number above 0."));
            var count = (long)Math.Round(weight * source.Count);
            var extra = (int)(count % source.Count);
            int[] drawn = extra == 0 ? [] : new RandomStream(seed, $"activations/weight/{number}").Permutation((int)source.Count)[..extra];
            Array.Sort(drawn);
            return new Part(source, count, drawn);
        }

        public int RowOf(int row) => row < Count - Extra.Length ? (int)(row % Source.Count) : Extra[row - (Count - Extra.Length)];
    }
}
