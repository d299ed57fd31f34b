using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Features;

/// <summary>What a latent at a position does for one token against another.</summary>
/// <param name="Latent">Its number.</param>
/// <param name="Position">Which token of the prompt, from 0.</param>
/// <param name="Activation">Its value there.</param>
/// <param name="Attribution">Activation × gradient of the logit difference along the decoder row: what it contributes if the model were linear, logits.</param>
/// <param name="Effect">By how much the logit difference falls when the latent is taken away there alone; null where that was not tried.</param>
public sealed record LatentAttribution(int Latent, int Position, float Activation, double Attribution, double? Effect);

/// <summary>Why a model prefers one token to another.</summary>
/// <param name="A">Id of the token.</param>
/// <param name="B">Id of the other.</param>
/// <param name="Difference">Logit of A less that of B after the prompt.</param>
/// <param name="Active">Pairs of latent and position that are active.</param>
/// <param name="Latents">Those with the largest attributions of either sign, largest magnitude first.</param>
/// <param name="Pearson">Correlation of attribution and effect over those that were tried; null where they do not vary.</param>
/// <param name="Spearman">The same of their ranks.</param>
/// <param name="Tried">How many were taken away: those with the largest attributions.</param>
public sealed record AttributionResult(int A, int B, double Difference, int Active, IReadOnlyList<LatentAttribution> Latents, double? Pearson, double? Spearman, int Tried);

/// <summary>
/// Attribution of a logit difference to active latents, and what becomes of it without them ("Scaling Monosemanticity", 2024): with f a latent's value
/// on a token, d its decoder row in the token's own scale and ∇ the gradient with respect to the activations x of the token, f·(d·∇) is the first-order
/// estimate of the difference less the one with x - f·d in place of x. The error of the autoencoder stays.
/// </summary>
public static class Attribution
{
    /// <summary>Positions of one pass.</summary>
    private const int PassPositions = 2048;

    /// <summary>Attributes the preference for one token over another after a prompt.</summary>
    /// <param name="microscope">Model and autoencoder.</param>
    /// <param name="prompt">The prompt.</param>
    /// <param name="a">Id of a token, such as <see cref="Microscope.IdAfter"/> gives it.</param>
    /// <param name="b">Id of the token that it is compared with.</param>
    /// <param name="limit">How many pairs of latent and position are listed.</param>
    /// <param name="tried">How many are taken away, one at a time, those with the largest attributions; may be more than are listed.</param>
    /// <param name="cancel">Stops before the next pass.</param>
    /// <exception cref="InterpException">A token is not the model's, the prompt is empty or too long, or the autoencoder is a transcoder.</exception>
    public static AttributionResult Of(Microscope microscope, string prompt, int a, int b, int limit = 20, int tried = 20, CancellationToken cancel = default)
    {
        Require(microscope, a, b);
        var (reading, ids) = (microscope.Read(prompt), microscope.IdsOf(prompt));
        if (reading.Ids.Count == 0)
            throw new InterpException("The prompt has no token; write at least one word.");
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var function = new LogitDifference(microscope.Model, microscope.Hook, ids, a, b);
        var (difference, rows, gradient) = function.Gradient();
        var contributions = new Contributions(microscope, rows, gradient, ids.Length - reading.Ids.Count);
        var active = Enumerable.Range(0, reading.Ids.Count).SelectMany(token => contributions.Of(reading, token))
            .OrderByDescending(pair => Math.Abs(pair.Attribution)).ThenBy(pair => pair.Position).ThenBy(pair => pair.Latent).ToArray();
        var effects = Effects(function, [.. active.Take(tried).Select(pair => (contributions.PositionOf(pair), contributions.VectorOf(pair).neg()))], PassPositions / ids.Length, cancel);
        var attributions = active.Take(effects.Length).Select(pair => pair.Attribution).ToArray();
        return new AttributionResult(a, b, difference, active.Length, [.. active.Take(limit).Select((pair, i) => i < effects.Length ? pair with { Effect = effects[i] } : pair)],
            Correlation.Pearson(attributions, effects), Correlation.Spearman(attributions, effects), effects.Length);
    }

    /// <summary>By how much the difference falls with each vector added; each pass has a clean text to compare with.</summary>
    private static double[] Effects(LogitDifference function, (int Position, Tensor Vector)[] added, int texts, CancellationToken cancel)
    {
        var effects = new List<double>();
        foreach (var part in added.Chunk(Math.Max(1, texts - 1)))
        {
            cancel.ThrowIfCancellationRequested();
            var differences = function.With([(-1, part[0].Vector), .. part]);
            effects.AddRange(differences.Skip(1).Select(difference => differences[0] - difference));
        }
        return [.. effects];
    }

    private static void Require(Microscope microscope, int a, int b)
    {
        if (microscope.Sae.Kind.IsTranscoder)
            throw new InterpException($"Attribution needs an autoencoder that reconstructs its input, and this is a {microscope.Sae.Kind.Name}; give another.");
        foreach (var id in new[] { a, b })
        {
            if (id < 0 || id >= microscope.Model.Config.VocabularySize)
                throw new InterpException($"There is no token {id}; the model's vocabulary has {microscope.Model.Config.VocabularySize}.");
        }
    }

    /// <summary>What the latents of a prompt write, and how that meets the gradient.</summary>
    /// <param name="microscope">Model and autoencoder.</param>
    /// <param name="rows">[T, d].</param>
    /// <param name="gradient">[T, d].</param>
    /// <param name="added">Tokens in front of the prompt's own.</param>
    private sealed class Contributions(Microscope microscope, Tensor rows, Tensor gradient, int added)
    {
        private readonly Tensor decoder = microscope.Sae.DecoderWeight;
        private readonly Tensor gradient = gradient.to(microscope.Sae.Precision, microscope.Sae.Device);
        private readonly double[]? factors = microscope.Sae.Normalise(rows).Factor?.expand(rows.size(0), 1).reshape(-1).to(ScalarType.Float64, CPU).data<double>().ToArray();

        public int PositionOf(LatentAttribution pair) => added + pair.Position;

        /// <summary>f·d, [d].</summary>
        public Tensor VectorOf(LatentAttribution pair) => decoder[pair.Latent] * (pair.Activation * FactorAt(pair.Position));

        /// <summary>All latents of a token.</summary>
        public IEnumerable<LatentAttribution> Of(Reading reading, int token)
        {
            var (latents, values) = (reading.LatentsAt(token).ToArray(), reading.ValuesAt(token).ToArray());
            if (latents.Length == 0)
                return [];
            using var scope = NewDisposeScope();
            var along = decoder.index_select(0, tensor(latents.Select(latent => (long)latent).ToArray(), device: decoder.device)).mv(gradient[added + token]).to(ScalarType.Float64, CPU).data<double>().ToArray();
            return latents.Select((latent, i) => new LatentAttribution(latent, token, values[i], values[i] * FactorAt(token) * along[i], null)).ToArray();
        }

        private double FactorAt(int token) => factors?[added + token] ?? 1;
    }
}
