using System.Text.Json.Nodes;

namespace Interp.Autoencoders;

/// <summary>What an SAE folder says about its autoencoder beside the weights.</summary>
public sealed record SaeMetadata
{
    /// <summary>Name of the model whose activations it reads.</summary>
    public string? ModelName { get; init; }

    /// <summary>TransformerLens name of the hook.</summary>
    public string? HookName { get; init; }

    /// <summary>TransformerLens name of the hook that a transcoder reconstructs; null: the one that it reads.</summary>
    public string? TargetHookName { get; init; }

    /// <summary>Tokens per context in training.</summary>
    public int? ContextSize { get; init; }

    /// <summary>Whether contexts begin with the tokenizer's BOS.</summary>
    public bool? PrependBos { get; init; }

    /// <summary>Name of the training text.</summary>
    public string? DatasetPath { get; init; }

    /// <summary>Mean active latents per held-out token.</summary>
    public double? L0 { get; init; }

    /// <summary>Dead latents.</summary>
    public int? DeadLatents { get; init; }

    /// <summary>Our own record (spec, keys, training summary), as it stands in <c>interp.json</c>; null in folders of others.</summary>
    public JsonObject? Provenance { get; init; }
}
