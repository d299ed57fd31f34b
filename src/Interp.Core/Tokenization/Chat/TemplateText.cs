namespace Interp.Tokenization.Chat;

/// <summary>What a stretch of a template is.</summary>
internal enum SegmentKind
{
    /// <summary>Text that is written as it stands.</summary>
    Literal,

    /// <summary>An expression in <c>{{ }}</c> whose value is written.</summary>
    Output,

    /// <summary>A statement in <c>{% %}</c>.</summary>
    Statement,
}

/// <summary>A stretch of a template: literal text, or the inside of a tag.</summary>
internal readonly record struct Segment(SegmentKind Kind, string Text, int Line);

/// <summary>
/// Cuts a template into literals and tags, with the white space rules under which the Hugging Face library runs templates: a
/// statement or comment takes the spaces before it on its line and one line end behind it, a hyphen all white space on its side.
/// </summary>
internal static class TemplateText
{
    private const int LongestTag = 1 << 13;

    public static List<Segment> Cut(string template)
    {
        var text = template.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        if (text.EndsWith('\n'))
            text = text[..^1];
        var segments = new List<Segment>();
        var (at, line) = (0, 1);
        while (at < text.Length)
        {
            var open = NextTag(text, at);
            AddLiteral(open < 0 ? text[at..] : Before(text, at, open));
            if (open < 0)
                break;
            line += text.AsSpan(at, open - at).Count('\n');
            var closing = text[open + 1] switch { '{' => "}}", '%' => "%}", _ => "#}" };
            var end = End(text, open + 2, closing);
            if (end < 0)
                throw new UnservedTemplateException($"line {line} opens a tag that is not closed");
            var inside = text[(open + 2)..end];
            if (inside.Length > LongestTag && closing[0] != '#')
                throw new UnservedTemplateException($"line {line} has a tag of more than {LongestTag} characters");
            if (inside.StartsWith('+') || inside.EndsWith('+'))
                throw new UnservedTemplateException($"line {line} controls white space with a plus sign");
            var kind = closing[0] == '}' ? SegmentKind.Output : SegmentKind.Statement;
            if (closing[0] != '#')
                segments.Add(new Segment(kind, inside.TrimStart('-').TrimEnd('-').Trim(), line));
            at = After(text, end + 2, stripsAll: inside.EndsWith('-'), stripsLine: kind == SegmentKind.Statement);
            line += text.AsSpan(open, at - open).Count('\n');
        }
        return segments;

        void AddLiteral(string literal)
        {
            if (literal.Length > 0)
                segments.Add(new Segment(SegmentKind.Literal, literal, line));
        }
    }

    private static int NextTag(string text, int from)
    {
        for (var open = text.IndexOf('{', from); open >= 0 && open + 1 < text.Length; open = text.IndexOf('{', open + 1))
            if (text[open + 1] is '{' or '%' or '#')
                return open;
        return -1;
    }

    /// <summary>The literal before a tag.</summary>
    private static string Before(string text, int from, int open)
    {
        if (open + 2 < text.Length && text[open + 2] == '-')
            return text[from..open].TrimEnd();
        if (text[open + 1] == '{')
            return text[from..open];
        var start = open;
        while (start > from && text[start - 1] is ' ' or '\t')
            start--;
        return text[from..(start == 0 || text[start - 1] == '\n' ? start : open)];
    }

    /// <summary>Where the text goes on behind a tag.</summary>
    private static int After(string text, int end, bool stripsAll, bool stripsLine)
    {
        if (stripsAll)
            while (end < text.Length && char.IsWhiteSpace(text[end]))
                end++;
        else if (stripsLine && end < text.Length && text[end] == '\n')
            end++;
        return end;
    }

    /// <summary>The first end of a tag outside its quoted texts; -1 without one.</summary>
    private static int End(string text, int from, string closing)
    {
        char? quote = null;
        for (var at = from; at + 1 < text.Length; at++)
        {
            if (quote is { } open)
            {
                if (text[at] == '\\')
                    at++;
                else if (text[at] == open)
                    quote = null;
            }
            else if (text[at] == closing[0] && text[at + 1] == closing[1])
            {
                return at;
            }
            else if (closing[0] != '#' && text[at] is '\'' or '"')
            {
                quote = text[at];
            }
        }
        return -1;
    }
}
