using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Interp.Studio.Guards;
using Microsoft.AspNetCore.Http;

namespace Interp.Studio.Http;

/// <summary>Reads what a request asks: the JSON body of a POST, the query of a GET.</summary>
internal static class Question
{
    private static readonly JsonDocumentOptions Form = new() { MaxDepth = 16 };

    /// <summary>The body.</summary>
    /// <exception cref="Refusal">415: it is not said to be JSON; 413: it is too large; 400: it is no JSON, or none of this form.</exception>
    public static async Task<T> OfBody<T>(HttpRequest request, CancellationToken cancel)
    {
        if (!IsJson(request))
            throw new Refusal(StatusCodes.Status415UnsupportedMediaType, "The body is not said to be JSON in UTF-8; send it with the header Content-Type: application/json.");
        var body = await Read(request, cancel);
        try
        {
            using var document = JsonDocument.Parse(body, Form);
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

    private static bool IsJson(HttpRequest request) =>
        request.HasJsonContentType() && (request.GetTypedHeaders().ContentType?.Charset.Value is null or "" || request.GetTypedHeaders().ContentType!.Encoding is UTF8Encoding);

    /// <summary>The bytes of the body, of which no more than the limit are held.</summary>
    private static async Task<ReadOnlyMemory<byte>> Read(HttpRequest request, CancellationToken cancel)
    {
        var body = new MemoryStream();
        var buffer = new byte[Limits.BufferBytes];
        while (await request.Body.ReadAsync(buffer, cancel) is var read and > 0)
        {
            if (body.Length + read > Limits.BodyBytes)
                throw new Refusal(StatusCodes.Status413PayloadTooLarge, Limits.TooLarge);
            body.Write(buffer, 0, read);
        }
        return body.GetBuffer().AsMemory(0, (int)body.Length);
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
