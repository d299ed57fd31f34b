using Interp.Hooks;
using Interp.Models;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Pretraining;

/// <summary>One text whose tokens are labelled.</summary>
/// <param name="Tokens">Ids without the token that begins a text.</param>
/// <param name="Labels">[concept][token]: whether the concept holds.</param>
public sealed record LabelledText(int[] Tokens, bool[][] Labels);

/// <summary>How well a linear probe finds a concept.</summary>
/// <param name="Concept">Index of the concept.</param>
/// <param name="FitPositives">Tokens of the fit on which it holds.</param>
/// <param name="Positives">Held-out tokens on which it holds.</param>
/// <param name="Tokens">Held-out tokens.</param>
/// <param name="Auc">Area under the ROC curve on the held-out texts; NaN when the concept does not vary there.</param>
public sealed record ProbeResult(int Concept, int FitPositives, int Positives, int Tokens, double Auc);

/// <summary>Fits a linear probe for each concept to a model's activations and measures it on other texts.</summary>
public static class ConceptProbes
{
    /// <summary>Probes the values at one point. Each text is run by itself, cut to the model's context; the token that begins it is left out.</summary>
    public static IReadOnlyList<ProbeResult> Run(LanguageModel model, HookPoint point, IReadOnlyList<LabelledText> fit, IReadOnlyList<LabelledText> heldOut)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var (design, mean, deviation) = LinearProbe.Standardise(Activations(model, point, fit));
        var (test, _, _) = LinearProbe.Standardise(Activations(model, point, heldOut), mean, deviation);
        var results = new ProbeResult[fit[0].Labels.Length];
        Workers.For(results.Length, concept =>
        {
            var known = Labels(model, fit, concept);
            var truth = Labels(model, heldOut, concept);
            using var weights = LinearProbe.Fit(design, known);
            results[concept] = new ProbeResult(concept, known.Count(holds => holds), truth.Count(holds => holds), truth.Length,
                RankedScores.Auc(LinearProbe.Score(test, weights), truth));
        });
        return results;
    }

    /// <summary>[n, d] over all tokens that fit the context, text after text.</summary>
    private static Tensor Activations(LanguageModel model, HookPoint point, IReadOnlyList<LabelledText> texts)
    {
        var rows = new Tensor[texts.Count];
        Workers.For(texts.Count, i =>
        {
            using var scope = NewDisposeScope();
            using var _ = no_grad();
            long[] tokens = [model.Config.BosId!.Value, .. texts[i].Tokens.Take(Kept(model, texts[i])).Select(token => (long)token)];
            using var run = model.Run(tensor(tokens, [1, tokens.Length], dtype: ScalarType.Int64, device: CPU), [point], stopAfter: point);
            rows[i] = run[point].squeeze(0).narrow(0, 1, tokens.Length - 1).clone().DetachFromDisposeScope();
        });
        var all = cat(rows, 0);
        foreach (var row in rows)
            row.Dispose();
        return all;
    }

    private static bool[] Labels(LanguageModel model, IReadOnlyList<LabelledText> texts, int concept) =>
        [.. texts.SelectMany(text => text.Labels[concept].Take(Kept(model, text)))];

    private static int Kept(LanguageModel model, LabelledText text) => Math.Min(text.Tokens.Length, model.Config.ContextLength - 1);
}
