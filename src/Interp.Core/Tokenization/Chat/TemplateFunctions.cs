namespace Interp.Tokenization.Chat;

/// <summary>The functions, methods, filters and tests that templates may use; each set by name.</summary>
internal static class TemplateFunctions
{
    private static readonly Dictionary<string, Func<object?, object?[], object?>> Filters = new(StringComparer.Ordinal)
    {
        ["trim"] = (value, _) => Strip(Text(value), null, left: true, right: true),
        ["length"] = (value, _) => Length(value),
        ["list"] = (value, _) => List(value).ToList(),
        ["default"] = (value, arguments) => value is Undefined ? Only(arguments) : value,
        ["selectattr"] = (value, arguments) => arguments is [string name, "equalto" or "==" or "eq", var wanted]
            ? List(value).Where(item => TemplateValues.AreEqual(TemplateValues.Item(item, name), wanted)).ToList()
            : throw new UnservedTemplateException("'selectattr' with another test than equality"),
    };

    private static readonly Dictionary<string, Func<object?, bool>> Tests = new(StringComparer.Ordinal)
    {
        ["defined"] = value => value is not Undefined,
        ["undefined"] = value => value is Undefined,
        ["none"] = value => value is null,
        ["string"] = value => value is string,
        ["mapping"] = value => value is Dictionary<string, object?>,
        ["sequence"] = value => value is string or IReadOnlyList<object?> or Dictionary<string, object?>,
        ["iterable"] = value => value is string or IReadOnlyList<object?> or Dictionary<string, object?>,
        ["true"] = value => value is true,
        ["false"] = value => value is false,
    };

    private static readonly Dictionary<string, Func<object?, object?[], object?>> Methods = new(StringComparer.Ordinal)
    {
        ["strip"] = (value, arguments) => Strip(Text(value), Optional(arguments), left: true, right: true),
        ["lstrip"] = (value, arguments) => Strip(Text(value), Optional(arguments), left: true, right: false),
        ["rstrip"] = (value, arguments) => Strip(Text(value), Optional(arguments), left: false, right: true),
        ["startswith"] = (value, arguments) => Text(value).StartsWith(Text(Only(arguments)), StringComparison.Ordinal),
        ["endswith"] = (value, arguments) => Text(value).EndsWith(Text(Only(arguments)), StringComparison.Ordinal),
        ["split"] = (value, arguments) => Text(value).Split(Text(Only(arguments))).ToList<object?>(),
        ["get"] = (value, arguments) => TemplateValues.Item(value, Only(arguments)) is var found && found is Undefined ? null : found,
    };

    private static readonly Dictionary<string, Func<object?[], object?>> Functions = new(StringComparer.Ordinal)
    {
        ["raise_exception"] = arguments => throw new RefusedConversationException(Text(Only(arguments))),
    };

    public static Func<object?, object?[], object?> Filter(string name) => Find(Filters, name, "filter");

    public static Func<object?, bool> Test(string name) => Find(Tests, name, "test");

    public static Func<object?, object?[], object?> Method(string name) => Find(Methods, name, "method");

    public static Func<object?[], object?> Function(string name) => Find(Functions, name, "function");

    public static bool HasMethod(string name) => Methods.ContainsKey(name);

    /// <summary>The items that a loop or filter goes through.</summary>
    public static IReadOnlyList<object?> List(object? value) => value switch
    {
        IReadOnlyList<object?> list => list,
        Undefined missing => throw new UnservedTemplateException($"'{missing.Name}', which nothing defines"),
        _ => throw new UnservedTemplateException("a loop over something that is no list"),
    };

    private static T Find<T>(Dictionary<string, T> known, string name, string kind) =>
        known.TryGetValue(name, out var found) ? found : throw new UnservedTemplateException($"the {kind} '{name}'");

    private static string Text(object? value) => value as string ?? throw new UnservedTemplateException("something that is no text where text must be");

    private static object? Only(object?[] arguments) =>
        arguments is [var only] ? only : throw new UnservedTemplateException($"a call with {arguments.Length} arguments where one must be");

    private static string? Optional(object?[] arguments) => arguments is [var only, ..] ? Text(only) : null;

    private static long Length(object? value) => value is string text
        ? text.Length - text.Count(char.IsLowSurrogate)
        : value is Dictionary<string, object?> fields ? fields.Count : List(value).Count;

    /// <summary>Takes signs off the ends, white space when none are named; U+001C to U+001F count as such in Python.</summary>
    private static string Strip(string text, string? signs, bool left, bool right)
    {
        var (start, end) = (0, text.Length);
        while (left && start < end && Goes(text[start]))
            start++;
        while (right && end > start && Goes(text[end - 1]))
            end--;
        return text[start..end];

        bool Goes(char sign) => signs?.Contains(sign) ?? (char.IsWhiteSpace(sign) || sign is >= '\u001c' and <= '\u001f');
    }
}

/// <summary>A template refuses a conversation; the message is its own.</summary>
internal sealed class RefusedConversationException(string message) : Runtime.InterpException(message);
