using Interp.Activations;
using Interp.Autoencoders;
using Interp.Hooks;
using Interp.Models;
using Interp.Pretraining;
using Interp.Tokenization;

namespace Interp.Features;

/// <summary>What an atlas is made of; none of it is owned.</summary>
/// <param name="Model">The model.</param>
/// <param name="Tokenizer">Its tokenizer.</param>
/// <param name="Autoencoder">Reads the hook; a transcoder's target is not read.</param>
/// <param name="Hook">A hook with a row per token.</param>
/// <param name="Contexts">The text.</param>
/// <param name="HeldOut">Text of other documents, on which rules are measured.</param>
/// <param name="Skipping">Which tokens do not count; special tokens never do.</param>
/// <param name="BatchContexts">Contexts of one forward pass.</param>
/// <param name="BosId">The token that begins each context; null: none.</param>
public sealed record AtlasSource(
    LanguageModel Model,
    Tokenizer Tokenizer,
    SparseAutoencoder Autoencoder,
    HookPoint Hook,
    TokenContexts Contexts,
    TokenContexts HeldOut,
    TokenSkipping Skipping,
    int BatchContexts,
    int? BosId)
{
    /// <summary>The hook that a transcoder reconstructs; null: the one that is read.</summary>
    public HookPoint? Target { get; init; }

    /// <summary>Labelled texts, where there are any.</summary>
    public AtlasLabels? Labels { get; init; }

    /// <summary>The same with labelled texts.</summary>
    public AtlasSource WithLabels(AtlasLabels labels) => this with { Labels = labels };

    /// <summary>Activations of some contexts, computed as they are read.</summary>
    internal LiveActivations Live(TokenContexts contexts) => new(Model, Model.Device, contexts, new ExtractionSpec([Hook], BatchContexts, "", "", BosId), AtlasPass.ChunkRows);
}

/// <summary>Texts whose tokens are labelled with concepts.</summary>
/// <param name="Names">The concepts.</param>
/// <param name="Fit">Texts on which the best concept of a latent is chosen.</param>
/// <param name="HeldOut">Other texts, on which it is measured.</param>
public sealed record AtlasLabels(IReadOnlyList<string> Names, IReadOnlyList<LabelledText> Fit, IReadOnlyList<LabelledText> HeldOut);

/// <summary>Where the time of an atlas went, in seconds.</summary>
/// <param name="Pass">Model, autoencoder and what is learned from them, over the whole text.</param>
/// <param name="Recording">The part of it that neither model nor autoencoder took.</param>
/// <param name="Explanations">Finding rules, and measuring them on held-out text.</param>
/// <param name="Concepts">Labelled texts.</param>
/// <param name="Weights">What needs no text: neighbours, logit effects, map.</param>
public sealed record AtlasTimes(double Pass, double Recording, double Explanations, double Concepts, double Weights)
{
    /// <summary>The pass in units of model and autoencoder alone.</summary>
    public double Cost => Pass / Math.Max(1e-9, Pass - Recording);
}
