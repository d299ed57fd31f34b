using System.Globalization;

namespace Interp.Tokenization.Chat;

/// <summary>The value of a name that stands for nothing.</summary>
internal sealed record Undefined(string Name);

/// <summary>
/// What templates do with values, as Jinja does it: text, whole numbers (long), true and false, lists, fields by name, null for
/// <c>none</c> and <see cref="Undefined"/>.
/// </summary>
internal static class TemplateValues
{
    private const int Largest = 1 << 26;

    public static bool IsTrue(object? value) => value switch
    {
        null or Undefined => false,
        bool flag => flag,
        long number => number != 0,
        string text => text.Length > 0,
        IReadOnlyList<object?> list => list.Count > 0,
        Dictionary<string, object?> fields => fields.Count > 0,
        _ => true,
    };

    /// <summary>How a value is written.</summary>
    public static string Show(object? value) => value switch
    {
        null => "None",
        Undefined => "",
        string text => text,
        bool flag => flag ? "True" : "False",
        long number => number.ToString(CultureInfo.InvariantCulture),
        _ => throw new UnservedTemplateException("a list or an object written as text"),
    };

    public static bool AreEqual(object? left, object? right) => (left, right) switch
    {
        (IReadOnlyList<object?> a, IReadOnlyList<object?> b) => a.Count == b.Count && a.Zip(b).All(pair => AreEqual(pair.First, pair.Second)),
        (Dictionary<string, object?> a, Dictionary<string, object?> b) =>
            a.Count == b.Count && a.All(pair => b.TryGetValue(pair.Key, out var other) && AreEqual(pair.Value, other)),
        _ => Equals(left, right),
    };

    public static bool Contains(object? whole, object? part) => (whole, part) switch
    {
        (string text, string sought) => text.Contains(sought, StringComparison.Ordinal),
        (IReadOnlyList<object?> list, _) => list.Any(item => AreEqual(item, part)),
        (Dictionary<string, object?> fields, string name) => fields.ContainsKey(name),
        _ => throw new UnservedTemplateException("'in' of something that is neither text nor a list"),
    };

    public static object Add(object? left, object? right) => (left, right) switch
    {
        (string a, string b) when RequireSize(a.Length + (long)b.Length) => a + b,
        (long a, long b) => checked(a + b),
        (IReadOnlyList<object?> a, IReadOnlyList<object?> b) when RequireSize(a.Count + (long)b.Count) => a.Concat(b).ToList(),
        _ => throw Mismatch("+", left, right),
    };

    /// <summary>Refuses texts and lists that only a hostile template makes.</summary>
    public static bool RequireSize(long size) =>
        size <= Largest ? true : throw new UnservedTemplateException($"texts of more than {Largest} characters");

    public static int Compare(object? left, object? right) => (left, right) switch
    {
        (long a, long b) => a.CompareTo(b),
        (string a, string b) => string.CompareOrdinal(a, b),
        _ => throw Mismatch("<", left, right),
    };

    /// <summary>Difference, product or remainder of whole numbers; the remainder has the divisor's sign.</summary>
    public static object Calculate(string sign, object? left, object? right) => (sign, left, right) switch
    {
        ("-", long a, long b) => checked(a - b),
        ("*", long a, long b) => checked(a * b),
        ("%", long a, long b) when b != 0 => a - b * (long)Math.Floor((decimal)a / b),
        _ => throw Mismatch(sign, left, right),
    };

    /// <summary>A field, or an item by its number, from the end where that is negative.</summary>
    public static object? Item(object? whole, object? key) => (whole, key) switch
    {
        (Undefined missing, _) => throw new UnservedTemplateException($"'{missing.Name}', which nothing defines"),
        (Dictionary<string, object?> fields, string name) => fields.TryGetValue(name, out var value) ? value : new Undefined(name),
        (IReadOnlyList<object?> list, long index) => Position(index, list.Count) is { } at ? list[at] : new Undefined($"item {index}"),
        (string text, long index) => Position(index, text.Length) is { } at ? text[at].ToString() : new Undefined($"item {index}"),
        _ => new Undefined(key as string ?? "an item"),
    };

    /// <summary>A stretch of a list or text, as <c>[from:until:step]</c> takes it; the step is 1 or -1.</summary>
    public static object Slice(object? whole, long? from, long? until, long step)
    {
        var items = whole switch
        {
            string text => [.. text.Select(sign => (object?)sign.ToString())],
            IReadOnlyList<object?> list => list,
            _ => throw new UnservedTemplateException("a slice of something that is neither text nor a list"),
        };
        if (step == -1 && from is null && until is null)
            items = [.. items.Reverse()];
        else if (step != 1)
            throw new UnservedTemplateException("a slice with a step");
        var (start, end) = (Bound(from ?? 0), Bound(until ?? items.Count));
        var part = items.Skip(start).Take(end - start).ToList();
        return whole is string ? string.Concat(part) : part;

        int Bound(long at) => (int)Math.Clamp(at < 0 ? at + items.Count : at, 0, items.Count);
    }

    private static int? Position(long index, int count) => index + (index < 0 ? count : 0) is var at && at >= 0 && at < count ? (int)at : null;

    private static UnservedTemplateException Mismatch(string sign, object? left, object? right) =>
        (left as Undefined ?? right as Undefined) is { } missing
            ? new($"'{missing.Name}', which nothing defines")
            : new($"'{sign}' of values it is not made for");
}
