using Interp.Hooks;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Models;

/// <summary>How a text is continued.</summary>
public sealed record GenerationOptions
{
    /// <summary>Tokens to add at most.</summary>
    public int MaxTokens { get; init; } = 64;

    /// <summary>Choice of each token.</summary>
    public Sampling Sampling { get; init; } = Sampling.Greedy;

    /// <summary>Changes that are active at every position, those of the prompt and those of each new token.</summary>
    public IReadOnlyCollection<Intervention> Interventions { get; init; } = [];

    /// <summary>Tokens that end the text and do not belong to it; null for those that the model's configuration names.</summary>
    public IReadOnlyCollection<int>? StopIds { get; init; }

    /// <summary>Whether keys and values of earlier positions are kept; without, every step is a whole pass.</summary>
    public bool Cached { get; init; } = true;
}

/// <summary>A token that was added to a text.</summary>
/// <param name="Position">Its position, from 0 at the first token of the prompt.</param>
/// <param name="Id">Its id.</param>
/// <param name="LogProbability">Its log-probability under the model at temperature 1, nats.</param>
public readonly record struct GeneratedToken(int Position, int Id, double LogProbability);

/// <summary>Continues texts token by token.</summary>
public static class Generation
{
    /// <summary>The tokens that follow a prompt, each as soon as it is known; the same with and without the cache.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompt">Token ids, at least one.</param>
    /// <param name="options">How many tokens, how they are chosen, what is changed.</param>
    /// <param name="cancel">Stops before the next token.</param>
    /// <exception cref="InterpException">The prompt is empty, an option is out of range, or the text grows beyond learned positions.</exception>
    public static IEnumerable<GeneratedToken> Stream(LanguageModel model, IReadOnlyCollection<int> prompt, GenerationOptions options, CancellationToken cancel = default)
    {
        if (prompt.Count == 0)
            throw new InterpException("There is no prompt to continue; give at least one token.");
        if (options.MaxTokens < 0)
            throw new InterpException($"The number of tokens to add is {options.MaxTokens}; give 0 or more.");
        if (model.Config.Rope is null && prompt.Count + options.MaxTokens - 1 > model.Config.ContextLength)
            throw new InterpException($"The prompt has {prompt.Count} tokens and {options.MaxTokens} are to follow, but the model knows {model.Config.ContextLength} positions; shorten either.");
        options.Sampling.Validate();
        return Continue(model, [.. prompt], options, cancel);
    }

    private static IEnumerable<GeneratedToken> Continue(LanguageModel model, List<int> ids, GenerationOptions options, CancellationToken cancel)
    {
        var stops = options.StopIds ?? model.Config.EosIds;
        using var cache = options.Cached ? new KeyValueCache(model.Config) : null;
        for (var added = 0; added < options.MaxTokens; added++)
        {
            cancel.ThrowIfCancellationRequested();
            var token = Next(model, ids, options, cache);
            if (stops.Contains(token.Id))
                yield break;
            ids.Add(token.Id);
            yield return token;
        }
    }

    private static GeneratedToken Next(LanguageModel model, List<int> ids, GenerationOptions options, KeyValueCache? cache)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        if (cache?.Serves(ids.Count) == false)
            cache.Clear();
        var start = cache?.Length ?? 0;
        var tokens = tensor(ids.Skip(start).Select(id => (long)id).ToArray(), [1, ids.Count - start], device: model.Device);
        using var run = model.Run(tokens, new HookSession([], options.Interventions, start: start), null, cache, lastOnly: true);
        ReadOnlySpan<double> logits = TensorMemory.Span<double>(run.Logits!.reshape(-1).to(ScalarType.Float64).cpu());
        var id = options.Sampling.Choose(logits, ids.Count);
        return new GeneratedToken(ids.Count, id, logits[id] - LogSum(logits));
    }

    private static double LogSum(ReadOnlySpan<double> logits)
    {
        var top = double.NegativeInfinity;
        foreach (var logit in logits)
            top = Math.Max(top, logit);
        var sum = 0.0;
        foreach (var logit in logits)
            sum += Math.Exp(logit - top);
        return top + Math.Log(sum);
    }
}
