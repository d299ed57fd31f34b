using Interp.Runtime;
using Interp.Texts;
using Interp.Tokenization;

namespace Interp.Activations;

/// <summary>Tokenizes a corpus, splits it by document, and cuts each split into contexts.</summary>
public static class ContextPacking
{
    private const int LeastAtOnce = 8, MostAtOnce = 128;

    /// <summary>Packs with a tokenizer; see the other overload.</summary>
    public static PackedCorpus Pack(IDocumentSource source, Tokenizer tokenizer, PackingSpec spec, CancellationToken cancel = default) =>
        Pack(source, text => tokenizer.Encode(text, addSpecialTokens: false).Ids, spec.BosOf(tokenizer), spec, spec.SeparatorOf(tokenizer), cancel);

    /// <summary>
    /// Reads documents until both splits have the tokens asked for, or the corpus ends. Which split a document belongs to
    /// follows from the seed and its number alone, except that the first document trains and the second validates, so that a
    /// corpus of two documents has both. A document that itself begins with the token that has just begun its context, as templates
    /// of conversations write it, does not repeat it; one that ends with the separator gets no second one.
    /// </summary>
    /// <param name="source">The corpus; it may be endless.</param>
    /// <param name="encode">Tokens of a text, without special ones; called from several threads at once.</param>
    /// <param name="bos">The token that begins every context, or null.</param>
    /// <param name="spec">Sizes and rules.</param>
    /// <param name="separator">The token that ends every document, or null.</param>
    /// <param name="cancel">Stops the work.</param>
    /// <exception cref="InterpException">A split that was asked for got no token at all.</exception>
    public static PackedCorpus Pack(
        IDocumentSource source, Func<string, int[]> encode, int? bos, PackingSpec spec, int? separator = null, CancellationToken cancel = default)
    {
        spec.Validate(bos);
        var training = new ContextBuilder(spec, bos, separator, spec.TrainingTokens);
        var validation = new ContextBuilder(spec, bos, separator, spec.ValidationTokens);
        var left = new List<string>();
        var draws = new RandomStream(spec.Seed, "corpus/split");
        var number = 0;
        foreach (var documents in Batches(source.Read(left.Add)))
        {
            var sides = documents.Select((_, i) => Side(draws.NextDouble() < spec.ValidationFraction, number + i)).ToArray();
            var ids = new int[documents.Count][];
            Workers.For(documents.Count, i => ids[i] = sides[i].IsFull ? [] : encode(documents[i].Text), cancel);
            for (var i = 0; i < documents.Count; i++)
                sides[i].Add(number + i, ids[i]);
            number += documents.Count;
        }
        string[] notes = [.. left, .. training.Notes("training", source.Name), .. validation.Notes("validation", source.Name)];
        return new PackedCorpus(training.Build(), validation.Build(), bos, training.Documents, validation.Documents, notes);

        // Hardly a document beyond those that are needed is read: documents can be long, or the last ones of the source.
        IEnumerable<List<Document>> Batches(IEnumerable<Document> documents)
        {
            var batch = new List<Document>();
            using var reader = documents.GetEnumerator();
            while (!(training.IsFull && validation.IsFull))
            {
                batch.Clear();
                var count = Math.Clamp(Math.Max(training.StillNeeded(number), validation.StillNeeded(number)), LeastAtOnce, MostAtOnce);
                while (batch.Count < count && reader.MoveNext())
                    batch.Add(reader.Current);
                if (batch.Count == 0)
                    yield break;
                yield return batch;
            }
        }

        ContextBuilder Side(bool validates, int document) => document switch
        {
            0 => spec.TrainingTokens > 0 ? training : validation,
            1 => spec.ValidationTokens > 0 ? validation : training,
            _ => validates ? validation : training,
        };
    }

    /// <summary>Fills the contexts of one split.</summary>
    private sealed class ContextBuilder(PackingSpec spec, int? bos, int? separator, int asked)
    {
        private readonly List<int> tokens = [];
        private readonly List<int> documents = [];
        private readonly List<int> starts = [];
        private readonly int room = spec.ContextLength - (bos is null ? 0 : 1);
        private int left;
        private int taken;

        public bool IsFull => taken == asked;

        public int Documents { get; private set; }

        /// <summary>Documents that are likely to fill it after so many of the corpus; as many again while it has no token.</summary>
        public double StillNeeded(int read) => IsFull ? 0 : taken == 0 ? read : Math.Ceiling((double)(asked - taken) / taken * read);

        public void Add(int document, int[] ids)
        {
            if (IsFull)
                return;
            if (spec.Style == PackingStyle.OneDocument)
                left = 0;
            if (bos is not null && left == 0 && ids is [var start, ..] && start == bos)
                ids = ids[1..];
            if (separator is { } end && (ids is not [.., var last] || last != end))
                ids = [.. ids, end];
            Documents += ids.Length > 0 ? 1 : 0;
            for (var i = 0; i < ids.Length && !IsFull; i++)
            {
                if (left == 0)
                    Begin(document);
                Put(ids[i], document);
                left--;
                taken += spec.Style != PackingStyle.OneDocument || tokens.Count - starts[^1] > spec.UncountedPositions ? 1 : 0;
            }
        }

        public IEnumerable<string> Notes(string split, string corpus)
        {
            if (taken == 0 && asked > 0)
                throw new InterpException(tokens.Count > 0
                    ? $"No {split} document of the corpus {corpus} is longer than the {spec.UncountedPositions} positions that are skipped; skip fewer."
                    : $"The corpus {corpus} has no {split} text; give more documents or another validation fraction.");
            if (taken < asked)
                yield return $"The corpus {corpus} has {taken} {split} tokens, fewer than the {asked} asked for; all are used.";
        }

        public TokenContexts Build() => new(spec.ContextLength, [.. tokens], [.. documents], [.. starts]);

        private void Begin(int document)
        {
            starts.Add(tokens.Count);
            left = room;
            if (bos is { } first)
                Put(first, document);
        }

        private void Put(int id, int document)
        {
            tokens.Add(id);
            documents.Add(document);
        }
    }
}
