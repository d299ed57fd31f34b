using Interp.Hooks;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Features;

/// <summary>What a strength of steering does.</summary>
/// <param name="Strength">The strength, in the recipe's unit.</param>
/// <param name="Effect">By how much steering raises the log-probability of the watched tokens, nats: the mean over them and over the positions of the plain text that follow the prompt.</param>
/// <param name="Perplexity">exp of the steered text's mean negative log-probability under the plain model; null for a text without tokens.</param>
/// <param name="Repetition">Share of the steered text's runs of four tokens that stand in it already (seq-rep-4 of Welleck et al., "Neural text generation with unlikelihood training", 2020).</param>
/// <param name="Text">The steered text.</param>
public sealed record DosePoint(double Strength, double Effect, double? Perplexity, double Repetition, string Text);

/// <summary>How the effect of a latent, and the harm to the text, grow with the strength of steering.</summary>
public static class DoseResponse
{
    /// <summary>The tokens whose logits a latent raises most, the usual ones to watch.</summary>
    /// <exception cref="InterpException">The autoencoder does not write to the residual stream.</exception>
    public static IReadOnlyList<int> RaisedBy(Microscope microscope, int latent, int count = 10)
    {
        if (!microscope.Hook.WritesToStream)
            throw new InterpException($"A dose is measured by the tokens whose logits a latent raises, and what the latents of {microscope.Hook} write is not the residual stream; steer without it.");
        using var rows = microscope.Sae.DecoderWeight.narrow(0, latent, 1);
        return [.. LogitEffects.Of(microscope.Model, rows, count).Single().Raised.Select(effect => effect.Token)];
    }

    /// <summary>Steers with one strength after the other.</summary>
    /// <param name="microscope">Model and autoencoder.</param>
    /// <param name="recipe">How; its one latent's strength is replaced.</param>
    /// <param name="strengths">The strengths, in the recipe's unit.</param>
    /// <param name="watched">Tokens whose log-probabilities are compared, at least one.</param>
    /// <param name="figures">Where maxima come from; null where the unit is another.</param>
    /// <param name="cancel">Stops before the next token.</param>
    /// <exception cref="InterpException">The recipe has not one latent or is wrong otherwise, or no token is watched.</exception>
    public static IEnumerable<DosePoint> Of(
        Microscope microscope, SteeringRecipe recipe, IReadOnlyList<double> strengths, IReadOnlyList<int> watched, ILatentFigures? figures = null, CancellationToken cancel = default)
    {
        if (recipe.Features is not [var feature])
            throw new InterpException($"A dose is the strength of one latent, and the recipe has {recipe.Features.Count}; give one.");
        if (watched.Count == 0)
            throw new InterpException("No token is watched; give at least one.");
        var doses = strengths.Select(strength => (recipe with { Features = [feature with { Strength = strength }] }).Resolved(figures)).ToArray();
        foreach (var dose in doses)
            dose.Validate(microscope.Sae.Latents);
        return Points(microscope, strengths, doses, watched, cancel);
    }

    /// <summary>Share of runs of so many items that occur before in the list; 0 for lists that are shorter.</summary>
    public static double Repetition(IReadOnlyList<int> items, int run = 4)
    {
        var runs = items.Count - run + 1;
        return runs > 0 ? 1 - Enumerable.Range(0, runs).Select(i => string.Join(' ', items.Skip(i).Take(run))).Distinct().Count() / (double)runs : 0;
    }

    private static IEnumerable<DosePoint> Points(Microscope microscope, IReadOnlyList<double> strengths, SteeringRecipe[] doses, IReadOnlyList<int> watched, CancellationToken cancel)
    {
        if (doses.Length == 0)
            yield break;
        var prompt = microscope.IdsOf(doses[0].Prompt);
        int[] text = [.. prompt, .. SteeredGeneration.Plain(microscope, doses[0], cancel: cancel).Select(token => token.Id)];
        var plain = MeanLogProbability(microscope, text, prompt.Length, [], watched);
        foreach (var (strength, dose) in strengths.Zip(doses))
        {
            var steered = SteeredGeneration.Steered(microscope, dose, cancel: cancel).ToArray();
            var ids = steered.Select(token => token.Id).ToArray();
            var effect = MeanLogProbability(microscope, text, prompt.Length, SteeredGeneration.Changes(microscope, dose, prompt.Length)([.. text]), watched) - plain;
            yield return new DosePoint(strength, effect, Perplexity(microscope, prompt, ids), Repetition(ids), string.Concat(steered.Select(token => token.Text)));
        }
    }

    /// <summary>Mean log-probability of tokens as the next one, over the last position of the prompt and those behind it.</summary>
    private static double MeanLogProbability(Microscope microscope, int[] ids, int prompt, Intervention[] changes, IReadOnlyList<int> watched)
    {
        using var scope = NewDisposeScope();
        var predictions = LogProbabilities(microscope, ids, prompt, changes);
        return predictions.index_select(1, tensor(watched.Select(id => (long)id).ToArray(), device: predictions.device)).mean().ToDouble();
    }

    private static double? Perplexity(Microscope microscope, int[] prompt, int[] added)
    {
        if (added.Length == 0)
            return null;
        using var scope = NewDisposeScope();
        var predictions = LogProbabilities(microscope, [.. prompt, .. added], prompt.Length, []).narrow(0, 0, added.Length);
        var chosen = predictions.gather(1, tensor(added.Select(id => (long)id).ToArray(), [added.Length, 1], device: predictions.device));
        return Math.Exp(-chosen.mean().ToDouble());
    }

    /// <summary>Log-probabilities [positions, V] in float64 of what follows the last position of the prompt, and each one behind it.</summary>
    private static Tensor LogProbabilities(Microscope microscope, int[] ids, int prompt, Intervention[] changes)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var tokens = tensor(ids.Select(id => (long)id).ToArray(), [1, ids.Length], device: microscope.Model.Device);
        using var run = microscope.Model.Run(tokens, [], changes);
        return run.Logits![0].narrow(0, prompt - 1, ids.Length - prompt + 1).to(ScalarType.Float64).log_softmax(1).MoveToOuterDisposeScope();
    }
}
