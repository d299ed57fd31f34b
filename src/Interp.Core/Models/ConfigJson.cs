using System.Text.Json;
using Interp.Runtime;

namespace Interp.Models;

/// <summary>Reads the keys of a config.json; every missing, mistyped or absurd value is an error that names it.</summary>
internal sealed class ConfigJson
{
    private const int LargestSize = 10_000_000;
    private readonly JsonElement root;
    private readonly HashSet<string> read = [];

    public ConfigJson(string path, JsonElement root)
    {
        Path = path;
        this.root = root;
    }

    public string Path { get; }

    public static ConfigJson Read(string path)
    {
        try
        {
            if (new FileInfo(path).Length > 10_000_000)
                throw new InterpException($"{path} is larger than any configuration; give the folder of a model.");
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new ConfigJson(path, document.RootElement.Clone())
                : throw new InterpException($"{path} is not a JSON object; give the folder of a model.");
        }
        catch (JsonException e)
        {
            throw new InterpException($"{path} is not JSON (line {e.LineNumber + 1}); fetch the file again.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InterpException($"{path} cannot be read: {e.Message}", e);
        }
    }

    public bool Has(string key) => Mentions(key) && root.GetProperty(key).ValueKind != JsonValueKind.Null;

    /// <summary>Whether the key stands there, be it as null.</summary>
    public bool Mentions(string key)
    {
        read.Add(key);
        return root.TryGetProperty(key, out _);
    }

    /// <summary>Keys that the family knows and that change nothing in it.</summary>
    public void Harmless(params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
            read.Add(key);
    }

    /// <summary>Fails on a key that nobody read, unless it is empty, null or false, or known to leave the computation as it is.</summary>
    /// <param name="where">Name of the section, with its dot; empty for the whole file.</param>
    public void RequireAllServed(string where = "")
    {
        foreach (var entry in root.EnumerateObject())
        {
            if (!read.Contains(entry.Name) && !HarmlessKeys.Contains(entry.Name) && !IsOff(entry.Value))
                throw new InterpException($"In {Path}, '{where}{entry.Name}' is {Shortened(entry.Value)}, a setting that is not known here and may change what the model computes; remove it if it does not.");
        }
    }

    private static bool IsOff(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False => true,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        _ => false,
    };

    private static string Shortened(JsonElement value) => value.GetRawText() is { Length: > 60 } text ? text[..60] + "…" : value.GetRawText();

    public ConfigJson? Section(string key) =>
        !Has(key) ? null
        : root.GetProperty(key) is { ValueKind: JsonValueKind.Object } value ? new ConfigJson(Path, value)
        : throw Fault(key, "is not an object");

    public string? Text(string key) =>
        !Has(key) ? null
        : root.GetProperty(key) is { ValueKind: JsonValueKind.String } value ? value.GetString()
        : throw Fault(key, "is not text");

    public int Size(string key, int? missing = null)
    {
        if (!Has(key))
            return missing ?? throw Fault(key, "is missing");
        var value = root.GetProperty(key);
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var size) && size is > 0 and <= LargestSize
            ? size
            : throw Fault(key, $"is {value.GetRawText()}, not a whole number between 1 and {LargestSize}");
    }

    public int? OptionalSize(string key) => Has(key) ? Size(key) : null;

    public int? OptionalId(string key) => Ids(key) is [var first, ..] ? first : null;

    /// <summary>A token id or a list of them; none where the key is missing.</summary>
    public IReadOnlyList<int> Ids(string key)
    {
        if (!Has(key))
            return [];
        var value = root.GetProperty(key);
        IEnumerable<JsonElement> items = value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : [value];
        return [.. items.Select(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out var id) ? id : throw Fault(key, "is not a token id"))];
    }

    /// <summary>A whole number of 0 or more.</summary>
    public int Count(string key, int missing) =>
        !Has(key) ? missing
        : root.GetProperty(key) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var count) && count >= 0 ? count
        : throw Fault(key, "is not a whole number of 0 or more");

    public double Positive(string key, double? missing = null) => Number(key, missing) is > 0 and var number ? number : throw Fault(key, "is not above 0");

    public double Number(string key, double? missing = null)
    {
        if (!Has(key))
            return missing ?? throw Fault(key, "is missing");
        var value = root.GetProperty(key);
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number)
            ? number
            : throw Fault(key, $"is {value.GetRawText()}, not a number");
    }

    public bool Flag(string key, bool missing) =>
        !Has(key) ? missing
        : root.GetProperty(key).ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Fault(key, "is not true or false"),
        };

    public IReadOnlyList<double> Numbers(string key)
    {
        if (!Has(key) || root.GetProperty(key) is not { ValueKind: JsonValueKind.Array } list)
            throw Fault(key, "is not a list of numbers");
        return [.. list.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.Number ? item.GetDouble() : throw Fault(key, "is not a list of numbers"))];
    }

    /// <summary>A list of texts; none where the key is missing.</summary>
    public IReadOnlyList<string> Texts(string key)
    {
        if (!Has(key))
            return [];
        if (root.GetProperty(key) is not { ValueKind: JsonValueKind.Array } list)
            throw Fault(key, "is not a list of texts");
        return [.. list.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.String ? item.GetString()! : throw Fault(key, "is not a list of texts"))];
    }

    public InterpException Fault(string key, string what) => new($"In {Path}, '{key}' {what}; use the configuration that came with the weights.");
}
