namespace Interp.Features;

/// <summary>What one streaming pass learns of one latent, in room that does not depend on the number of tokens.</summary>
public sealed class LatentRecord
{
    /// <summary>So many times what is shown is counted in the largest dictionary too, since counts are the more exact the more there are.</summary>
    private const int Spare = 4;

    private readonly AtlasSpec spec;
    private readonly int latent;
    private readonly TopExamples top;
    private readonly Dictionary<int, BoundedBest<LatentExample>> samples = [];
    private readonly FrequentItems tokens, partners;

    internal LatentRecord(AtlasSpec spec, int latent, int latents)
    {
        (this.spec, this.latent) = (spec, latent);
        top = new TopExamples(spec.TopExamples);
        tokens = new FrequentItems(Math.Max(Spare * spec.TopTokens, spec.Counters / latents));
        partners = new FrequentItems(Math.Max(Spare * spec.CoFiring, spec.Counters / latents));
    }

    /// <summary>Tokens on which the latent fires.</summary>
    public long Count { get; private set; }

    /// <summary>Sum of its values.</summary>
    public double Sum { get; private set; }

    /// <summary>Largest value; 0 when it never fires.</summary>
    public float Max { get; private set; }

    /// <summary>How often the value falls into each bin of <see cref="ActivationHistogram"/>.</summary>
    public long[] Histogram { get; } = new long[ActivationHistogram.Bins];

    /// <summary>The examples with the largest values, one per document.</summary>
    public IReadOnlyList<LatentExample> Top => top.Ordered();

    /// <summary>Random examples of each factor of two in which there are values, by its binary exponent; highest first.</summary>
    public IEnumerable<(int Exponent, IReadOnlyList<LatentExample> Examples)> Intervals =>
        samples.OrderByDescending(entry => entry.Key).Select(entry => (entry.Key, (IReadOnlyList<LatentExample>)[.. entry.Value.Ordered().Select(kept => kept.Item)]));

    /// <summary>The tokens on which it fires most, with lower bounds of their counts; exact while there are few.</summary>
    public FrequentItems Tokens => tokens;

    /// <summary>The latents that fire on the same tokens most, with lower bounds of their counts.</summary>
    public FrequentItems Partners => partners;

    /// <summary>Takes in the firings of a table.</summary>
    /// <param name="table">Some contexts.</param>
    /// <param name="firstRow">Number of the table's first row in the whole text.</param>
    /// <param name="counts">Counts tokens and latents; nothing is in it before and after.</param>
    internal void Add(FiringTable table, long firstRow, ItemCounts counts)
    {
        var (rows, values) = table.Of(latent);
        if (rows.IsEmpty)
            return;
        for (var i = 0; i < rows.Length; i++)
        {
            var value = values.Span[i];
            Count++;
            Sum += value;
            Max = Math.Max(Max, value);
            Histogram[ActivationHistogram.BinOf(value)]++;
            OfferExamples(table, firstRow, rows.Span, values.Span, i);
        }
        foreach (var row in rows.Span)
            counts.Add(table.Tokens[row]);
        tokens.Add(counts.Take());
        foreach (var row in rows.Span)
        {
            foreach (var other in table.On(row))
            {
                if (other != latent)
                    counts.Add(other);
            }
        }
        partners.Add(counts.Take());
    }

    private void OfferExamples(FiringTable table, long firstRow, ReadOnlySpan<int> rows, ReadOnlySpan<float> values, int i)
    {
        var row = firstRow + rows[i];
        LatentExample? example = null;
        if (top.Wants(values[i], row, table.Documents[rows[i]]))
            top.Add(example = Example(table, firstRow, rows, values, i));
        var exponent = MathF.ILogB(values[i]);
        if (!samples.TryGetValue(exponent, out var sample))
            samples.Add(exponent, sample = new BoundedBest<LatentExample>(spec.ExamplesPerInterval));
        var luck = Luck(row);
        if (sample.Wants(luck, row))
            sample.Offer(luck, row, example ?? Example(table, firstRow, rows, values, i));
    }

    /// <summary>A number of a row that depends on seed, latent and row alone; the rows with the largest are the random examples.</summary>
    private float Luck(long row) => (Runtime.RandomStream.Mix(Runtime.RandomStream.Mix(((ulong)(uint)spec.Seed << 32) | (uint)latent) ^ (ulong)row) >> 40) / (float)(1 << 24);

    private LatentExample Example(FiringTable table, long firstRow, ReadOnlySpan<int> rows, ReadOnlySpan<float> values, int i)
    {
        var row = rows[i];
        var (contextStart, contextEnd) = table.Contexts[row];
        var (start, end) = (Math.Max(contextStart, row - spec.TokensBefore), Math.Min(contextEnd, row + 1 + spec.TokensAfter));
        var around = new float[end - start];
        for (var j = i; j >= 0 && rows[j] >= start; j--)
            around[rows[j] - start] = values[j];
        for (var j = i; j < rows.Length && rows[j] < end; j++)
            around[rows[j] - start] = values[j];
        return new LatentExample(firstRow + row, table.Documents[row], values[i], row - start, table.Tokens.GetRange(start, end - start), around);
    }
}
