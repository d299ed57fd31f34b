namespace Interp.Tokenization;

/// <summary>A token on its way out: id, code points of the original text, and the matched text where it is an added token.</summary>
internal readonly record struct EncodedToken(int Id, int Start, int End, string? Matched = null);

/// <summary>A step after the merging.</summary>
internal abstract class PostProcessor
{
    /// <param name="tokens">The tokens so far.</param>
    /// <param name="addSpecialTokens">Whether templates put their tokens in.</param>
    /// <param name="textOf">The text of a token id.</param>
    public abstract List<EncodedToken> Apply(List<EncodedToken> tokens, bool addSpecialTokens, Func<int, string> textOf);
}

internal sealed class PostProcessorSequence(IReadOnlyList<PostProcessor> steps) : PostProcessor
{
    public IReadOnlyList<PostProcessor> Steps { get; } = steps;

    public override List<EncodedToken> Apply(List<EncodedToken> tokens, bool addSpecialTokens, Func<int, string> textOf) =>
        Steps.Aggregate(tokens, (current, step) => step.Apply(current, addSpecialTokens, textOf));
}

/// <summary>Puts special tokens around the text.</summary>
/// <param name="pieces">Token ids; null stands for the text.</param>
internal sealed class TemplateProcessor(IReadOnlyList<int[]?> pieces) : PostProcessor
{
    /// <summary>The ids before the text.</summary>
    public IEnumerable<int> Prefix => pieces.TakeWhile(piece => piece is not null).SelectMany(piece => piece!);

    public override List<EncodedToken> Apply(List<EncodedToken> tokens, bool addSpecialTokens, Func<int, string> textOf)
    {
        var result = new List<EncodedToken>(tokens.Count + pieces.Count);
        foreach (var piece in pieces)
        {
            if (piece is null)
                result.AddRange(tokens);
            else if (addSpecialTokens)
                result.AddRange(piece.Select(id => new EncodedToken(id, 0, 0)));
        }
        return result;
    }
}

/// <summary>Takes white space off the offsets, at both ends of each token.</summary>
internal sealed class TrimOffsetsProcessor(bool addPrefixSpace) : PostProcessor
{
    public override List<EncodedToken> Apply(List<EncodedToken> tokens, bool addSpecialTokens, Func<int, string> textOf)
    {
        for (var i = 0; i < tokens.Count; i++)
            tokens[i] = Trim(tokens[i], tokens[i].Matched ?? textOf(tokens[i].Id), i == 0);
        return tokens;
    }

    private EncodedToken Trim(EncodedToken token, string text, bool isFirst)
    {
        var leading = 0;
        while (leading < text.Length && IsSpace(text[leading]))
            leading++;
        var trailing = 0;
        while (trailing < text.Length && IsSpace(text[^(trailing + 1)]))
            trailing++;
        var (start, end) = (token.Start, token.End);
        // One space in front of the text counts as the one that was put there.
        if (leading > 0 && !(leading == 1 && addPrefixSpace && (isFirst || start == 0)))
            start = Math.Min(start + leading, end);
        if (trailing > 0 && end >= trailing)
            end = Math.Max(end - trailing, start);
        return token with { Start = start, End = end };
    }

    private static bool IsSpace(char character) => character == ByteAlphabet.Space || CodePoints.IsSpace(character);
}
