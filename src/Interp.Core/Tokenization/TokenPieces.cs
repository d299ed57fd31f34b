using System.Collections.Concurrent;

namespace Interp.Tokenization;

/// <summary>
/// Each token's part of the text, so that the parts of some tokens joined are the text as written. Where a character is spread over several
/// tokens, it stands at the last of them and the others have nothing. Any number of threads may use it at once.
/// </summary>
/// <param name="tokenizer">The tokenizer.</param>
public sealed class TokenPieces(Tokenizer tokenizer)
{
    private const char Broken = '\uFFFD';

    /// <summary>The most tokens of one character, whose UTF-8 has four bytes.</summary>
    private const int LongestCharacter = 4;

    private readonly ConcurrentDictionary<int, string> alone = new();
    private readonly int anchor = tokenizer.Encode("a", addSpecialTokens: false).Ids.Last();

    /// <summary>The part of one token by itself; U+FFFD for part of a character.</summary>
    public string Of(int id) => alone.GetOrAdd(id, Decode);

    /// <summary>The parts of tokens that follow each other.</summary>
    public string[] Of(IReadOnlyList<int> ids)
    {
        var parts = new string[ids.Count];
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = Of(ids[i]);
            if (parts[i].Contains(Broken))
                i += Join(ids, parts, i) - 1;
        }
        return parts;
    }

    /// <summary>The text of the fewest tokens from one on that is whole goes to their last; the number of these tokens.</summary>
    private int Join(IReadOnlyList<int> ids, string[] parts, int start)
    {
        for (var count = 2; count <= LongestCharacter && start + count <= ids.Count; count++)
        {
            var text = Decode([.. Enumerable.Range(start, count).Select(i => ids[i])]);
            if (text.Contains(Broken))
                continue;
            parts.AsSpan(start, count - 1).Fill("");
            parts[start + count - 1] = text;
            return count;
        }
        return 1;
    }

    /// <summary>What follows a token before them, so that a decoder that trims the start of a text leaves them alone.</summary>
    private string Decode(params int[] ids) => tokenizer.Decode([anchor, .. ids], skipSpecialTokens: false)[tokenizer.Decode([anchor], skipSpecialTokens: false).Length..];

    private string Decode(int id) => Decode([id]);
}
