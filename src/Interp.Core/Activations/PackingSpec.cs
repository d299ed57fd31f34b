using Interp.Runtime;
using Interp.Tokenization;

namespace Interp.Activations;

/// <summary>How documents fill contexts.</summary>
public enum PackingStyle
{
    /// <summary>Documents of a split follow each other without a gap, and the stream is cut into contexts.</summary>
    Continuous,

    /// <summary>The same, and every document ends with the token that ends a text; the tokenizer must name one.</summary>
    Separated,

    /// <summary>A context holds one document's text, and ends where the document does.</summary>
    OneDocument,
}

/// <summary>Whether a context begins with the token that begins a text.</summary>
public enum BosRule
{
    /// <summary>As the tokenizer does it when it adds special tokens.</summary>
    Tokenizer,

    /// <summary>Always; the tokenizer must name such a token.</summary>
    Always,

    /// <summary>Never.</summary>
    None,
}

/// <summary>How a corpus becomes training and validation contexts.</summary>
public sealed record PackingSpec
{
    /// <summary>Positions of a context, with the token that begins it.</summary>
    public int ContextLength { get; init; } = 128;

    /// <summary>How documents fill contexts.</summary>
    public PackingStyle Style { get; init; } = PackingStyle.Continuous;

    /// <summary>Whether contexts begin with a special token.</summary>
    public BosRule Bos { get; init; } = BosRule.Tokenizer;

    /// <summary>Text tokens to train on; the tokens that begin contexts come on top.</summary>
    public required int TrainingTokens { get; init; }

    /// <summary>Text tokens to validate on; the tokens that begin contexts come on top.</summary>
    public required int ValidationTokens { get; init; }

    /// <summary>Leading positions of a context whose tokens are not among those asked for; only contexts of one document, which may be short, heed them.</summary>
    public int UncountedPositions { get; init; }

    /// <summary>Share of the documents that validate.</summary>
    public double ValidationFraction { get; init; } = 0.1;

    /// <summary>Seed that decides which documents validate.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>The token that begins contexts under this spec, or null.</summary>
    /// <exception cref="InterpException">The rule is <see cref="BosRule.Always"/>, and the tokenizer names none.</exception>
    public int? BosOf(Tokenizer tokenizer) => Bos switch
    {
        BosRule.None => null,
        BosRule.Always => tokenizer.BosId
            ?? throw new InterpException("The contexts shall begin with a special token, but the tokenizer names none; use the BOS rule 'tokenizer' or 'none'."),
        _ => tokenizer.BosId is { } bos && tokenizer.Encode("a", addSpecialTokens: true).Ids is [var first, ..] && first == bos ? bos : null,
    };

    /// <summary>The token that ends every document under this spec, or null; it counts as one of the text's tokens.</summary>
    /// <exception cref="InterpException">Documents shall be separated, and the tokenizer names no such token.</exception>
    public int? SeparatorOf(Tokenizer tokenizer) => Style != PackingStyle.Separated ? null : tokenizer.EosId
        ?? throw new InterpException("The documents shall be separated by the token that ends a text, but the tokenizer names none; use continuous packing.");

    /// <summary>Refuses what cannot be packed.</summary>
    internal void Validate(int? bos)
    {
        if (ContextLength < (bos is null ? 2 : 3))
            throw new InterpException($"The context length is {ContextLength}; give at least {(bos is null ? 2 : 3)}, so that a context has a token and its next one.");
        if (TrainingTokens < 0 || ValidationTokens < 0 || TrainingTokens + (long)ValidationTokens == 0)
            throw new InterpException($"{TrainingTokens} training and {ValidationTokens} validation tokens are asked for; give numbers of 0 or more, not both 0.");
        if (!(ValidationFraction is > 0 and < 1))
            throw new InterpException(FormattableString.Invariant($"The validation fraction is {ValidationFraction}; give a number between 0 and 1."));
    }
}

/// <summary>The contexts of both splits.</summary>
/// <param name="Training">What is trained on.</param>
/// <param name="Validation">Contexts of other documents.</param>
/// <param name="BosId">The token that begins every context, or null.</param>
/// <param name="TrainingDocuments">Documents that gave the training tokens.</param>
/// <param name="ValidationDocuments">Documents that gave the validation tokens.</param>
/// <param name="Notes">Sentences about what was asked for and not there.</param>
public sealed record PackedCorpus(
    TokenContexts Training,
    TokenContexts Validation,
    int? BosId,
    int TrainingDocuments,
    int ValidationDocuments,
    IReadOnlyList<string> Notes);
