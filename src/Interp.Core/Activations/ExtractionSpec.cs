using Interp.Hooks;

namespace Interp.Activations;

/// <summary>What is extracted, and what the store says about it.</summary>
/// <param name="Hooks">The hook points, all served by the same passes of the model, a store each; no point twice.</param>
/// <param name="BatchContexts">Contexts of one forward pass; part of the identity, as it can move a bit.</param>
/// <param name="TokenizerDigest">Identity of the tokenizer.</param>
/// <param name="CorpusDigest">Identity of the corpus.</param>
/// <param name="BosId">The token that begins each context; null: none.</param>
public sealed record ExtractionSpec(IReadOnlyList<HookPoint> Hooks, int BatchContexts, string TokenizerDigest, string CorpusDigest, int? BosId)
{
    /// <summary>How a store keeps its numbers; live activations keep float32.</summary>
    public StoreDtype Dtype { get; init; }

    /// <summary>Which tokens of a store do not count; their activations are kept.</summary>
    public TokenSkipping Skipping { get; init; } = new(0, null);

    /// <summary>What makes the store again, by name, for its manifest; null: left out.</summary>
    public IReadOnlyDictionary<string, string>? Origin { get; init; }
}
