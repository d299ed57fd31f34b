using Interp.Runtime;

namespace Interp.Tokenization.Patterns;

/// <summary>
/// Reads regular expressions as Oniguruma's Ruby syntax has them, over code points: <c>.</c> excludes only the newline, <c>^</c> and <c>$</c>
/// are line anchors, <c>{n,m}+</c> is no possessive quantifier, an isolated <c>(?i)</c> holds to the end of its group.
/// </summary>
internal sealed partial class PatternParser(string pattern)
{
    private const int MaxLength = 8192;
    private const int MaxDepth = 100;
    private const int MaxRepeat = 100_000;

    private readonly int[] points = AlignedText.PointsOf(pattern);
    private readonly Dictionary<(string, bool), CodePointSet> sets = [];
    private int at;
    private int depth;
    private bool ignoreCase, dotAll, extended;

    public PatternNode Parse()
    {
        if (points.Length > MaxLength)
            throw new InterpException($"A regular expression of {points.Length} characters is too long; {MaxLength} are served.");
        var node = Choice();
        return at == points.Length ? node : throw Bad("has an unmatched ')'");
    }

    private bool More => at < points.Length;

    private int Next => at < points.Length ? points[at] : -1;

    private int NextAfter => at + 1 < points.Length ? points[at + 1] : -1;

    private InterpException Bad(string what) => new($"The regular expression {Pattern.Short(pattern)} {what} (at character {at}).");

    private bool Take(string text)
    {
        if (at + text.Length > points.Length)
            return false;
        for (var i = 0; i < text.Length; i++)
            if (points[at + i] != text[i])
                return false;
        at += text.Length;
        return true;
    }

    private PatternNode Choice()
    {
        if (++depth > MaxDepth)
            throw Bad("is nested too deeply");
        var (oldCase, oldDot, oldExtended) = (ignoreCase, dotAll, extended);
        var branches = new List<PatternNode> { Branch() };
        while (Take("|"))
            branches.Add(Branch());
        (ignoreCase, dotAll, extended) = (oldCase, oldDot, oldExtended);
        depth--;
        return branches.Count == 1 ? branches[0] : new PatternNode.Choice(branches);
    }

    private PatternNode Branch()
    {
        var items = new List<PatternNode>();
        while (More && Next != '|' && Next != ')')
        {
            if (extended && SkipExtended())
                continue;
            if (Take("(?#"))
            {
                while (More && Next != ')')
                    at++;
                if (!Take(")"))
                    throw Bad("has a comment without end");
                continue;
            }
            if (Atom() is { } atom)
                items.Add(Quantified(atom));
        }
        return items.Count == 1 ? items[0] : new PatternNode.Sequence(items);
    }

    private bool SkipExtended()
    {
        if (CodePoints.IsSpace(Next))
        {
            at++;
            return true;
        }
        if (Next != '#')
            return false;
        while (More && Next != '\n')
            at++;
        return true;
    }

    private PatternNode Quantified(PatternNode atom)
    {
        while (true)
        {
            if (Take("*"))
                atom = Repeat(atom, 0, int.MaxValue, true);
            else if (Take("+"))
                atom = Repeat(atom, 1, int.MaxValue, true);
            else if (Take("?"))
                atom = Repeat(atom, 0, 1, true);
            else if (Next == '{' && Interval() is var (least, most))
                atom = Repeat(atom, least, most, false);
            else
                return atom;
        }
    }

    private PatternNode Repeat(PatternNode body, int least, int most, bool mayBePossessive)
    {
        if (mayBePossessive && Take("+"))
            return new PatternNode.Repeat(body, least, most, Repetition.Possessive);
        if (Next == '?' && !(least == most && !mayBePossessive))
        {
            at++;
            return new PatternNode.Repeat(body, least, most, Repetition.Lazy);
        }
        return new PatternNode.Repeat(body, least, most, Repetition.Greedy);
    }

    private (int Least, int Most)? Interval()
    {
        var start = at++;
        var least = Number();
        var comma = Take(",");
        var most = comma ? Number() : least;
        if (!Take("}") || (least is null && most is null))
        {
            at = start;
            return null;
        }
        var (from, to) = (least ?? 0, most ?? int.MaxValue);
        return from <= to ? (from, to) : (to, from);
    }

    private int? Number()
    {
        var start = at;
        var value = 0;
        for (; Next is >= '0' and <= '9'; at++)
            if ((value = value * 10 + Next - '0') > MaxRepeat)
                throw Bad($"repeats more than {MaxRepeat} times");
        return at > start ? value : null;
    }

    private PatternNode? Atom()
    {
        switch (Next)
        {
            case '(':
                at++;
                return Group();
            case '[':
                var start = at++;
                return Set(Class(), start);
            case '.':
                at++;
                return dotAll ? Set(_ => true, at - 1) : Set(point => point != '\n', at - 1);
            case '^':
                at++;
                return new PatternNode.At(Anchor.LineStart);
            case '$':
                at++;
                return new PatternNode.At(Anchor.LineEnd);
            case '*' or '+' or '?':
                throw Bad("repeats nothing");
            case '\\':
                return Escape();
            default:
                return Literal(points[at++]);
        }
    }

    private PatternNode? Group()
    {
        if (!Take("?"))
            return Closed(Choice());
        if (Take(":"))
            return Closed(Choice());
        if (Take("="))
            return Closed(new PatternNode.Look(Choice(), false, false));
        if (Take("!"))
            return Closed(new PatternNode.Look(Choice(), false, true));
        if (Take(">"))
            return Closed(new PatternNode.Atomic(Choice()));
        if (Take("<="))
            return Closed(new PatternNode.Look(Choice(), true, false));
        if (Take("<!"))
            return Closed(new PatternNode.Look(Choice(), true, true));
        if (Next is '<' or '\'')
        {
            var end = points[at++] == '<' ? '>' : '\'';
            while (More && Next != end)
                at++;
            at++;
            return Closed(Choice());
        }
        return Options();
    }

    private PatternNode Options()
    {
        var (oldCase, oldDot, oldExtended) = (ignoreCase, dotAll, extended);
        for (var on = true; ; at++)
        {
            switch (Next)
            {
                case '-': on = false; break;
                case 'i': ignoreCase = on; break;
                case 'm': dotAll = on; break;
                case 'x': extended = on; break;
                case ':' or ')':
                    var scoped = points[at++] == ':';
                    var body = Choice();
                    (ignoreCase, dotAll, extended) = (oldCase, oldDot, oldExtended);
                    return scoped ? Closed(body) : body;
                default:
                    throw Bad("has a kind of group that is not served");
            }
        }
    }

    private PatternNode Closed(PatternNode node) => Take(")") ? node : throw Bad("has a group without end");

    private PatternNode Literal(int point) => ignoreCase
        ? Set(other => CodePoints.Fold(other) == CodePoints.Fold(point), $"={point}")
        : Set(other => other == point, $"={point}");

    private PatternNode Escape()
    {
        if (NextAfter == -1)
            throw Bad("ends in a backslash");
        Anchor? anchor = NextAfter switch
        {
            'A' => Anchor.TextStart,
            'z' => Anchor.TextEnd,
            'Z' => Anchor.TextEndOrLastNewline,
            'b' => Anchor.WordBoundary,
            'B' => Anchor.NoWordBoundary,
            _ => null,
        };
        if (anchor is { } place)
        {
            at += 2;
            return new PatternNode.At(place);
        }
        if (NextAfter is 'K' or 'G' or 'X' or 'k' or 'g' or (>= '1' and <= '9'))
            throw Bad($"uses \\{(char)NextAfter}, which is not served");
        if (NextAfter == 'R')
        {
            at += 2;
            return new PatternNode.Atomic(new PatternNode.Choice(
            [
                new PatternNode.Sequence([Literal('\r'), Literal('\n')]),
                Set(point => point is (>= 0xA and <= 0xD) or 0x85 or 0x2028 or 0x2029, "\\R"),
            ]));
        }
        var start = at;
        return ClassEscape() is { } predicate ? Set(predicate, start) : Literal(EscapedPoint());
    }

    private PatternNode.One Set(Func<int, bool> predicate, int start) =>
        Set(predicate, AlignedText.ToString(points.AsSpan(start, at - start)));

    private PatternNode.One Set(Func<int, bool> predicate, string source)
    {
        var key = (dotAll && source == "." ? ".all" : source, ignoreCase);
        if (!sets.TryGetValue(key, out var set))
            sets[key] = set = new CodePointSet(predicate);
        return new PatternNode.One(set);
    }
}
