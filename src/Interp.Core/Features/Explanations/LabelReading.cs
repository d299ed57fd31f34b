using Interp.Activations;
using Interp.Autoencoders;
using Interp.Pretraining;
using Interp.Runtime;
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
        Run(source, texts, (text, latents) =>
        {
            fitting.Add(texts[text].Labels, latents);
            progress?.Invoke(text + 1);
        }, cancel);
        return fitting;
    }

    /// <summary>The largest value of each latent on some texts.</summary>
    /// <param name="source">Model, autoencoder and how text is read; its own text is not.</param>
    /// <param name="texts">The texts; a text is cut to a context.</param>
    /// <param name="cancel">Asks to stop.</param>
    /// <returns>[M], 0 for a latent that does not fire.</returns>
    public static float[] Largest(AtlasSource source, IReadOnlyList<LabelledText> texts, CancellationToken cancel = default)
    {
        var max = new float[source.Autoencoder.Latents];
        Run(source, texts, (_, latents) =>
        {
            var index = TensorMemory.Span<long>(latents.Indices);
            var value = TensorMemory.Span<float>(latents.Values);
            for (var i = 0; i < index.Length; i++)
                max[(int)index[i]] = Math.Max(max[(int)index[i]], value[i]);
        }, cancel);
        return max;
    }

    private static void Run(AtlasSource source, IReadOnlyList<LabelledText> texts, Action<int, SparseLatents> take, CancellationToken cancel)
    {
        var lead = source.BosId is null ? 0 : 1;
        var contexts = Contexts(source, texts, lead);
        using var live = source.Live(contexts);
        AtlasPass.Run(source.Autoencoder, live, (chunk, _, latents) =>
        {
            using var scope = NewDisposeScope();
            var cpu = new SparseLatents(latents.Indices.cpu().contiguous(), latents.Values.to(ScalarType.Float32, CPU).contiguous());
            foreach (var (start, count) in chunk)
            {
                var (from, tokens) = (start - chunk[0].Start + lead, count - lead);
                take(contexts.ContextOf(start), new SparseLatents(cpu.Indices.narrow(0, from, tokens), cpu.Values.narrow(0, from, tokens)));
            }
        }, null, cancel);
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
