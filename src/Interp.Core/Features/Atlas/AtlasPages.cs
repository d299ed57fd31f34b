using Interp.Runtime;
using Interp.Tokenization;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Features;

/// <summary>The pages of an atlas, one after the other, from what one pass learned and from the weights.</summary>
internal sealed class AtlasPages(AtlasSource source, AtlasSpec spec, AtlasBuilder builder, Explanation?[] explanations, ConceptFit?[] concepts)
{
    private readonly TokenPieces pieces = new(source.Tokenizer);

    public IEnumerable<LatentPage> All(Action<int> progress, CancellationToken cancel)
    {
        var sae = source.Autoencoder;
        var decoder = sae.DecoderWeight;
        var cosines = Cosines();
        var (x, y) = DecoderMap.Of(decoder, [.. builder.Records.Select(record => record.Count > 0)]);
        using var effects = (source.Target ?? source.Hook).WritesToStream ? LogitEffects.Of(source.Model, decoder, spec.LogitEffects, cancel: cancel).GetEnumerator() : null;
        var latent = 0;
        foreach (var neighbours in DecoderNeighbours.Of(decoder, spec.Neighbours, progress, cancel))
        {
            var (raised, lowered) = effects?.MoveNext() == true ? effects.Current : ([], []);
            yield return Page(latent, neighbours, raised, lowered, cosines[latent], [x[latent], y[latent]]);
            latent++;
        }
    }

    private LatentPage Page(int latent, Neighbour[] neighbours, LogitEffect[] raised, LogitEffect[] lowered, float cosine, float[] place)
    {
        var record = builder.Records[latent];
        var tokens = record.Tokens.Items;
        return new LatentPage
        {
            Id = latent,
            Count = record.Count,
            Density = builder.Counted == 0 ? 0 : (double)record.Count / builder.Counted,
            Max = record.Max,
            Mean = record.Count == 0 ? 0 : record.Sum / record.Count,
            DecoderEncoderCosine = cosine,
            SingleTokenRatio = record.Count == 0 ? 0 : (double)tokens.FirstOrDefault().Count / record.Count,
            Histogram = Histogram(record),
            Top = [.. record.Top.Select(Example)],
            Intervals = [.. record.Intervals.Select(interval => new PageInterval(Math.ScaleB(1, interval.Exponent), Math.ScaleB(1, interval.Exponent + 1), [.. interval.Examples.Select(Example)]))],
            Raised = [.. raised.Select(Effect)],
            Lowered = [.. lowered.Select(Effect)],
            Neighbours = [.. neighbours.Select(other => new PageNeighbour(other.Latent, other.Cosine))],
            CoFiring = [.. record.Partners.Items.Take(spec.CoFiring).Select(other => new CoFiringLatent(other.Item, other.Count, (double)other.Count / record.Count))],
            Tokens = [.. tokens.Take(spec.TopTokens).Select(token => new TokenCount(token.Item, pieces.Of(token.Item), token.Count))],
            Concept = concepts[latent],
            Explanation = explanations[latent],
            Map = place,
        };
    }

    private PageExample Example(LatentExample example) =>
        new(example.Document, example.Row, example.Value, example.Focus, pieces.Of(example.Tokens), example.Values);

    private TokenEffect Effect(LogitEffect effect) => new(effect.Token, pieces.Of(effect.Token), effect.Effect);

    private static HistogramBin[] Histogram(LatentRecord record)
    {
        var (first, last) = (Array.FindIndex(record.Histogram, count => count > 0), Array.FindLastIndex(record.Histogram, count => count > 0));
        return first < 0 ? [] : [.. Enumerable.Range(first, last - first + 1).Select(bin => new HistogramBin(
            ActivationHistogram.LowerEdge(bin), bin == ActivationHistogram.Bins - 1 ? record.Max : ActivationHistogram.LowerEdge(bin + 1), record.Histogram[bin]))];
    }

    /// <summary>Cosine of each latent's decoder and encoder rows, [M]; 0 for a transcoder between widths.</summary>
    private float[] Cosines()
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var sae = source.Autoencoder;
        if (sae.Width != sae.OutputWidth)
            return new float[sae.Latents];
        var cosines = nn.functional.cosine_similarity(sae.DecoderWeight, sae.EncoderWeight, 1).to(ScalarType.Float32, CPU).contiguous();
        return TensorMemory.Span<float>(cosines).ToArray();
    }
}
