using System.Globalization;
using System.Text;

namespace Interp.Tokenization.Chat;

/// <summary>What a token inside a tag is.</summary>
internal enum TemplateTokenKind
{
    /// <summary>Behind the last one.</summary>
    End,

    /// <summary>A word.</summary>
    Name,

    /// <summary>A quoted text, without its quotes.</summary>
    Text,

    /// <summary>A whole number.</summary>
    Number,

    /// <summary>An operator or a bracket.</summary>
    Sign,
}

/// <summary>A token inside a tag.</summary>
internal readonly record struct TemplateToken(TemplateTokenKind Kind, string Text);

/// <summary>The tokens of a tag, read one by one.</summary>
internal sealed class TemplateTokens
{
    private const string Signs = "()[]{}.,:|=+-*/%~<>";
    private static readonly string[] Pairs = ["==", "!=", "<=", ">=", "//", "**"];

    private readonly string tag;
    private int next;

    public TemplateTokens(string tag)
    {
        this.tag = tag;
        Take();
    }

    /// <summary>The token in front.</summary>
    public TemplateToken Current { get; private set; }

    /// <summary>Gives the token in front and steps over it.</summary>
    public TemplateToken Take()
    {
        var taken = Current;
        Current = Read();
        return taken;
    }

    /// <summary>Steps over a sign or word if it is in front.</summary>
    public bool TryTake(string text)
    {
        var found = Is(text);
        if (found)
            Take();
        return found;
    }

    /// <summary>Whether a sign or word is in front.</summary>
    public bool Is(string text) => Current.Kind is TemplateTokenKind.Sign or TemplateTokenKind.Name && Current.Text == text;

    /// <summary>Steps over a sign or word that must be in front.</summary>
    public void Require(string text)
    {
        if (!TryTake(text))
            throw Unexpected();
    }

    /// <summary>The word in front, stepped over.</summary>
    public string Name() => Current.Kind == TemplateTokenKind.Name ? Take().Text : throw Unexpected();

    /// <summary>Requires that nothing follows.</summary>
    public void RequireEnd()
    {
        if (Current.Kind != TemplateTokenKind.End)
            throw Unexpected();
    }

    /// <summary>The error that names the token in front.</summary>
    public UnservedTemplateException Unexpected() => new(Current.Kind == TemplateTokenKind.End ? "a tag that ends too early" : $"'{Current.Text}' where it is");

    private TemplateToken Read()
    {
        while (next < tag.Length && char.IsWhiteSpace(tag[next]))
            next++;
        if (next == tag.Length)
            return default;
        var start = next;
        var first = tag[next++];
        if (char.IsAsciiLetter(first) || first == '_')
        {
            while (next < tag.Length && (char.IsAsciiLetterOrDigit(tag[next]) || tag[next] == '_'))
                next++;
            return new TemplateToken(TemplateTokenKind.Name, tag[start..next]);
        }
        if (char.IsAsciiDigit(first))
        {
            while (next < tag.Length && char.IsAsciiDigit(tag[next]))
                next++;
            return new TemplateToken(TemplateTokenKind.Number, tag[start..next]);
        }
        if (first is '\'' or '"')
            return new TemplateToken(TemplateTokenKind.Text, Quoted(first));
        if (Pairs.Any(pair => string.CompareOrdinal(tag, start, pair, 0, 2) == 0))
            return new TemplateToken(TemplateTokenKind.Sign, tag[start..++next]);
        return Signs.Contains(first, StringComparison.Ordinal)
            ? new TemplateToken(TemplateTokenKind.Sign, first.ToString())
            : throw new UnservedTemplateException($"the sign '{first}'");
    }

    private string Quoted(char quote)
    {
        var text = new StringBuilder();
        while (next < tag.Length && tag[next] != quote)
        {
            var sign = tag[next++];
            text.Append(sign == '\\' && next < tag.Length ? Escaped(tag[next++]) : sign);
        }
        if (next++ >= tag.Length)
            throw new UnservedTemplateException("a text whose quotes are not closed");
        return text.ToString();
    }

    private char Escaped(char sign) => sign switch
    {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        '\\' or '\'' or '"' => sign,
        'u' when next + 4 <= tag.Length && ushort.TryParse(tag.AsSpan(next, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) => Unit(code),
        _ => throw new UnservedTemplateException($"the escape '\\{sign}'"),
    };

    private char Unit(ushort code)
    {
        next += 4;
        return (char)code;
    }
}
