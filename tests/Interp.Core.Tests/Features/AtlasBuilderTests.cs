using Interp.Autoencoders;
using Interp.Features;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Features;

public class AtlasBuilderTests
{
    private const int Latents = 50, Vocabulary = 30, Context = 8, Contexts = 3000, K = 3;

    private static readonly AtlasSpec Spec = AtlasSpec.Default with { TopExamples = 4, ExamplesPerInterval = 3, TokensBefore = 3, TokensAfter = 2, TopTokens = 10, CoFiring = 15 };

    /// <summary>Random text: documents of 1 to 3 contexts, latents that prefer some tokens, values with ties, some rows that do not count.</summary>
    private sealed class Text
    {
        public Text()
        {
            var random = new RandomStream(9, "atlas");
            var document = 0;
            for (var row = 0; row < Rows; row++)
            {
                if (row % Context == 0 && random.Next(2) == 0)
                    document++;
                Documents[row] = document;
                Tokens[row] = random.Next(Vocabulary);
                Counted[row] = row % Context > 0;
                var order = random.Permutation(Latents / 2);
                for (var i = 0; i < K; i++)
                {
                    Indices[row * K + i] = (order[i] * 2 + Tokens[row]) % (Latents - 1);
                    Values[row * K + i] = random.Next(4) == 0 ? 0 : (1 + random.Next(39)) / 8f;
                }
            }
        }

        public static int Rows => Context * Contexts;

        public int[] Tokens { get; } = new int[Rows];

        public int[] Documents { get; } = new int[Rows];

        public bool[] Counted { get; } = new bool[Rows];

        public long[] Indices { get; } = new long[Rows * K];

        public float[] Values { get; } = new float[Rows * K];

        /// <summary>The value of a latent on a row, read slowly.</summary>
        public float Value(int row, int latent)
        {
            for (var i = row * K; Counted[row] && i < (row + 1) * K; i++)
            {
                if (Indices[i] == latent)
                    return Values[i];
            }
            return 0;
        }
    }

    private static readonly Text Sample = new();

    private static AtlasBuilder Build(int contextsPerBatch)
    {
        var builder = new AtlasBuilder(Spec, Latents, Vocabulary);
        for (var at = 0; at < Text.Rows; at += contextsPerBatch * Context)
        {
            using var scope = NewDisposeScope();
            var rows = Math.Min(contextsPerBatch * Context, Text.Rows - at);
            var fired = new SparseLatents(
                tensor(Sample.Indices.AsSpan(at * K, rows * K).ToArray(), [rows, K]), tensor(Sample.Values.AsSpan(at * K, rows * K).ToArray(), [rows, K]));
            builder.Add(Sample.Tokens.AsSpan(at, rows), Sample.Documents.AsSpan(at, rows), Context, Sample.Counted.AsSpan(at, rows), fired);
        }
        builder.Complete();
        return builder;
    }

    [Fact]
    public void Everything_is_what_a_slow_reading_finds()
    {
        var builder = Build(100);
        Assert.Equal(Sample.Counted.Count(counts => counts), builder.Counted);
        for (var latent = 0; latent < Latents; latent++)
        {
            var record = builder.Records[latent];
            var fired = Enumerable.Range(0, Text.Rows).Select(row => (Row: row, Value: Sample.Value(row, latent))).Where(entry => entry.Value > 0).ToArray();
            Assert.Equal(fired.Length, record.Count);
            Assert.Equal(fired.Sum(entry => (double)entry.Value), record.Sum, 1e-9);
            Assert.Equal(fired.Select(entry => entry.Value).DefaultIfEmpty().Max(), record.Max);
            Assert.Equal(fired.Length, record.Histogram.Sum());

            var best = fired.GroupBy(entry => Sample.Documents[entry.Row]).Select(group => group.MaxBy(entry => (entry.Value, -entry.Row)))
                .OrderByDescending(entry => entry.Value).ThenBy(entry => entry.Row).Take(Spec.TopExamples);
            Assert.Equal(best, record.Top.Select(example => ((int)example.Row, example.Value)));

            Assert.Equal(fired.Select(entry => Math.ILogB(entry.Value)).Distinct().OrderDescending(), record.Intervals.Select(interval => interval.Exponent));
            foreach (var (exponent, examples) in record.Intervals)
            {
                var inside = fired.Where(entry => Math.ILogB(entry.Value) == exponent).ToArray();
                Assert.Equal(Math.Min(inside.Length, Spec.ExamplesPerInterval), examples.Select(example => example.Row).Distinct().Count());
                Assert.All(examples, example => Assert.Contains(((int)example.Row, example.Value), inside));
            }
            foreach (var example in record.Top.Concat(record.Intervals.SelectMany(interval => interval.Examples)))
                AssertWindow(example, latent);

            var tokens = fired.CountBy(entry => Sample.Tokens[entry.Row]);
            Assert.Equal(0, record.Tokens.Error);
            Assert.Equal(Ordered(tokens), record.Tokens.Items);
            var partners = fired.SelectMany(entry => Enumerable.Range(0, Latents).Where(other => other != latent && Sample.Value(entry.Row, other) > 0)).CountBy(other => other);
            Assert.Equal(Ordered(partners), record.Partners.Items);
        }
        Assert.Equal(0, builder.Records[Latents - 1].Count);
    }

    [Fact]
    public void Neither_batches_nor_threads_move_a_bit()
    {
        var before = Workers.Count;
        try
        {
            Workers.Count = 2;
            var expected = Describe(Build(100));
            Workers.Count = 1;
            Assert.Equal(expected, Describe(Build(7)));
        }
        finally
        {
            Workers.Count = before;
        }
    }

    [Fact]
    public void Random_examples_are_spread_over_the_text()
    {
        var rows = Build(100).Records.SelectMany(record => record.Intervals).Where(interval => interval.Examples.Count == Spec.ExamplesPerInterval)
            .SelectMany(interval => interval.Examples).Select(example => example.Row / (double)Text.Rows).ToArray();
        Assert.True(rows.Length > 300);
        Assert.InRange(rows.Average(), 0.45, 0.55);
        Assert.InRange(rows.Count(at => at < 0.25) / (double)rows.Length, 0.18, 0.32);
    }

    [Fact]
    public void Rows_that_do_not_agree_are_refused()
    {
        using var fired = new SparseLatents(zeros(8, K, dtype: ScalarType.Int64), zeros(8, K));
        var builder = new AtlasBuilder(Spec, Latents, Vocabulary);
        Assert.Contains("whole contexts", Assert.Throws<InterpException>(() => builder.Add(new int[8], new int[8], 3, new bool[8], fired)).Message);
        Assert.Contains("7 documents", Assert.Throws<InterpException>(() => builder.Add(new int[8], new int[7], 8, new bool[8], fired)).Message);
    }

    private static void AssertWindow(LatentExample example, int latent)
    {
        var row = (int)example.Row;
        var context = row / Context * Context;
        var (start, end) = (Math.Max(context, row - Spec.TokensBefore), Math.Min(context + Context, row + 1 + Spec.TokensAfter));
        Assert.Equal(row - start, example.Focus);
        Assert.Equal(Sample.Documents[row], example.Document);
        Assert.Equal(Sample.Tokens[start..end], example.Tokens);
        Assert.Equal(Enumerable.Range(start, end - start).Select(at => Sample.Value(at, latent)), example.Values);
    }

    private static IEnumerable<(int, int)> Ordered(IEnumerable<KeyValuePair<int, int>> counts) =>
        counts.OrderByDescending(entry => entry.Value).ThenBy(entry => entry.Key).Select(entry => (entry.Key, entry.Value));

    private static string[] Describe(AtlasBuilder builder) =>
        [.. builder.Records.Select(record => FormattableString.Invariant($"{record.Count} {record.Sum:R} {record.Max:R} {string.Join(',', record.Histogram)} {string.Join(',', record.Top.Select(example => example.Row))} {string.Join(',', record.Intervals.SelectMany(interval => interval.Examples.Select(example => example.Row)))} {string.Join(',', record.Tokens.Items)} {string.Join(',', record.Partners.Items)}"))];
}
