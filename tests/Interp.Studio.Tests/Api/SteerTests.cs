using System.Text.Json.Nodes;
using Interp.Features;
using Interp.Studio.Http;
using Xunit;

namespace Interp.Studio.Tests.Api;

/// <summary>Steering over the API is steering by the recipe.</summary>
[Collection(StudioTests.Name)]
public sealed class SteerTests(StudioFixture fixture)
{
    private static readonly string Recipe =
        $$"""{"prompt":"They met again in","features":[{"id":{{WorldStudio.Strongest[0]}},"strength":2,"unit":"max","mode":"clamp"},{"id":{{WorldStudio.Strongest[1]}},"strength":0.5,"unit":"norm","mode":"add"}],"tokens":12,"seed":3,"temperature":0.8,"positions":"all"}""";

    private readonly WorldStudio studio = fixture.Studio;

    [Fact]
    public async Task The_answer_is_what_the_recipe_gives_elsewhere()
    {
        var (status, body) = await studio.Post("steer", Recipe);
        Assert.Equal(200, status);
        using var microscope = Microscope.Open(WorldStudio.Options.Model, WorldStudio.Options.Sae);
        var recipe = SteeringRecipe.Parse(body["recipe"]!.ToJsonString());
        Assert.Equal(SteeredGeneration.Text(microscope, recipe), (string)body["steered"]!);
        Assert.Equal(string.Concat(SteeredGeneration.Plain(microscope, recipe).Select(token => token.Text)), (string)body["plain"]!);
        Assert.NotEqual((string)body["plain"]!, (string)body["steered"]!);
        Assert.Contains("SteeringRecipe", (string)body["fsharp"]!);
        Assert.Contains("""Microscope.Open("assets/world", "assets/world-sae")""", (string)body["fsharp"]!);
        Assert.DoesNotContain(WorldStudio.Root, body.ToJsonString());
    }

    [Fact]
    public async Task The_stream_is_the_answer_token_by_token()
    {
        var (_, whole) = await studio.Post("steer", Recipe);
        var response = await studio.Client.PostAsync("/api/v1/steer/stream", WorldStudio.Json(Recipe));
        Assert.Equal(Call.LinesMedia, response.Content.Headers.ContentType!.MediaType);
        var lines = (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).ToArray();
        foreach (var side in (string[])["plain", "steered"])
            Assert.Equal((string)whole[side]!, string.Concat(lines.Where(line => (string?)line["side"] == side).Select(line => (string)line["token"]!)));
        Assert.True((bool)lines[^1]["done"]!);
        Assert.True(JsonNode.DeepEquals(whole["recipe"], lines[^1]["recipe"]));
        Assert.Equal("plain steered plain steered", string.Join(' ', lines.Take(4).Select(line => (string)line["side"]!)));
    }

    [Theory]
    [InlineData("""{"prompt":"a","features":[{"id":2048,"strength":1}]}""", 404, "2048")]
    [InlineData("""{"prompt":"a","features":[{"id":-1,"strength":1}]}""", 404, "-1")]
    [InlineData("""{"prompt":"a","features":[{"id":1}]}""", 400, "features[0].strength")]
    [InlineData("""{"prompt":"a","features":[{"id":1,"strength":1,"unit":"metre"}]}""", 400, "features[0].unit")]
    [InlineData("""{"prompt":"a","features":[{"id":1,"strength":1,"mode":0}]}""", 400, "features[0].mode")]
    [InlineData("""{"prompt":"a","features":[{"id":1,"strength":1,"unit":"raw"},{"id":1,"strength":2,"unit":"raw"}]}""", 400, "twice")]
    [InlineData("""{"prompt":"a","features":[],"tokens":1000000}""", 400, "tokens")]
    [InlineData("""{"prompt":"a","features":[],"tokens":1000}""", 400, "context")]
    [InlineData("""{"prompt":"a","features":[],"temperature":-1}""", 400, "temperature")]
    [InlineData("""{"features":[]}""", 400, "prompt")]
    [InlineData("""{"prompt":"","features":[]}""", 400, "prompt is 0 characters long")]
    [InlineData("""{"prompt":"a","features":[{"id":1,"strength":1000001}]}""", 400, "features[0].strength is 1000001")]
    public async Task A_recipe_that_cannot_be_carried_out_is_refused(string json, int status, string named)
    {
        foreach (var path in (string[])["steer", "steer/stream"])
        {
            var (found, body) = await studio.Post(path, json);
            Assert.Equal(status, found);
            Assert.Contains(named, (string)body["error"]!);
        }
    }
}
