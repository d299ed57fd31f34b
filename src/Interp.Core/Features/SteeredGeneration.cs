using Interp.Hooks;
using Interp.Models;
using Interp.Runtime;
using Interp.Tokenization;

namespace Interp.Features;

/// <summary>A token that was added to a prompt.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Text">What it adds to the text: nothing for one that ends inside a character, which comes with its last token.</param>
/// <param name="LogProbability">Its log-probability under the model as it generates, steered or not, at temperature 1, nats.</param>
public readonly record struct TextToken(int Id, string Text, double LogProbability);

/// <summary>Continues prompts with latents changed and unchanged; with and without a cache of keys and values the text is the same.</summary>
public static class SteeredGeneration
{
    /// <summary>The tokens that follow the prompt with the latents changed, each as soon as it is known.</summary>
    /// <param name="microscope">Model and autoencoder.</param>
    /// <param name="recipe">What is changed; <see cref="SteeringRecipe.Resolved"/>.</param>
    /// <param name="cached">Whether keys and values of earlier positions are kept.</param>
    /// <param name="cancel">Stops before the next token.</param>
    /// <exception cref="InterpException">The recipe is wrong for this model and autoencoder.</exception>
    public static IEnumerable<TextToken> Steered(Microscope microscope, SteeringRecipe recipe, bool cached = true, CancellationToken cancel = default)
    {
        recipe = recipe.Resolved(null);
        recipe.Validate(microscope.Sae.Latents);
        if (microscope.Sae.Kind.IsTranscoder)
            throw new InterpException($"Steering needs an autoencoder that reconstructs its input, and this is a {microscope.Sae.Kind.Name}; give another.");
        var prompt = PromptOf(microscope, recipe);
        return Continue(microscope, recipe, prompt, Changes(microscope, recipe, prompt.Length), cached, cancel);
    }

    /// <summary>The tokens that follow the prompt with nothing changed.</summary>
    /// <inheritdoc cref="Steered"/>
    public static IEnumerable<TextToken> Plain(Microscope microscope, SteeringRecipe recipe, bool cached = true, CancellationToken cancel = default)
    {
        recipe.Validate(microscope.Sae.Latents);
        return Continue(microscope, recipe, PromptOf(microscope, recipe), _ => [], cached, cancel);
    }

    /// <summary>The text that follows the prompt with the latents changed.</summary>
    /// <inheritdoc cref="Steered"/>
    public static string Text(Microscope microscope, SteeringRecipe recipe) => string.Concat(Steered(microscope, recipe).Select(token => token.Text));

    /// <summary>The median length of the residual stream at the hook over a text's tokens, special ones aside: what a strength of 1 norm is.</summary>
    /// <exception cref="InterpException">The text has no token.</exception>
    public static double MedianNorm(Microscope microscope, string text)
    {
        var norms = microscope.Read(text).Norms.Where(norm => norm > 0).Order().ToArray();
        return norms.Length > 0
            ? (norms[(norms.Length - 1) / 2] + (double)norms[norms.Length / 2]) / 2
            : throw new InterpException("A strength in norms is measured by the prompt's tokens, and it has none; write a prompt, or use another unit.");
    }

    private static int[] PromptOf(Microscope microscope, SteeringRecipe recipe)
    {
        var (ids, context) = (microscope.IdsOf(recipe.Prompt), microscope.Model.Config.ContextLength);
        if (ids.Length == 0)
            throw new InterpException("There is no prompt to continue; write at least one word.");
        return ids.Length + recipe.Tokens - 1 <= context
            ? ids
            : throw new InterpException($"The prompt has {ids.Length} tokens and {recipe.Tokens} are to follow, but the model's context has {context}; shorten either.");
    }

    /// <summary>What changes the hook while a text is read or grows: a function of its ids, to which new ones may be added.</summary>
    /// <param name="microscope">Model and autoencoder.</param>
    /// <param name="recipe">The recipe, resolved and validated.</param>
    /// <param name="prompt">Number of the prompt's ids.</param>
    internal static Func<List<int>, Intervention[]> Changes(Microscope microscope, SteeringRecipe recipe, int prompt)
    {
        if (recipe.Features.Count == 0 && recipe.KeepError)
            return _ => [];
        var norm = recipe.Features.Any(feature => feature.Unit == StrengthUnit.Norm) ? MedianNorm(microscope, recipe.Prompt) : 0;
        var change = Steering.OnRows(microscope.Hook, rows => JointSteering.Apply(microscope.Sae, recipe.Features, norm, recipe.KeepError, rows));
        return ids => [change with { Positions = recipe.Positions switch
        {
            SteeredPositions.All => Positions.All,
            SteeredPositions.Generated => Positions.Range(prompt),
            _ => Positions.Where(position => !microscope.Tokenizer.IsSpecial(ids[position])),
        } }];
    }

    private static IEnumerable<TextToken> Continue(
        Microscope microscope, SteeringRecipe recipe, int[] prompt, Func<List<int>, Intervention[]> changes, bool cached, CancellationToken cancel)
    {
        var (ids, text) = (new List<int>(prompt), new GrowingText(microscope.Tokenizer, prompt));
        var options = new GenerationOptions
        {
            MaxTokens = recipe.Tokens,
            Sampling = new Sampling { Temperature = recipe.Temperature, Seed = recipe.Seed },
            Interventions = changes(ids),
            Cached = cached,
        };
        foreach (var token in Generation.Stream(microscope.Model, prompt, options, cancel))
        {
            ids.Add(token.Id);
            yield return new TextToken(token.Id, text.Add(token.Id), token.LogProbability);
        }
    }
}
