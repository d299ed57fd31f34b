namespace Interp.Features;

/// <summary>All that an atlas says of one latent, as its line of <c>pages.jsonl</c> has it.</summary>
public sealed record LatentPage
{
    /// <summary>The latent.</summary>
    public required int Id { get; init; }

    /// <summary>Tokens on which it fires.</summary>
    public required long Count { get; init; }

    /// <summary>The share of the counted tokens that these are.</summary>
    public required double Density { get; init; }

    /// <summary>Largest value; 0 when it never fires.</summary>
    public required float Max { get; init; }

    /// <summary>Mean over the tokens on which it fires.</summary>
    public required double Mean { get; init; }

    /// <summary>Cosine of its decoder and encoder rows.</summary>
    public required float DecoderEncoderCosine { get; init; }

    /// <summary>Share of its firings that fall on its most frequent token, at least.</summary>
    public required double SingleTokenRatio { get; init; }

    /// <summary>How often its values fall into which range, from the lowest that occurs to the highest.</summary>
    public required IReadOnlyList<HistogramBin> Histogram { get; init; }

    /// <summary>The examples with the largest values, one per document.</summary>
    public required IReadOnlyList<PageExample> Top { get; init; }

    /// <summary>Random examples of each factor of two of the value, highest first.</summary>
    public required IReadOnlyList<PageInterval> Intervals { get; init; }

    /// <summary>The tokens whose logits it raises most.</summary>
    public required IReadOnlyList<TokenEffect> Raised { get; init; }

    /// <summary>The tokens whose logits it lowers most.</summary>
    public required IReadOnlyList<TokenEffect> Lowered { get; init; }

    /// <summary>The latents with the most similar decoder rows.</summary>
    public required IReadOnlyList<PageNeighbour> Neighbours { get; init; }

    /// <summary>The latents that fire most often on the same tokens.</summary>
    public required IReadOnlyList<CoFiringLatent> CoFiring { get; init; }

    /// <summary>The tokens on which it fires most often.</summary>
    public required IReadOnlyList<TokenCount> Tokens { get; init; }

    /// <summary>The labelled concept that it fits best; null where there are no labels or it fits none.</summary>
    public ConceptFit? Concept { get; init; }

    /// <summary>A rule in words; null for a latent that fires too rarely for one.</summary>
    public Explanation? Explanation { get; init; }

    /// <summary>Its place on the map, x and y.</summary>
    public required IReadOnlyList<float> Map { get; init; }
}

/// <summary>A bar of a histogram of a latent's values.</summary>
/// <param name="From">Smallest value that counts.</param>
/// <param name="To">Where the next bar begins; of the last bar the latent's maximum.</param>
/// <param name="Count">Tokens with such a value.</param>
public sealed record HistogramBin(float From, float To, long Count);

/// <summary>A piece of text on which a latent fires; the strings joined are the text as written.</summary>
/// <param name="Document">Number of the document in the text.</param>
/// <param name="Row">Number of the token in the text that the atlas was made of.</param>
/// <param name="Value">The latent's value there.</param>
/// <param name="Focus">Which of the tokens it is.</param>
/// <param name="Tokens">The piece's tokens.</param>
/// <param name="Values">The latent's value on each.</param>
public sealed record PageExample(int Document, long Row, float Value, int Focus, IReadOnlyList<string> Tokens, IReadOnlyList<float> Values);

/// <summary>Random examples of a range of values.</summary>
/// <param name="From">Smallest value of the range.</param>
/// <param name="To">Where the next range begins.</param>
/// <param name="Examples">The examples.</param>
public sealed record PageInterval(double From, double To, IReadOnlyList<PageExample> Examples);

/// <summary>A token that a latent makes more or less likely.</summary>
/// <param name="Id">Token id.</param>
/// <param name="Token">The token as text.</param>
/// <param name="Effect">What the latent adds to the token's logit, per unit of the normalised stream.</param>
public sealed record TokenEffect(int Id, string Token, float Effect);

/// <summary>A latent that points in a similar direction.</summary>
/// <param name="Id">The latent.</param>
/// <param name="Cosine">Cosine of its decoder row with that of the page.</param>
public sealed record PageNeighbour(int Id, float Cosine);

/// <summary>A latent that fires on the same tokens.</summary>
/// <param name="Id">The latent.</param>
/// <param name="Count">Tokens on which both fire, at least.</param>
/// <param name="Share">These as a share of the firings of the page's latent.</param>
public sealed record CoFiringLatent(int Id, long Count, double Share);

/// <summary>A token on which a latent fires.</summary>
/// <param name="Id">Token id.</param>
/// <param name="Token">The token as text.</param>
/// <param name="Count">How often the latent fires on it, at least.</param>
public sealed record TokenCount(int Id, string Token, long Count);

/// <summary>How well a latent's firing above a share of its maximum matches a concept's labels, on texts that the share was not chosen on.</summary>
/// <param name="Name">The concept.</param>
/// <param name="F1">Harmonic mean of the two that follow.</param>
/// <param name="Precision">Share of these firings on which the concept holds.</param>
/// <param name="Recall">Share of the concept's tokens on which it fires so.</param>
/// <param name="Share">Share of the maximum from which on it counts as firing.</param>
public sealed record ConceptFit(string Name, double F1, double Precision, double Recall, double Share);

/// <summary>A rule on tokens and their context that says where a latent fires, and how well it does on held-out text.</summary>
/// <param name="Text">The rule in words.</param>
/// <param name="F1">Harmonic mean of the two that follow.</param>
/// <param name="Precision">Share of the tokens that the rule picks on which the latent fires.</param>
/// <param name="Recall">Share of its firings that the rule picks.</param>
public sealed record Explanation(string Text, double F1, double Precision, double Recall);
