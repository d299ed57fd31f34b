using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Interp.Studio.Http;

/// <summary>Reads what a request asks: the JSON body of a POST, the query of a GET.</summary>
internal static class Question
{
    private static readonly JsonDocumentOptions Form = new() { MaxDepth = 16 };

    /// <summary>The body.</summary>
    /// <exception cref="Refusal">415: it is not said to be JSON; 400: it is none, or none of this form.</exception>
    public static async Task<T> OfBody<T>(HttpRequest request, CancellationToken cancel)
    {
        if (!request.HasJsonContentType())
            throw new Refusal(StatusCodes.Status415UnsupportedMediaType, "The body is not said to be JSON; send it with the header Content-Type: application/json.");
        try
        {
            using var document = await JsonDocument.ParseAsync(request.Body, Form, cancel);
            return StrictJson.Read<T>(document.RootElement);
        }
        catch (JsonException error)
        {
            var place = error.LineNumber is { } line && error.BytePositionInLine is { } column
                ? FormattableString.Invariant($"the body goes wrong at line {line + 1}, byte {column + 1}")
                : "the body is none";
            throw new Refusal(StatusCodes.Status400BadRequest, $"JSON is wanted, and {place}; send one JSON object.");
        }
    }

    /// <summary>The query, each of whose fields is once there at most.</summary>
    /// <exception cref="Refusal">400: it has no such form.</exception>
    public static T OfQuery<T>(HttpRequest request)
    {
        var fields = new JsonObject();
        foreach (var (name, values) in request.Query)
        {
            if (values.Count != 1)
                throw new Refusal(StatusCodes.Status400BadRequest, $"The field {name} is given twice; give it once.");
            fields[name] = IsText<T>(name) ? JsonValue.Create(values[0]) : Literal(values[0]!);
        }
        return StrictJson.Read<T>(JsonSerializer.SerializeToElement(fields));
    }

    private static bool IsText<T>(string name) =>
        StudioJson.Options.GetTypeInfo(typeof(T)).Properties.FirstOrDefault(property => property.Name == name)?.PropertyType is { } type
        && (type == typeof(string) || (Nullable.GetUnderlyingType(type) ?? type).IsEnum);

    private static JsonValue Literal(string text)
    {
        try
        {
            return JsonNode.Parse(text, documentOptions: Form) as JsonValue ?? JsonValue.Create(text);
        }
        catch (JsonException)
        {
            return JsonValue.Create(text);
        }
    }
}
