namespace Interp.Tokenization;

/// <summary>A tokenized text as the strings of its tokens, which joined are the text as written.</summary>
public static class TokenTexts
{
    /// <summary>
    /// The string of each token. What lies between two tokens, such as spaces that a normaliser took away, belongs to the later one, and what
    /// follows the last to the last; a character that several tokens share stands at the last of them; a token that the text does not hold, as one
    /// that a template puts in, is empty. A text without tokens is lost.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="encoding">Its tokens.</param>
    public static string[] Of(string text, Encoding encoding)
    {
        var places = Places(text);
        var ends = Ends(encoding.Offsets, places.Length - 1);
        var result = new string[ends.Length];
        var from = 0;
        for (var i = 0; i < ends.Length; i++)
        {
            var to = ends[i] ?? from;
            result[i] = text[places[from]..places[to]];
            from = to;
        }
        return result;
    }

    /// <summary>Up to which code point a token's string goes, ascending; null for a token that the text does not hold.</summary>
    private static int?[] Ends((int Start, int End)[] offsets, int length)
    {
        var ends = new int?[offsets.Length];
        int? nextStart = null;
        for (var i = offsets.Length - 1; i >= 0; i--)
        {
            var (start, end) = offsets[i];
            if (start == end)
                continue;
            ends[i] = nextStart is { } next ? Math.Min(end, next) : length;
            nextStart = Math.Min(start, nextStart ?? start);
        }
        return ends;
    }

    /// <summary>Where in the string each code point begins, and the string's length.</summary>
    private static int[] Places(string text)
    {
        var places = new List<int> { 0 };
        foreach (var rune in text.EnumerateRunes())
            places.Add(places[^1] + rune.Utf16SequenceLength);
        return [.. places];
    }
}
