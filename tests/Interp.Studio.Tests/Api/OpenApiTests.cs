using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Xunit;

namespace Interp.Studio.Tests.Api;

/// <summary>The description of the API is true: it has every route, its examples are served, and the answers are of the stated form.</summary>
[Collection(StudioTests.Name)]
public sealed class OpenApiTests(StudioFixture fixture)
{
    private static readonly EvaluationOptions Options = new() { OutputFormat = OutputFormat.List };

    private readonly WorldStudio studio = fixture.Studio;

    [Fact]
    public async Task Every_route_is_in_it()
    {
        var document = await Document();
        Assert.Equal("3.1.0", (string)document["openapi"]!);
        var described = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(method => $"{method.Key.ToUpperInvariant()} {path.Key}")).Order();
        var served = studio.Routes.OfType<RouteEndpoint>().SelectMany(route => route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Where(method => method != HttpMethods.Head).Select(method => $"{method} {route.RoutePattern.RawText}"))
            .Where(route => route != "GET /api").Order();
        Assert.Equal(served, described);
        Assert.Contains("POST /api/v1/analyze", described);
    }

    [Fact]
    public async Task Every_operation_says_what_it_does_and_every_field_of_a_question_what_it_is()
    {
        foreach (var (path, _, operation) in await Operations())
        {
            Assert.EndsWith(".", (string)operation["summary"]!);
            Assert.All(operation["parameters"]!.AsArray(), parameter => Assert.EndsWith(".", (string)parameter!["description"]!));
            Described(operation["requestBody"]?["content"]!["application/json"]!["schema"], path);
        }

        static void Described(JsonNode? schema, string path)
        {
            foreach (var (name, field) in schema?["properties"] as JsonObject ?? [])
            {
                Assert.True(field!["description"] is not null, $"{path} {name} says nothing");
                Described(field, path);
                Described(field["items"], path);
            }
        }
    }

    [Fact]
    public async Task Every_example_is_of_the_stated_form_and_so_is_its_answer()
    {
        foreach (var (path, method, operation) in await Operations())
        {
            var parameters = operation["parameters"]!.AsArray().Select(parameter => parameter!).ToArray();
            var target = parameters.Where(parameter => (string)parameter["in"]! == "path").Aggregate(path, (target, parameter) => target.Replace($"{{{parameter["name"]}}}", (string)parameter["example"]!));
            var query = string.Join('&', parameters.Where(parameter => (string)parameter["in"]! == "query" && parameter["example"] is not null).Select(parameter => $"{parameter["name"]}={Uri.EscapeDataString(parameter["example"]!.ToString())}"));
            using var request = new HttpRequestMessage(new HttpMethod(method), query == "" ? target : $"{target}?{query}");
            if (operation["requestBody"]?["content"]!["application/json"] is { } content)
            {
                Holds(content["schema"]!, content["example"]!, $"example of {path}");
                request.Content = WorldStudio.Json(content["example"]!.ToJsonString());
            }
            var response = await studio.Client.SendAsync(request);
            var text = await response.Content.ReadAsStringAsync();
            Assert.True(response.IsSuccessStatusCode, $"{method} {path}: {text}");
            var (media, form) = Assert.Single(operation["responses"]!["200"]!["content"]!.AsObject());
            Assert.Equal(media, response.Content.Headers.ContentType!.MediaType);
            if (media == "application/json")
                Holds(form!["schema"]!, JsonNode.Parse(text)!, $"answer of {method} {path}");
        }
    }

    [Fact]
    public async Task A_refusal_is_of_the_stated_form()
    {
        foreach (var (_, _, operation) in await Operations())
            Holds(operation["responses"]!["404"]!["content"]!["application/json"]!["schema"]!, (await studio.Get("features/none")).Body, "refusal");
    }

    private static void Holds(JsonNode schema, JsonNode value, string what)
    {
        var result = JsonSchema.FromText(schema.ToJsonString()).Evaluate(JsonSerializer.SerializeToElement(value), Options);
        Assert.True(result.IsValid, $"{what}: {string.Join("; ", (result.Details ?? []).Where(detail => detail.Errors is not null).SelectMany(detail => detail.Errors!.Select(error => $"{detail.InstanceLocation} {error.Value}")).Take(3))}");
    }

    private async Task<JsonNode> Document() => JsonNode.Parse(await studio.Client.GetStringAsync("/api"))!;

    private async Task<IEnumerable<(string Path, string Method, JsonNode Operation)>> Operations() =>
        (await Document())["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(method => (path.Key, method.Key.ToUpperInvariant(), method.Value!)));
}
