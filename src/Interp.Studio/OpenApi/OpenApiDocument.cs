using System.Text.Json;
using System.Text.Json.Nodes;
using Interp.Studio.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Interp.Studio.OpenApi;

/// <summary>The description of the API, OpenAPI 3.1, made of the operations themselves.</summary>
internal static class OpenApiDocument
{
    /// <summary>What can go wrong with any operation.</summary>
    private static readonly (int Status, string Meaning)[] Refusals =
    [
        (400, "A field is unknown, missing, of another type or out of its range."),
        (403, "The request comes from a page of another origin."),
        (404, "There is no such latent or name."),
        (413, "The body is too large."),
        (415, "The body is not said to be JSON."),
        (421, "The Host is no name of the loopback address."),
        (500, "A file of the studio's is damaged, or the studio failed."),
        (503, "Too many requests wait, or this one took too long."),
    ];

    /// <summary>What the parameters of routes are.</summary>
    private static readonly Dictionary<string, string> Meanings = new() { ["id"] = "The latent.", ["name"] = "Name of the result." };

    /// <summary>Serves it at /api.</summary>
    public static void Map(IEndpointRouteBuilder routes, IReadOnlyList<Operation> operations)
    {
        var text = Of(operations).ToJsonString(StudioJson.Options);
        routes.MapMethods("/api", [HttpMethods.Get, HttpMethods.Head], context =>
        {
            context.Response.ContentType = "application/json; charset=utf-8";
            return context.Response.WriteAsync(text, context.RequestAborted);
        });
    }

    public static JsonObject Of(IEnumerable<Operation> operations)
    {
        var paths = new JsonObject();
        foreach (var path in operations.GroupBy(operation => operation.Path))
            paths[path.Key] = new JsonObject(path.Select(operation => KeyValuePair.Create(operation.Method.ToLowerInvariant(), (JsonNode?)Describe(operation))));
        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject
            {
                ["title"] = "Interp Studio",
                ["version"] = "1",
                ["description"] = "The latents of a dictionary, what they do, and a model that they move. Nothing that is asked here is written anywhere.",
            },
            ["paths"] = paths,
        };
    }

    private static JsonObject Describe(Operation operation)
    {
        var isQuery = operation.Method == HttpMethods.Get;
        var result = new JsonObject
        {
            ["summary"] = operation.Summary,
            ["parameters"] = new JsonArray([.. PathParameters(operation), .. isQuery && operation.Question is { } query ? QueryParameters(query, operation.Example) : []]),
        };
        if (!isQuery)
            result["requestBody"] = new JsonObject { ["required"] = true, ["content"] = Content("application/json", ApiSchema.Of(operation.Question!), operation.Example) };
        result["responses"] = Responses(operation);
        return result;
    }

    private static IEnumerable<JsonNode> PathParameters(Operation operation) =>
        operation.At.Select(parameter => Parameter(parameter.Key, "path", required: true, new JsonObject { ["type"] = "string", ["description"] = Meanings[parameter.Key] }, parameter.Value));

    private static IEnumerable<JsonNode> QueryParameters(Type query, JsonNode? example)
    {
        var schema = ApiSchema.Of(query);
        var required = (schema["required"] as JsonArray ?? []).Select(name => (string)name!).ToHashSet();
        foreach (var (name, field) in (schema["properties"] as JsonObject ?? []).ToArray())
            yield return Parameter(name, "query", required.Contains(name), field!.DeepClone(), example?[name]?.DeepClone());
    }

    private static JsonObject Parameter(string name, string place, bool required, JsonNode schema, JsonNode? example)
    {
        var result = new JsonObject { ["name"] = name, ["in"] = place, ["required"] = required, ["description"] = schema["description"]?.DeepClone(), ["schema"] = schema };
        if (example is not null)
            result["example"] = example;
        return result;
    }

    private static JsonObject Responses(Operation operation)
    {
        var result = new JsonObject
        {
            ["200"] = new JsonObject
            {
                ["description"] = operation.Summary,
                ["content"] = Content(operation.Media, operation.Answer is { } answer ? ApiSchema.Of(answer) : new JsonObject { ["type"] = "string" }, null),
            },
        };
        foreach (var (status, meaning) in Refusals)
            result[status.ToString(System.Globalization.CultureInfo.InvariantCulture)] = new JsonObject { ["description"] = meaning, ["content"] = Content("application/json", ApiSchema.Of(typeof(Failure)), null) };
        return result;
    }

    private static JsonObject Content(string media, JsonNode schema, JsonNode? example)
    {
        var content = new JsonObject { ["schema"] = schema };
        if (example is not null)
            content["example"] = example.DeepClone();
        return new JsonObject { [media] = content };
    }
}
