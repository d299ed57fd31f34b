namespace Interp.Features;

/// <summary>What an atlas was made of and how, and the files that belong to it: <c>atlas.json</c>.</summary>
public sealed record AtlasSummary
{
    /// <summary>The layout that is written and read.</summary>
    public const int CurrentFormat = AtlasColumns.Format;

    /// <summary>Version of the folder's layout.</summary>
    public required int Format { get; init; }

    /// <summary>The model, by the name it was given.</summary>
    public required string Model { get; init; }

    /// <summary>Identity of the model.</summary>
    public required string ModelDigest { get; init; }

    /// <summary>Identity of the tokenizer.</summary>
    public required string TokenizerDigest { get; init; }

    /// <summary>Identity of the autoencoder: <see cref="Autoencoders.SaeFolder.Digest"/>.</summary>
    public required string SaeDigest { get; init; }

    /// <summary>The hook point that the autoencoder reads.</summary>
    public required string Hook { get; init; }

    /// <summary>The text, by the name it was given.</summary>
    public required string Corpus { get; init; }

    /// <summary>Identity of the text.</summary>
    public required string CorpusDigest { get; init; }

    /// <summary>Tokens that counted.</summary>
    public required long Tokens { get; init; }

    /// <summary>All tokens that went through the model.</summary>
    public required long Rows { get; init; }

    /// <summary>Documents that they came from.</summary>
    public required int Documents { get; init; }

    /// <summary>Positions of a context.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Contexts of one forward pass.</summary>
    public required int BatchContexts { get; init; }

    /// <summary>The token that begins a context; null: none.</summary>
    public int? BosId { get; init; }

    /// <summary>Leading positions of each context that do not count.</summary>
    public int SkipPositions { get; init; }

    /// <summary>Tokens whose norm exceeds this multiple of the median norm of the first tokens do not count; null: all do.</summary>
    public double? SkipNorm { get; init; }

    /// <summary>Held-out tokens on which the explanations were measured.</summary>
    public required long HeldOutTokens { get; init; }

    /// <summary>Size of the dictionary.</summary>
    public required int Latents { get; init; }

    /// <summary>Latents that never fired.</summary>
    public required int Dead { get; init; }

    /// <summary>What was kept of each latent.</summary>
    public required AtlasSpec Spec { get; init; }

    /// <summary>The other files.</summary>
    public required IReadOnlyList<AtlasFile> Files { get; init; }
}

/// <summary>A file of an atlas.</summary>
/// <param name="Name">Its name in the folder.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Its SHA-256 (hex).</param>
public sealed record AtlasFile(string Name, long Bytes, string Sha256);
