using System.Collections.Concurrent;
using System.Text;
using Interp.Runtime;
using Utf8 = System.Text.Encoding;

namespace Interp.Tokenization;

/// <summary>What a BPE model consists of.</summary>
internal sealed record BpeDefinition(IReadOnlyDictionary<string, int> Vocabulary, IReadOnlyList<(string Left, string Right)> Merges)
{
    /// <summary>The rank of each merge, of equals the leftmost first; null for its place in the list.</summary>
    public IReadOnlyList<int>? Ranks { get; init; }

    /// <summary>The piece for characters that nothing else covers.</summary>
    public string? Unknown { get; init; }

    /// <summary>Whether unknown neighbours become one piece.</summary>
    public bool FuseUnknown { get; init; }

    /// <summary>Whether a character that is no piece becomes <c>&lt;0xNN&gt;</c> pieces.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>Whether a word that is a piece as a whole is taken as it is.</summary>
    public bool IgnoreMerges { get; init; }

    /// <summary>What pieces inside a word begin with.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>What the last piece of a word ends with.</summary>
    public string Suffix { get; init; } = "";
}

/// <summary>Byte-pair encoding: pieces of a word merge by lowest rank, the leftmost of equals first. Safe for parallel use.</summary>
internal sealed class BpeModel
{
    private const int MaxCachedWords = 1 << 17;
    private const int MaxCachedLength = 48;
    private const int WordMark = 0x2581;

    private readonly BpeDefinition definition;
    private readonly Dictionary<string, int> vocabulary;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> lookup;
    private readonly Dictionary<int, string> texts = [];
    private readonly Dictionary<int, int> idOfPoint = [];
    private readonly int[] idOfByte = new int[256];
    private readonly BpeMerges merges;
    private readonly bool marksSeparateWords;
    private readonly ConcurrentDictionary<string, BpeWord> cache = new(StringComparer.Ordinal);
    private int cached;

    public BpeModel(BpeDefinition definition, string where)
    {
        this.definition = definition;
        vocabulary = new Dictionary<string, int>(definition.Vocabulary, StringComparer.Ordinal);
        lookup = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var (text, id) in vocabulary)
        {
            texts[id] = text;
            if (Rune.TryGetRuneAt(text.Length > 0 ? text : " ", 0, out var rune) && rune.Utf16SequenceLength == text.Length)
                idOfPoint[rune.Value] = id;
        }
        for (var value = 0; value < 256; value++)
            idOfByte[value] = vocabulary.GetValueOrDefault($"<0x{value:X2}>", -1);
        merges = new BpeMerges(definition, where);
        marksSeparateWords = CanSeparateAtMarks();
    }

    public IReadOnlyDictionary<string, int> Vocabulary => vocabulary;

    public string? Text(int id) => texts.GetValueOrDefault(id);

    /// <summary>Appends the tokens of one pre-token.</summary>
    public void Tokenize(AlignedText text, Piece piece, List<EncodedToken> result)
    {
        if (!marksSeparateWords)
        {
            Append(text, piece.Start, piece.End, result);
            return;
        }
        var start = piece.Start;
        for (var i = start + 1; i < piece.End; i++)
        {
            if (text.Point(i) != WordMark || text.Point(i - 1) == WordMark)
                continue;
            Append(text, start, i, result);
            start = i;
        }
        Append(text, start, piece.End, result);
    }

    /// <summary>
    /// Whether no merge reaches across the start of a run of "▁". Then the words of a text without pre-tokenizer merge independently, and
    /// can be cut apart and cached.
    /// </summary>
    private bool CanSeparateAtMarks()
    {
        if (definition.IgnoreMerges || definition.Prefix.Length + definition.Suffix.Length > 0 || !idOfPoint.ContainsKey(WordMark))
            return false;
        if ((definition.Unknown is null || !vocabulary.ContainsKey(definition.Unknown)) && !(definition.ByteFallback && idOfByte.All(id => id >= 0)))
            return false;
        return definition.Merges.All(merge => !CrossesMark(merge.Left + merge.Right));
    }

    private static bool CrossesMark(string text)
    {
        for (var i = 1; i < text.Length; i++)
            if (text[i] == WordMark && text[i - 1] != WordMark)
                return true;
        return false;
    }

    private void Append(AlignedText text, int start, int end, List<EncodedToken> result)
    {
        var word = Merge(text.Points[start..end]);
        int at = start, atByte = 0, fromByte = 0;
        for (var i = 0; i < word.Ids.Length; i++)
        {
            var lastByte = fromByte + word.Bytes[i] - 1;
            Advance(text, end, fromByte, ref at, ref atByte);
            var first = text.Start(at);
            Advance(text, end, lastByte, ref at, ref atByte);
            result.Add(new EncodedToken(word.Ids[i], first, text.End(at)));
            fromByte = lastByte + 1;
        }
    }

    /// <summary>Moves to the code point that holds a byte of the word's UTF-8 form.</summary>
    private static void Advance(AlignedText text, int end, int target, ref int at, ref int atByte)
    {
        while (at < end - 1 && CodePoints.Utf8Length(text.Point(at)) is var length && atByte + length <= target)
        {
            atByte += length;
            at++;
        }
    }

    private BpeWord Merge(ReadOnlySpan<int> points)
    {
        if (points.Length > MaxCachedLength)
            return definition.IgnoreMerges && vocabulary.TryGetValue(AlignedText.ToString(points), out var longId)
                ? new BpeWord([longId], [Utf8Length(points)])
                : merges.Apply(Symbols(points));
        Span<char> characters = stackalloc char[MaxCachedLength * 2];
        var length = 0;
        foreach (var point in points)
            length += new Rune(point).EncodeToUtf16(characters[length..]);
        var key = characters[..length];
        if (cache.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(key, out var known))
            return known;
        var word = definition.IgnoreMerges && lookup.TryGetValue(key, out var id)
            ? new BpeWord([id], [Utf8Length(points)])
            : merges.Apply(Symbols(points));
        if (cached < MaxCachedWords && cache.TryAdd(key.ToString(), word))
            Interlocked.Increment(ref cached);
        return word;
    }

    private static int Utf8Length(ReadOnlySpan<int> points)
    {
        var length = 0;
        foreach (var point in points)
            length += CodePoints.Utf8Length(point);
        return length;
    }

    /// <summary>The pieces before any merge, each with its length in bytes.</summary>
    /// <remarks>An unknown piece waits for the next character that is a piece, so that neighbours can be joined; byte pieces do not end the
    /// wait and stand before it, as in the original library.</remarks>
    private BpeSymbols Symbols(ReadOnlySpan<int> points)
    {
        var symbols = new BpeSymbols(points.Length);
        var (unknownId, unknownLength) = (-1, 0);
        for (var i = 0; i < points.Length; i++)
        {
            var length = CodePoints.Utf8Length(points[i]);
            if (IdOf(points[i], i == 0, i == points.Length - 1) is var id and >= 0)
            {
                if (unknownId >= 0)
                    symbols.Add(unknownId, unknownLength);
                unknownId = -1;
                symbols.Add(id, length);
                continue;
            }
            if (definition.ByteFallback && AddBytes(Affixed(points[i], i == 0, i == points.Length - 1), symbols))
                continue;
            if (definition.Unknown is null)
                continue;
            if (unknownId >= 0 && definition.FuseUnknown)
            {
                unknownLength += length;
                continue;
            }
            if (unknownId >= 0)
                symbols.Add(unknownId, unknownLength);
            (unknownId, unknownLength) = (UnknownId(), length);
        }
        if (unknownId >= 0)
            symbols.Add(unknownId, unknownLength);
        return symbols;
    }

    private int UnknownId() => vocabulary.TryGetValue(definition.Unknown!, out var id)
        ? id
        : throw new InterpException($"The text has a character that is no piece, and the tokenizer's unk_token '{definition.Unknown}' is not in its vocabulary.");

    private int IdOf(int point, bool isFirst, bool isLast) =>
        (definition.Prefix.Length > 0 && !isFirst) || (definition.Suffix.Length > 0 && isLast)
            ? vocabulary.GetValueOrDefault(Affixed(point, isFirst, isLast), -1)
            : idOfPoint.GetValueOrDefault(point, -1);

    private string Affixed(int point, bool isFirst, bool isLast) =>
        (isFirst ? "" : definition.Prefix) + new Rune(point) + (isLast ? definition.Suffix : "");

    private bool AddBytes(string text, BpeSymbols symbols)
    {
        Span<byte> bytes = stackalloc byte[4];
        if (text.Length > 2)
            bytes = Utf8.UTF8.GetBytes(text);
        else
            bytes = bytes[..Utf8.UTF8.GetBytes(text, bytes)];
        foreach (var value in bytes)
            if (idOfByte[value] < 0)
                return false;
        foreach (var value in bytes)
            symbols.Add(idOfByte[value], 1);
        return true;
    }
}
