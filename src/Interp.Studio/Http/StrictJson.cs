using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Interp.Studio.Http;

/// <summary>
/// Reads a question and refuses all that it does not define: a field that is unknown, missing, given twice, of another type or out of its range.
/// The sentence names the field.
/// </summary>
internal static class StrictJson
{
    private const int LongestEcho = 40;

    /// <summary>A question of a type from JSON.</summary>
    /// <exception cref="Refusal">400: the JSON is not of that form.</exception>
    public static T Read<T>(JsonElement value)
    {
        try
        {
            Check(value, StudioJson.Options.GetTypeInfo(typeof(T)), "");
            return value.Deserialize<T>(StudioJson.Options)!;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw Bad("The question holds text that is no Unicode; send it as UTF-8, without half characters.");
        }
    }

    private static void Check(JsonElement value, JsonTypeInfo type, string path)
    {
        switch (type.Kind)
        {
            case JsonTypeInfoKind.Object:
                CheckObject(value, type, path);
                break;
            case JsonTypeInfoKind.Enumerable:
                Require(value.ValueKind == JsonValueKind.Array, value, path, "a list");
                foreach (var (i, item) in value.EnumerateArray().Index())
                    Check(item, StudioJson.Options.GetTypeInfo(type.ElementType!), $"{path}[{i}]");
                break;
            default:
                CheckScalar(value, type.Type, path);
                break;
        }
    }

    private static void CheckObject(JsonElement value, JsonTypeInfo type, string path)
    {
        Require(value.ValueKind == JsonValueKind.Object, value, path, $"an object with {Words([.. type.Properties.Select(property => property.Name)], "and")}");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var field in value.EnumerateObject())
        {
            var place = path == "" ? field.Name : $"{path}.{field.Name}";
            if (type.Properties.FirstOrDefault(property => property.Name == field.Name) is not { } known)
                throw Bad($"There is no field {Echo(place)}; {Fields(type)}.");
            if (!seen.Add(field.Name))
                throw Bad($"The field {place} is given twice; give it once.");
            CheckField(field.Value, known, place);
        }
        if (type.Properties.FirstOrDefault(property => property.IsRequired && !seen.Contains(property.Name)) is { } missing)
            throw Bad($"The field {(path == "" ? "" : path + ".")}{missing.Name} is missing; give {Wanted(missing.PropertyType)}.");
    }

    private static void CheckField(JsonElement value, JsonPropertyInfo field, string path)
    {
        if (value.ValueKind == JsonValueKind.Null && field.IsSetNullable)
            return;
        var type = StudioJson.Options.GetTypeInfo(field.PropertyType);
        Check(value, type, path);
        if (Attribute<RangeAttribute>(field) is { } range)
            CheckRange(value, type, range, path);
        if (Attribute<LengthAttribute>(field) is not { } length)
            return;
        var (size, unit) = value.ValueKind == JsonValueKind.Array ? (value.GetArrayLength(), "entries") : (value.GetString()!.Length, "characters");
        if (size < length.MinimumLength || size > length.MaximumLength)
            throw Wrong(path, FormattableString.Invariant($"{size} {unit} long"), FormattableString.Invariant($"give from {length.MinimumLength} to {length.MaximumLength}"));
    }

    /// <summary>The range of a list is that of its entries.</summary>
    private static void CheckRange(JsonElement value, JsonTypeInfo type, RangeAttribute range, string path)
    {
        if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (var (i, item) in value.EnumerateArray().Index())
                CheckRange(item, StudioJson.Options.GetTypeInfo(type.ElementType!), range, $"{path}[{i}]");
        }
        else if (value.GetDouble() is var number && !(number >= Bound(range.Minimum) && number <= Bound(range.Maximum)))
        {
            throw Wrong(path, Echo(value.GetRawText()), FormattableString.Invariant($"give {Wanted(type.Type)} from {range.Minimum} to {range.Maximum}"));
        }
    }

    private static void CheckScalar(JsonElement value, Type type, string path)
    {
        var bare = Nullable.GetUnderlyingType(type) ?? type;
        var fits = Type.GetTypeCode(bare) switch
        {
            _ when bare.IsEnum => value.ValueKind == JsonValueKind.String && Choices(bare).Contains(value.GetString()),
            TypeCode.String => value.ValueKind == JsonValueKind.String,
            TypeCode.Boolean => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            TypeCode.Int32 => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out _),
            TypeCode.Int64 => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
            TypeCode.Double => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number),
            _ => throw new NotSupportedException($"{bare} is no type of a question."),
        };
        Require(fits, value, path, Wanted(type));
    }

    private static void Require(bool fits, JsonElement value, string path, string wanted)
    {
        if (!fits)
            throw Wrong(path == "" ? "The question" : path, Echo(value.GetRawText()), $"give {wanted}");
    }

    /// <summary>What a field of a type takes.</summary>
    private static string Wanted(Type type)
    {
        var bare = Nullable.GetUnderlyingType(type) ?? type;
        return Type.GetTypeCode(bare) switch
        {
            _ when bare.IsEnum => Words(Choices(bare), "or"),
            TypeCode.String => "text",
            TypeCode.Boolean => "true or false",
            TypeCode.Int32 or TypeCode.Int64 => "a whole number",
            TypeCode.Double => "a number",
            _ => StudioJson.Options.GetTypeInfo(bare).Kind == JsonTypeInfoKind.Enumerable ? "a list" : "an object",
        };
    }

    private static string Fields(JsonTypeInfo type) =>
        type.Properties.Count == 0 ? "none is taken" : $"the fields are {Words([.. type.Properties.Select(property => property.Name)], "and")}";

    private static string[] Choices(Type type) => [.. Enum.GetNames(type).Select(JsonNamingPolicy.CamelCase.ConvertName)];

    private static string Words(string[] names, string last) =>
        names.Length < 2 ? string.Concat(names) : $"{string.Join(", ", names[..^1])} {last} {names[^1]}";

    private static T? Attribute<T>(JsonPropertyInfo field)
        where T : Attribute => field.AttributeProvider?.GetCustomAttributes(typeof(T), inherit: false).FirstOrDefault() as T;

    private static double Bound(object bound) => Convert.ToDouble(bound, CultureInfo.InvariantCulture);

    private static string Echo(string text) => text.Length <= LongestEcho ? text : text[..LongestEcho] + "…";

    private static Refusal Wrong(string path, string found, string advice) => Bad($"{Echo(path)} is {found}; {advice}.");

    private static Refusal Bad(string sentence) => new(StatusCodes.Status400BadRequest, sentence);
}
