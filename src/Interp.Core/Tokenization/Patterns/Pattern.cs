using Interp.Runtime;

namespace Interp.Tokenization.Patterns;

/// <summary>A pattern that finds places in a text of code points. Immutable and safe for parallel use.</summary>
internal sealed class Pattern
{
    private readonly string source;
    private readonly int[]? literal;
    private readonly PatternProgram program;
    private readonly FirstSet first;

    private Pattern(string source, PatternNode node, int[]? literal)
    {
        this.source = source;
        this.literal = literal;
        program = PatternProgram.Compile(source, node);
        first = FirstSet.Of(node);
    }

    /// <summary>A regular expression.</summary>
    public static Pattern Regex(string pattern) => new(pattern, new PatternParser(pattern).Parse(), null);

    /// <summary>A pattern as an error shows it.</summary>
    internal static string Short(string pattern) => pattern.Length <= 80 ? pattern : pattern[..80] + "…";

    /// <summary>A text that matches itself only.</summary>
    public static Pattern Text(string text) => new(text, PatternNode.Empty, AlignedText.PointsOf(text));

    /// <summary>
    /// Calls <paramref name="visit"/> with start and end of every match in a stretch of a text, from left to right without overlap.
    /// An empty match directly after a match is left out.
    /// </summary>
    public void FindAll(ReadOnlySpan<int> text, Action<int, int> visit)
    {
        if (literal is { Length: > 0 })
            FindLiteral(text, visit);
        else
            FindRegex(text, visit);
    }

    private void FindLiteral(ReadOnlySpan<int> text, Action<int, int> visit)
    {
        for (var from = 0; text[from..].IndexOf(literal) is var found and >= 0; from += found + literal!.Length)
            visit(from + found, from + found + literal!.Length);
    }

    private void FindRegex(ReadOnlySpan<int> text, Action<int, int> visit)
    {
        var matcher = new PatternMatcher(source, program, text);
        var lastEnd = -1;
        for (var start = 0; start <= text.Length;)
        {
            var end = start == text.Length || first.Contains(text[start]) ? matcher.Match(start) : -1;
            if (end < 0 || (end == start && end == lastEnd))
            {
                start++;
                continue;
            }
            visit(start, end);
            lastEnd = end;
            start = end;
        }
    }
}
