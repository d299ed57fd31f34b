using System.Globalization;
using System.Text;

namespace Interp.Tokenization.Patterns;

/// <summary>Character classes and escapes.</summary>
internal sealed partial class PatternParser
{
    /// <summary>Reads <c>\d</c>, <c>\p{...}</c> and their like, or leaves the position and returns null.</summary>
    private Func<int, bool>? ClassEscape()
    {
        Func<int, bool>? predicate = NextAfter switch
        {
            'd' or 'D' => CodePointProperties.Find("Nd", pattern),
            's' or 'S' => CodePoints.IsSpace,
            'w' or 'W' => CodePoints.IsWord,
            'h' or 'H' => CodePointProperties.IsHexDigit,
            'N' => point => point != '\n',
            'O' => _ => true,
            _ => null,
        };
        if (predicate is not null)
        {
            var negated = NextAfter is 'D' or 'S' or 'W' or 'H';
            at += 2;
            return negated ? point => !predicate(point) : predicate;
        }
        if (NextAfter is not ('p' or 'P') || at + 2 >= points.Length || points[at + 2] != '{')
            return null;
        var inverse = NextAfter == 'P';
        at += 3;
        if (Take("^"))
            inverse = !inverse;
        var start = at;
        while (More && Next != '}')
            at++;
        var property = CodePointProperties.Find(AlignedText.ToString(points.AsSpan(start, at - start)), pattern);
        if (!Take("}"))
            throw Bad("has a property without end");
        return inverse ? point => !property(point) : property;
    }

    private int EscapedPoint()
    {
        at++;
        var letter = points[at++];
        switch (letter)
        {
            case 't': return '\t';
            case 'n': return '\n';
            case 'r': return '\r';
            case 'f': return '\f';
            case 'v': return '\v';
            case 'a': return '\a';
            case 'e': return 0x1B;
            case '0': return 0;
            case 'u': return Hex(4, 4);
            case 'x' when Take("{"):
                var value = Hex(1, 8);
                return Take("}") ? value : throw Bad("has a code point without end");
            case 'x': return Hex(1, 2);
            default: return letter;
        }
    }

    private int Hex(int least, int most)
    {
        var start = at;
        while (at - start < most && CodePointProperties.IsHexDigit(Next))
            at++;
        var digits = AlignedText.ToString(points.AsSpan(start, at - start));
        return digits.Length >= least && long.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture) is var value and <= 0x10FFFF
            ? (int)value
            : throw Bad("has a code point that is none");
    }

    /// <summary>Reads a bracketed class after its <c>[</c>.</summary>
    private Func<int, bool> Class()
    {
        if (++depth > MaxDepth)
            throw Bad("is nested too deeply");
        var negated = Take("^");
        var all = new List<Func<int, bool>>();
        var parts = new List<Func<int, bool>>();
        for (var first = true; first || Next != ']'; first = false)
        {
            if (!More)
                throw Bad("has a class without end");
            if (Take("&&"))
            {
                all.Add(Union(parts));
                parts = [];
            }
            else
            {
                parts.Add(ClassPart());
            }
        }
        at++;
        depth--;
        all.Add(Union(parts));
        Func<int, bool> inside = all is [var only] ? only : point => all.TrueForAll(part => part(point));
        if (ignoreCase)
        {
            var exact = inside;
            inside = point => exact(point) || exact(CodePoints.Fold(point)) || CaseVariants(point).Any(exact);
        }
        return negated ? point => !inside(point) : inside;
    }

    private static IEnumerable<int> CaseVariants(int point)
    {
        if (point is >= 0xD800 and < 0xE000)
            yield break;
        yield return Rune.ToUpperInvariant(new Rune(CodePoints.Fold(point))).Value;
        if (CodePoints.Fold(point) == 's')
            yield return 0x17F;
        if (CodePoints.Fold(point) == 'k')
            yield return 0x212A;
    }

    private static Func<int, bool> Union(List<Func<int, bool>> parts) =>
        parts is [var only] ? only : point => parts.Exists(part => part(point));

    private Func<int, bool> ClassPart()
    {
        if (Take("[:"))
        {
            var inverse = Take("^");
            var start = at;
            while (More && Next != ':')
                at++;
            var property = CodePointProperties.Find(AlignedText.ToString(points.AsSpan(start, at - start)), pattern);
            if (!Take(":]"))
                throw Bad("has a named class without end");
            return inverse ? point => !property(point) : property;
        }
        if (Take("["))
            return Class();
        if (Next == '\\' && ClassEscape() is { } escape)
            return escape;
        var from = ClassPoint();
        if (Next != '-' || NextAfter is ']' or -1 or '[')
            return point => point == from;
        at++;
        if (Next == '\\' && ClassEscape() is { } after)
            return point => point == from || point == '-' || after(point);
        var to = ClassPoint();
        return from <= to ? point => point >= from && point <= to : throw Bad("has a range that runs backwards");
    }

    private int ClassPoint()
    {
        if (Next != '\\')
            return points[at++];
        if (NextAfter == -1)
            throw Bad("ends in a backslash");
        if (NextAfter != 'b')
            return EscapedPoint();
        at += 2;
        return '\b';
    }
}
