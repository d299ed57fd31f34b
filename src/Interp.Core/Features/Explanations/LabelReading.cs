using Interp.Activations;
using Interp.Autoencoders;
using Interp.Pretraining;
using static TorchSharp.torch;

namespace Interp.Features;

/// <summary>Takes labelled texts through model and autoencoder, each by itself behind the token that begins a context.</summary>
public static class LabelReading
{
    /// <summary>Counts how labels and firings meet.</summary>
    /// <param name="source">Model, autoencoder and how text is read; its own text is not.</param>
    /// <param name="texts">The texts; a text is cut to a context.</param>
    /// <param name="concepts">Number of concepts.</param>
    /// <param name="max">Largest value of each latent.</param>
    /// <param name="progress">Is told how many texts are done.</param>
    /// <param name="cancel">Asks to stop.</param>
    public static ConceptFitting Read(AtlasSource source, IReadOnlyList<LabelledText> texts, int concepts, IReadOnlyList<float> max, Action<int>? progress = null, CancellationToken cancel = default)
    {
        var fitting = new ConceptFitting(concepts, max);
        var lead = source.BosId is null ? 0 : 1;
        var contexts = Contexts(source, texts, lead);
        using var live = source.Live(contexts);
        AtlasPass.Run(source.Autoencoder, live, (chunk, _, latents) =>
        {
            using var scope = NewDisposeScope();
            var cpu = new SparseLatents(latents.Indices.cpu().contiguous(), latents.Values.to(ScalarType.Float32, CPU).contiguous());
            foreach (var (start, count) in chunk)
            {
                var text = contexts.ContextOf(start);
                var (from, tokens) = (start - chunk[0].Start + lead, count - lead);
                fitting.Add(texts[text].Labels, new SparseLatents(cpu.Indices.narrow(0, from, tokens), cpu.Values.narrow(0, from, tokens)));
                progress?.Invoke(text + 1);
            }
        }, null, cancel);
        return fitting;
    }

    private static TokenContexts Contexts(AtlasSource source, IReadOnlyList<LabelledText> texts, int lead)
    {
        var (tokens, documents, starts) = (new List<int>(), new List<int>(), new List<int>());
        for (var text = 0; text < texts.Count; text++)
        {
            starts.Add(tokens.Count);
            if (source.BosId is { } bos)
                tokens.Add(bos);
            tokens.AddRange(texts[text].Tokens.Take(source.Contexts.Length - lead));
            documents.AddRange(Enumerable.Repeat(text, tokens.Count - documents.Count));
        }
        return new TokenContexts(source.Contexts.Length, [.. tokens], [.. documents], [.. starts]);
    }
}
