using System.Diagnostics;
using Interp.Activations;
using Interp.Autoencoders;
using Interp.Models;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Features;

/// <summary>Makes atlases.</summary>
public static class AtlasMaking
{
    /// <summary>Rows at the start of the text from which the median norm is taken.</summary>
    private const int NormRows = AtlasPass.ChunkRows;

    /// <summary>Is told of a step, how much of it is done, and its total.</summary>
    public delegate void Progress(string step, long done, long total);

    /// <summary>Makes an atlas and writes it to a folder. The same source and spec give the same bytes, whatever the number of threads.</summary>
    /// <param name="source">What it is made of.</param>
    /// <param name="spec">What is kept.</param>
    /// <param name="summary">Names and digests; the figures are filled in.</param>
    /// <param name="folder">Where it goes; an atlas that is there is replaced at the end.</param>
    /// <param name="progress">Is told how far it is.</param>
    /// <param name="cancel">Asks to stop; nothing is written then.</param>
    /// <exception cref="InterpException">The autoencoder does not fit the hook, or a file cannot be written.</exception>
    public static AtlasTimes Run(AtlasSource source, AtlasSpec spec, AtlasSummary summary, string folder, Progress? progress = null, CancellationToken cancel = default)
    {
        var sae = source.Autoencoder;
        if (sae.Width != source.Model.Config.WidthOf(source.Hook))
            throw new InterpException($"The autoencoder reads {sae.Width} numbers per token, but {source.Hook} has {source.Model.Config.WidthOf(source.Hook)}; name the model and hook that it was trained on.");
        var clock = Stopwatch.StartNew();
        var builder = new AtlasBuilder(spec, sae.Latents, source.Model.Config.VocabularySize);
        var known = new FiringSample(sae.Latents, spec.RuleTokens);
        var limit = NormLimit(source);
        var recording = Read(source, source.Contexts, limit, (contexts, tokens, documents, counts, fired) =>
        {
            foreach (var (start, count) in contexts)
            {
                using var part = new SparseLatents(fired.Indices.narrow(0, start, count), fired.Values.narrow(0, start, count));
                builder.Add(tokens.AsSpan(start, count), documents.AsSpan(start, count), count, counts.AsSpan(start, count), part);
                known.Add(tokens.AsSpan(start, count), documents.AsSpan(start, count), counts.AsSpan(start, count), part);
            }
        }, done => progress?.Invoke("text", done, source.Contexts.Rows), cancel);
        var completing = Stopwatch.StartNew();
        builder.Complete();
        recording += completing.Elapsed.TotalSeconds;
        var pass = clock.Elapsed.TotalSeconds;

        clock.Restart();
        var (explanations, heldOutTokens) = Explain(source, spec, known, limit, progress, cancel);
        var explaining = clock.Elapsed.TotalSeconds;

        clock.Restart();
        var concepts = source.Labels is { } labels ? Fit(source, labels, builder, progress, cancel) : new ConceptFit?[sae.Latents];
        var fitting = clock.Elapsed.TotalSeconds;

        clock.Restart();
        var pages = new AtlasPages(source, spec, builder, explanations, concepts);
        var complete = summary with { Tokens = builder.Counted, Rows = source.Contexts.Rows, HeldOutTokens = heldOutTokens, Latents = sae.Latents, Spec = spec };
        AtlasWriter.Write(folder, complete, latent => builder.Records[latent].Histogram, pages.All(done => progress?.Invoke("weights", done, sae.Latents), cancel));
        return new AtlasTimes(pass, recording, explaining, fitting, clock.Elapsed.TotalSeconds);
    }

    private delegate void TakeChunk(IReadOnlyList<(int Start, int Count)> contexts, int[] tokens, int[] documents, bool[] counts, SparseLatents fired);

    /// <summary>Reads contexts; the seconds that were spent in <paramref name="take"/>.</summary>
    private static double Read(AtlasSource source, TokenContexts contexts, double normLimit, TakeChunk take, Action<long>? progress, CancellationToken cancel)
    {
        using var live = source.Live(contexts);
        var taking = new Stopwatch();
        AtlasPass.Run(source.Autoencoder, live, (chunk, activations, latents) =>
        {
            taking.Start();
            using var scope = NewDisposeScope();
            var (first, rows) = (chunk[0].Start, (int)activations.size(0));
            var tokens = contexts.Tokens.Slice(first, rows).ToArray();
            var cpu = new SparseLatents(latents.Indices.cpu().contiguous(), latents.Values.to(ScalarType.Float32, CPU).contiguous());
            take([.. chunk.Select(context => (context.Start - first, context.Count))], tokens, contexts.Documents.Slice(first, rows).ToArray(),
                Counts(source, chunk, tokens, activations, normLimit), cpu);
            taking.Stop();
        }, progress, cancel);
        return taking.Elapsed.TotalSeconds;
    }

    private static bool[] Counts(AtlasSource source, IReadOnlyList<(int Start, int Count)> chunk, int[] tokens, Tensor activations, double normLimit)
    {
        using var scope = NewDisposeScope();
        var norms = double.IsPositiveInfinity(normLimit) ? [] : TensorMemory.Span<double>(activations.to(ScalarType.Float64).square().sum(1).sqrt()).ToArray();
        var counts = new bool[tokens.Length];
        foreach (var (start, count) in chunk)
        {
            for (var position = source.Skipping.Positions; position < count; position++)
            {
                var row = start - chunk[0].Start + position;
                counts[row] = !source.Tokenizer.IsSpecial(tokens[row]) && (norms.Length == 0 || norms[row] <= normLimit);
            }
        }
        return counts;
    }

    private static double NormLimit(AtlasSource source)
    {
        if (source.Skipping.NormFactor is null)
            return double.PositiveInfinity;
        var contexts = 1;
        while (contexts < source.Contexts.Count && source.Contexts.RowsOf(contexts).Start < NormRows)
            contexts++;
        using var live = source.Live(source.Contexts.Range(0, contexts));
        return source.Skipping.NormLimit(live);
    }

    private static (Explanation?[] Explanations, long HeldOutTokens) Explain(AtlasSource source, AtlasSpec spec, FiringSample known, double normLimit, Progress? progress, CancellationToken cancel)
    {
        known.Complete();
        var fitting = new RuleFitting(known);
        var rules = new LatentRule?[source.Autoencoder.Latents];
        var done = 0;
        Workers.For(rules.Length, latent =>
        {
            rules[latent] = fitting.Fit(latent);
            if (Interlocked.Increment(ref done) is var now && now % 64 == 0)
                progress?.Invoke("rules", now, rules.Length);
        }, cancel);
        var heldOut = new FiringSample(rules.Length, int.MaxValue);
        Read(source, source.HeldOut, normLimit, (contexts, tokens, documents, counts, fired) =>
        {
            foreach (var (start, count) in contexts)
            {
                using var part = new SparseLatents(fired.Indices.narrow(0, start, count), fired.Values.narrow(0, start, count));
                heldOut.Add(tokens.AsSpan(start, count), documents.AsSpan(start, count), counts.AsSpan(start, count), part);
            }
        }, read => progress?.Invoke("held-out text", read, source.HeldOut.Rows), cancel);
        heldOut.Complete();
        var pieces = new Tokenization.TokenPieces(source.Tokenizer);
        var explanations = new Explanation?[rules.Length];
        Workers.For(rules.Length, latent =>
        {
            if (rules[latent] is not { } rule)
                return;
            var score = rule.ScoreOn(heldOut, latent);
            explanations[latent] = new Explanation(rule.Text(pieces), score.F1, score.Precision, score.Recall);
        }, cancel);
        return (explanations, heldOut.Counted);
    }

    private static ConceptFit?[] Fit(AtlasSource source, AtlasLabels labels, AtlasBuilder builder, Progress? progress, CancellationToken cancel)
    {
        float[] max = [.. builder.Records.Select(record => record.Max)];
        var total = labels.Fit.Count + labels.HeldOut.Count;
        return ConceptFitting.Best(labels.Names, LabelReading.Read(source, labels.Fit, labels.Names.Count, max, done => progress?.Invoke("labels", done, total), cancel),
            LabelReading.Read(source, labels.HeldOut, labels.Names.Count, max, done => progress?.Invoke("labels", labels.Fit.Count + done, total), cancel));
    }
}
