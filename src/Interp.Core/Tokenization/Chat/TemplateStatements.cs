using System.Text;

namespace Interp.Tokenization.Chat;

/// <summary>Writes a part of a template where names have the values of a scope.</summary>
internal delegate void TemplateStatement(TemplateScope scope, StringBuilder output);

/// <summary>
/// Reads the statements of a template: <c>for</c>, <c>if</c>, <c>set</c> and output. An expression outside the subset is an error
/// when it is reached, not before: the parts of a template that write tools never are.
/// </summary>
internal sealed class TemplateStatements(IReadOnlyList<Segment> segments)
{
    private const int Deepest = 64;

    private int next;
    private int depth;

    /// <summary>Reads a whole template.</summary>
    public static TemplateStatement Read(IReadOnlyList<Segment> segments)
    {
        var reader = new TemplateStatements(segments);
        var body = reader.Body();
        return reader.next == segments.Count ? body : throw reader.Fault($"ends a block that it does not open: '{segments[reader.next].Text}'");
    }

    private TemplateStatement Body()
    {
        Descend();
        var statements = new List<TemplateStatement>();
        while (next < segments.Count && !EndsBody(segments[next]))
            statements.Add(One());
        depth--;
        return (scope, output) =>
        {
            foreach (var statement in statements)
                statement(scope, output);
        };
    }

    private TemplateStatement One()
    {
        var segment = segments[next++];
        if (segment.Kind == SegmentKind.Literal)
            return (_, output) => Append(output, segment.Text);
        if (segment.Kind == SegmentKind.Output)
            return Expression(segment.Text) is var value ? (scope, output) => Append(output, TemplateValues.Show(value(scope))) : Nothing;
        var (word, rest) = Split(segment.Text);
        return word switch
        {
            "if" => If(rest),
            "for" => For(rest),
            "set" => Set(rest),
            "generation" => Marked(),
            _ => throw Fault($"has the statement '{word}'"),
        };
    }

    private TemplateStatement If(string condition)
    {
        Descend();
        var (test, then) = (Expression(condition), Body());
        var (word, rest) = Split(Closing("endif").Text);
        var otherwise = Nothing;
        if (word == "elif")
        {
            otherwise = If(rest);
        }
        else if (word == "else")
        {
            otherwise = Body();
            Require("endif");
        }
        depth--;
        return (scope, output) => (TemplateValues.IsTrue(test(scope)) ? then : otherwise)(scope, output);
    }

    private TemplateStatement For(string header)
    {
        var body = Body();
        Require("endfor");
        var tokens = new TemplateTokens(header);
        var name = tokens.Name();
        if (!tokens.TryTake("in"))
            return (_, _) => throw tokens.Unexpected();
        var condition = Always;
        var items = Served(() =>
        {
            var expressions = new TemplateExpressions(tokens);
            var list = expressions.Or();
            if (tokens.TryTake("if"))
                condition = expressions.Or();
            tokens.RequireEnd();
            return list;
        });
        return (scope, output) =>
        {
            var list = TemplateFunctions.List(items(scope)).Where(item => TemplateValues.IsTrue(condition(new TemplateScope(scope) { [name] = item }))).ToList();
            for (var i = 0; i < list.Count; i++)
            {
                scope.CountRound();
                body(new TemplateScope(scope) { [name] = list[i], ["loop"] = Loop(i, list.Count) }, output);
            }
        };
    }

    private TemplateStatement Set(string assignment)
    {
        var at = assignment.IndexOf('=', StringComparison.Ordinal);
        if (at < 0)
            throw Fault("sets a block of text to a name");
        var target = new TemplateTokens(assignment[..at]);
        var (name, field) = (target.Name(), target.TryTake(".") ? target.Name() : null);
        target.RequireEnd();
        var value = Expression(assignment[(at + 1)..]);
        if (field is null)
            return (scope, _) => scope[name] = value(scope);
        return (scope, _) =>
        {
            if (scope[name] is not Dictionary<string, object?> fields)
                throw new UnservedTemplateException($"setting a field of '{name}', which is no namespace");
            fields[field] = value(scope);
        };
    }

    /// <summary>What the assistant says, marked for training; the marks write nothing.</summary>
    private TemplateStatement Marked()
    {
        var body = Body();
        Require("endgeneration");
        return body;
    }

    private void Descend()
    {
        if (++depth > Deepest)
            throw Fault($"nests blocks deeper than {Deepest}");
    }

    private void Require(string word)
    {
        if (Closing(word).Text != word)
            throw Fault($"ends a block with '{segments[next - 1].Text}', not with '{word}'");
    }

    private Segment Closing(string word) => next < segments.Count ? segments[next++] : throw Fault($"lacks an '{word}'");

    private static TemplateExpression Expression(string tag) => Served(() => TemplateExpressions.Read(tag));

    /// <summary>An expression that cannot be read is an error when it is reached.</summary>
    private static TemplateExpression Served(Func<TemplateExpression> read)
    {
        try
        {
            return read();
        }
        catch (UnservedTemplateException e)
        {
            return _ => throw e;
        }
    }

    private static bool EndsBody(Segment segment) =>
        segment.Kind == SegmentKind.Statement && Split(segment.Text).Word is "elif" or "else" or "endif" or "endfor" or "endgeneration";

    private static (string Word, string After) Split(string statement)
    {
        var end = statement.AsSpan().IndexOfAny(" \t\n(");
        return end < 0 ? (statement, "") : (statement[..end], statement[end..]);
    }

    private static Dictionary<string, object?> Loop(long index, long count) => new(StringComparer.Ordinal)
    {
        ["index0"] = index,
        ["index"] = index + 1,
        ["first"] = index == 0,
        ["last"] = index == count - 1,
        ["length"] = count,
    };

    private static void Append(StringBuilder output, string text)
    {
        TemplateValues.RequireSize(output.Length + (long)text.Length);
        output.Append(text);
    }

    private static readonly TemplateStatement Nothing = (_, _) => { };
    private static readonly TemplateExpression Always = _ => true;

    private UnservedTemplateException Fault(string what) =>
        new($"line {segments[Math.Clamp(next - 1, 0, segments.Count - 1)].Line} {what}");
}
