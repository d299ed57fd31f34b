using System.Text.Json;
using Interp.Runtime;

namespace Interp.Models;

/// <summary>Reads the keys of a config.json; every missing, mistyped or absurd value is an error that names it.</summary>
internal sealed class ConfigJson
{
    private const int LargestSize = 10_000_000;
    private readonly JsonElement root;

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

    public bool Has(string key) => root.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>Whether the key stands there, be it as null.</summary>
    public bool Mentions(string key) => root.TryGetProperty(key, out _);

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

    public int? OptionalId(string key)
    {
        if (!Has(key))
            return null;
        var value = root.GetProperty(key);
        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0)
            value = value[0];
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var id) ? id : throw Fault(key, "is not a token id");
    }

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

    public IReadOnlyList<string> Texts(string key) =>
        Has(key) && root.GetProperty(key) is { ValueKind: JsonValueKind.Array } list
            ? [.. list.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!)]
            : [];

    public InterpException Fault(string key, string what) => new($"In {Path}, '{key}' {what}; use the configuration that came with the weights.");
}
