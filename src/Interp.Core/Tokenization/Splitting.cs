using Interp.Runtime;
using Interp.Tokenization.Patterns;

namespace Interp.Tokenization;

/// <summary>What becomes of the matches when a text is split.</summary>
internal enum SplitBehavior { Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous }

/// <summary>Cuts a piece at the matches of a pattern.</summary>
internal static class Splitting
{
    public static SplitBehavior Parse(string name, string where) => Enum.TryParse<SplitBehavior>(name, out var behavior)
        ? behavior
        : throw new InterpException($"{where} is '{name}', which is no way to split; give one of {string.Join(", ", Enum.GetNames<SplitBehavior>())}.");

    public static void Cut(AlignedText text, Piece piece, Pattern pattern, SplitBehavior behavior, bool invert, List<Piece> result)
    {
        var parts = new List<Part>();
        var end = piece.Start;
        pattern.FindAll(text.Points[piece.Start..piece.End], (from, to) =>
        {
            if (piece.Start + from > end)
                parts.Add(new Part(end, piece.Start + from, invert));
            parts.Add(new Part(piece.Start + from, piece.Start + to, !invert));
            end = piece.Start + to;
        });
        if (end < piece.End)
            parts.Add(new Part(end, piece.End, invert));
        Join(parts, behavior, result);
    }

    /// <summary>As above, where a match is a single code point.</summary>
    public static void Cut(AlignedText text, Piece piece, Func<int, bool> isMatch, SplitBehavior behavior, List<Piece> result)
    {
        var parts = new List<Part>();
        var end = piece.Start;
        for (var i = piece.Start; i < piece.End; i++)
        {
            if (!isMatch(text.Point(i)))
                continue;
            if (i > end)
                parts.Add(new Part(end, i, false));
            parts.Add(new Part(i, i + 1, true));
            end = i + 1;
        }
        if (end < piece.End)
            parts.Add(new Part(end, piece.End, false));
        Join(parts, behavior, result);
    }

    private readonly record struct Part(int Start, int End, bool IsMatch);

    private static void Join(List<Part> parts, SplitBehavior behavior, List<Piece> result)
    {
        var first = result.Count;
        if (behavior == SplitBehavior.MergedWithNext)
        {
            JoinBackwards(parts, result);
            return;
        }
        var previous = false;
        foreach (var part in parts)
        {
            var joins = behavior switch
            {
                SplitBehavior.MergedWithPrevious => part.IsMatch && !previous,
                SplitBehavior.Contiguous => part.IsMatch == previous,
                _ => false,
            };
            if (joins && result.Count > first)
                result[^1] = result[^1] with { End = part.End };
            else if (behavior != SplitBehavior.Removed || !part.IsMatch)
                result.Add(new Piece(part.Start, part.End));
            previous = part.IsMatch;
        }
    }

    private static void JoinBackwards(List<Part> parts, List<Piece> result)
    {
        var first = result.Count;
        var previous = false;
        for (var i = parts.Count - 1; i >= 0; i--)
        {
            if (parts[i].IsMatch && !previous && result.Count > first)
                result[^1] = result[^1] with { Start = parts[i].Start };
            else
                result.Add(new Piece(parts[i].Start, parts[i].End));
            previous = parts[i].IsMatch;
        }
        result.Reverse(first, result.Count - first);
    }
}
