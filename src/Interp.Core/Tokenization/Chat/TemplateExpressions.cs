using System.Globalization;

namespace Interp.Tokenization.Chat;

/// <summary>Gives the value of an expression where names have the values of a scope.</summary>
internal delegate object? TemplateExpression(TemplateScope scope);

/// <summary>Reads expressions, the loosest operators first; every method takes its own level and what binds tighter.</summary>
internal sealed class TemplateExpressions(TemplateTokens tokens)
{
    private const int Deepest = 64;
    private static readonly string[] Comparisons = ["==", "!=", "<", ">", "<=", ">="];

    private int depth;

    /// <summary>The expression of a whole tag.</summary>
    public static TemplateExpression Read(string tag)
    {
        var tokens = new TemplateTokens(tag);
        var expression = new TemplateExpressions(tokens).Any();
        tokens.RequireEnd();
        return expression;
    }

    /// <summary>Any expression: <c>a if condition else b</c>, or what binds tighter.</summary>
    public TemplateExpression Any()
    {
        if (++depth > Deepest)
            throw new UnservedTemplateException($"brackets nested deeper than {Deepest}");
        var value = Or();
        if (tokens.TryTake("if"))
        {
            var (then, condition) = (value, Or());
            var otherwise = tokens.TryTake("else") ? Any() : _ => new Undefined("the missing else");
            value = scope => TemplateValues.IsTrue(condition(scope)) ? then(scope) : otherwise(scope);
        }
        depth--;
        return value;
    }

    /// <summary>An expression without a condition behind it.</summary>
    public TemplateExpression Or()
    {
        var left = And();
        while (tokens.TryTake("or"))
        {
            var (first, second) = (left, And());
            left = scope => first(scope) is var value && TemplateValues.IsTrue(value) ? value : second(scope);
        }
        return left;
    }

    private TemplateExpression And()
    {
        var left = Not();
        while (tokens.TryTake("and"))
        {
            var (first, second) = (left, Not());
            left = scope => first(scope) is var value && TemplateValues.IsTrue(value) ? second(scope) : value;
        }
        return left;
    }

    private TemplateExpression Not()
    {
        var negated = false;
        while (tokens.TryTake("not"))
            negated = !negated;
        var value = Comparison();
        return negated ? scope => !TemplateValues.IsTrue(value(scope)) : value;
    }

    private TemplateExpression Comparison()
    {
        var left = Sum();
        if (tokens.TryTake("in"))
            return Sum() is var whole ? scope => TemplateValues.Contains(whole(scope), left(scope)) : left;
        if (tokens.Is("not"))
        {
            tokens.Take();
            tokens.Require("in");
            return Sum() is var whole ? scope => !TemplateValues.Contains(whole(scope), left(scope)) : left;
        }
        if (Array.Find(Comparisons, tokens.Is) is not { } sign)
            return left;
        tokens.Take();
        var right = Sum();
        return sign switch
        {
            "==" => scope => TemplateValues.AreEqual(left(scope), right(scope)),
            "!=" => scope => !TemplateValues.AreEqual(left(scope), right(scope)),
            "<" => scope => TemplateValues.Compare(left(scope), right(scope)) < 0,
            ">" => scope => TemplateValues.Compare(left(scope), right(scope)) > 0,
            "<=" => scope => TemplateValues.Compare(left(scope), right(scope)) <= 0,
            _ => scope => TemplateValues.Compare(left(scope), right(scope)) >= 0,
        };
    }

    private TemplateExpression Sum()
    {
        var left = Joined();
        while (tokens.Is("+") || tokens.Is("-"))
        {
            var (first, adds, second) = (left, tokens.Take().Text == "+", Joined());
            left = adds
                ? scope => TemplateValues.Add(first(scope), second(scope))
                : scope => TemplateValues.Calculate("-", first(scope), second(scope));
        }
        return left;
    }

    private TemplateExpression Joined()
    {
        var left = Product();
        while (tokens.TryTake("~"))
        {
            var (first, second) = (left, Product());
            left = scope => TemplateValues.Add(TemplateValues.Show(first(scope)), TemplateValues.Show(second(scope)));
        }
        return left;
    }

    private TemplateExpression Product()
    {
        var left = Filtered(Signed());
        while (tokens.Is("*") || tokens.Is("%"))
        {
            var (first, sign, second) = (left, tokens.Take().Text, Filtered(Signed()));
            left = scope => TemplateValues.Calculate(sign, first(scope), second(scope));
        }
        return left;
    }

    /// <summary>Filters (<c>| name</c>) and tests (<c>is name</c>) behind a value.</summary>
    private TemplateExpression Filtered(TemplateExpression value)
    {
        while (true)
        {
            var inner = value;
            if (tokens.TryTake("|"))
            {
                var (filter, arguments) = (TemplateFunctions.Filter(tokens.Name()), tokens.Is("(") ? Arguments() : []);
                value = scope => filter(inner(scope), Values(arguments, scope));
            }
            else if (tokens.TryTake("is"))
            {
                var (negated, test) = (tokens.TryTake("not"), TemplateFunctions.Test(tokens.Name()));
                value = scope => test(inner(scope)) != negated;
            }
            else
            {
                return value;
            }
        }
    }

    private TemplateExpression Signed()
    {
        if (!tokens.TryTake("-"))
            return Parts(Primary());
        var value = Parts(Primary());
        return scope => TemplateValues.Calculate("-", 0L, value(scope));
    }

    private TemplateExpression Primary()
    {
        var token = tokens.Take();
        switch (token.Kind)
        {
            case TemplateTokenKind.Text:
                return _ => token.Text;
            case TemplateTokenKind.Number when long.TryParse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number):
                return _ => number;
            case TemplateTokenKind.Name when token.Text == "namespace" && tokens.TryTake("("):
                var fields = Fields();
                return scope => fields.ToDictionary(field => field.Key, field => field.Value(scope), StringComparer.Ordinal);
            case TemplateTokenKind.Name when tokens.Is("("):
                var (function, arguments) = (TemplateFunctions.Function(token.Text), Arguments());
                return scope => function(Values(arguments, scope));
            case TemplateTokenKind.Name:
                return token.Text switch
                {
                    "true" or "True" => _ => true,
                    "false" or "False" => _ => false,
                    "none" or "None" => _ => null,
                    _ => scope => scope[token.Text],
                };
            case TemplateTokenKind.Sign when token.Text == "(":
                var inner = Any();
                tokens.Require(")");
                return inner;
            case TemplateTokenKind.Sign when token.Text == "[":
                var items = List("]");
                return scope => Values(items, scope).ToList();
            default:
                throw new UnservedTemplateException(token.Kind == TemplateTokenKind.End ? "a tag that ends too early" : $"'{token.Text}' where it is");
        }
    }

    /// <summary>Fields, items, slices and methods behind a value.</summary>
    private TemplateExpression Parts(TemplateExpression value)
    {
        while (true)
        {
            var whole = value;
            if (tokens.TryTake("."))
            {
                var name = tokens.Name();
                if (tokens.Is("("))
                {
                    var (method, arguments) = (TemplateFunctions.Method(name), Arguments());
                    value = scope => method(whole(scope), Values(arguments, scope));
                }
                else
                {
                    value = scope => TemplateValues.Item(whole(scope), name);
                }
            }
            else if (tokens.TryTake("["))
            {
                value = Subscript(whole);
            }
            else
            {
                return value;
            }
        }
    }

    private TemplateExpression Subscript(TemplateExpression whole)
    {
        var first = tokens.Is(":") ? null : Any();
        if (first is not null && tokens.TryTake("]"))
            return scope => TemplateValues.Item(whole(scope), first(scope));
        tokens.Require(":");
        var second = tokens.Is(":") || tokens.Is("]") ? null : Any();
        var step = tokens.TryTake(":") && !tokens.Is("]") ? Any() : null;
        tokens.Require("]");
        return scope => TemplateValues.Slice(whole(scope), Bound(first, scope), Bound(second, scope), Bound(step, scope) ?? 1);
    }

    private static long? Bound(TemplateExpression? bound, TemplateScope scope) => bound?.Invoke(scope) switch
    {
        null => null,
        long number => number,
        _ => throw new UnservedTemplateException("a slice whose bound is no number"),
    };

    private TemplateExpression[] Arguments()
    {
        tokens.Require("(");
        return List(")");
    }

    /// <summary><c>name=value, …)</c>; of equal names the last counts.</summary>
    private Dictionary<string, TemplateExpression> Fields()
    {
        var fields = new Dictionary<string, TemplateExpression>(StringComparer.Ordinal);
        while (!tokens.TryTake(")"))
        {
            if (fields.Count > 0)
                tokens.Require(",");
            var name = tokens.Name();
            tokens.Require("=");
            fields[name] = Any();
        }
        return fields;
    }

    private TemplateExpression[] List(string end)
    {
        var items = new List<TemplateExpression>();
        while (!tokens.TryTake(end))
        {
            if (items.Count > 0)
                tokens.Require(",");
            items.Add(Any());
        }
        return [.. items];
    }

    private static object?[] Values(TemplateExpression[] expressions, TemplateScope scope) =>
        Array.ConvertAll(expressions, expression => expression(scope));
}
