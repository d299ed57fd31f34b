using System.Text;
using Interp.Tokenization.Patterns;

namespace Interp.Tokenization;

/// <summary>A step that cuts text into the words inside which merging happens.</summary>
internal abstract class PreTokenizer
{
    public abstract PiecedText Apply(PiecedText text);
}

internal sealed class PreTokenizerSequence(IReadOnlyList<PreTokenizer> steps) : PreTokenizer
{
    public override PiecedText Apply(PiecedText text) => steps.Aggregate(text, (current, step) => step.Apply(current));
}

internal sealed class SplitPreTokenizer(Pattern pattern, SplitBehavior behavior, bool invert) : PreTokenizer
{
    public override PiecedText Apply(PiecedText text) =>
        text.Cut((source, piece, result) => Splitting.Cut(source, piece, pattern, behavior, invert, result));
}

/// <summary>Splits at single code points of a kind.</summary>
internal sealed class ClassPreTokenizer(Func<int, bool> isMatch, SplitBehavior behavior) : PreTokenizer
{
    public override PiecedText Apply(PiecedText text) =>
        text.Cut((source, piece, result) => Splitting.Cut(source, piece, isMatch, behavior, result));
}

/// <summary>Turns every byte of the UTF-8 form into its stand-in, after splitting as GPT-2 does where asked to.</summary>
internal sealed class ByteLevelPreTokenizer(bool addPrefixSpace, bool useRegex) : PreTokenizer
{
    /// <summary>How GPT-2 splits.</summary>
    public const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    private static readonly Lazy<Pattern> Words = new(() => Pattern.Regex(Gpt2));

    public override PiecedText Apply(PiecedText text)
    {
        if (addPrefixSpace)
            text = text.Rewrite((source, piece, target) =>
            {
                if (source.Point(piece.Start) != ' ')
                    target.AddLike(' ', source, piece.Start);
                target.AddRange(source, piece.Start, piece.End);
            });
        if (useRegex)
            text = text.Cut((source, piece, result) => Splitting.Cut(source, piece, Words.Value, SplitBehavior.Isolated, false, result));
        return text.Rewrite(WriteStandIns);
    }

    /// <summary>The stand-ins of the UTF-8 bytes of a code point.</summary>
    public static IEnumerable<int> StandIns(int point)
    {
        var bytes = new byte[4];
        var count = new Rune(point).EncodeToUtf8(bytes);
        return bytes.Take(count).Select(ByteAlphabet.Point);
    }

    private static void WriteStandIns(AlignedText source, Piece piece, AlignedText target)
    {
        Span<byte> bytes = stackalloc byte[4];
        for (var i = piece.Start; i < piece.End; i++)
        {
            var count = new Rune(source.Point(i)).EncodeToUtf8(bytes);
            foreach (var value in bytes[..count])
                target.AddLike(ByteAlphabet.Point(value), source, i);
        }
    }
}

/// <summary>Where <see cref="MetaspacePreTokenizer"/> puts its mark before a text that does not begin with it.</summary>
internal enum PrependScheme { Never, First, Always }

/// <summary>Replaces spaces by a mark, puts one in front, and cuts before each mark.</summary>
internal sealed class MetaspacePreTokenizer(int mark, PrependScheme scheme, bool split) : PreTokenizer
{
    public override PiecedText Apply(PiecedText text)
    {
        var marked = text.Rewrite((source, piece, target) =>
        {
            var begins = source.Point(piece.Start) is var first && (first == ' ' || first == mark);
            if (!begins && (scheme == PrependScheme.Always || (scheme == PrependScheme.First && source.Start(piece.Start) == 0)))
                target.AddLike(mark, source, piece.Start);
            for (var i = piece.Start; i < piece.End; i++)
                target.AddLike(source.Point(i) == ' ' ? mark : source.Point(i), source, i);
        });
        return split
            ? marked.Cut((source, piece, result) => Splitting.Cut(source, piece, point => point == mark, SplitBehavior.MergedWithNext, result))
            : marked;
    }
}
