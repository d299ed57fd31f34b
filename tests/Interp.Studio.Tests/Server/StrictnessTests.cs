using System.Text;
using Xunit;

namespace Interp.Studio.Tests.Server;

/// <summary>What an operation does not define is refused, with a sentence that names it.</summary>
[Collection(StudioTests.Name)]
public sealed class StrictnessTests(StudioFixture fixture)
{
    private readonly WorldStudio studio = fixture.Studio;

    [Theory]
    [InlineData("""{"sentences":["a"],"colour":1}""", "colour")]
    [InlineData("""{"Sentences":["a"]}""", "Sentences")]
    [InlineData("""{}""", "sentences")]
    [InlineData("""{"sentences":[]}""", "sentences")]
    [InlineData("""{"sentences":null}""", "sentences")]
    [InlineData("""{"sentences":"a"}""", "sentences")]
    [InlineData("""{"sentences":{"0":"a"}}""", "sentences")]
    [InlineData("""{"sentences":["a",7]}""", "sentences[1]")]
    [InlineData("""{"sentences":["a",null]}""", "sentences[1]")]
    [InlineData("""{"sentences":["a"],"sentences":["b"]}""", "sentences")]
    [InlineData("""{"sentences":["a"],"threshold":"0.7"}""", "threshold")]
    [InlineData("""{"sentences":["a"],"threshold":1.01}""", "threshold")]
    [InlineData("""{"sentences":["a"],"threshold":-1}""", "threshold")]
    [InlineData("""{"sentences":["a"],"threshold":1e999}""", "threshold")]
    [InlineData("""{"sentences":["a"],"threshold":null}""", "threshold")]
    [InlineData("""{"sentences":["a"],"share":true}""", "share")]
    [InlineData("""{"sentences":["a"],"limit":0}""", "limit")]
    [InlineData("""{"sentences":["a"],"limit":2.5}""", "limit")]
    [InlineData("""{"sentences":["a"],"limit":99999999999}""", "limit")]
    [InlineData("""{"sentences":["\ud800"]}""", "Unicode")]
    [InlineData("""[]""", "object")]
    [InlineData("""7""", "object")]
    [InlineData("", "JSON")]
    [InlineData("""{"sentences":["a"]""", "JSON")]
    [InlineData("""{"sentences":["a"]} {}""", "JSON")]
    [InlineData("""{"sentences":["a"],}""", "JSON")]
    [InlineData("""{"sentences":["a"]/**/}""", "JSON")]
    [InlineData("""{"sentences":[NaN]}""", "JSON")]
    [InlineData("""[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]""", "JSON")]
    public async Task A_body_that_is_not_of_its_form_is_refused(string json, string named)
    {
        var (status, body) = await studio.Post("analyze", json);
        Assert.Equal(400, status);
        Assert.Contains(named, (string)body["error"]!);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_are_refused()
    {
        using var content = new ByteArrayContent([.. "{\"text\":\""u8, 0xff, 0xfe, .. "\"}"u8]);
        content.Headers.ContentType = new("application/json");
        Assert.Equal(400, (await WorldStudio.Read(await studio.Client.PostAsync("/api/v1/tokens", content))).Status);
    }

    [Theory]
    [InlineData("features?colour=1", "colour")]
    [InlineData("features?limit=ten", "limit")]
    [InlineData("features?limit=", "limit")]
    [InlineData("features?limit=1&limit=2", "limit")]
    [InlineData("features?limit=-1", "limit")]
    [InlineData("features?offset=1.5", "offset")]
    [InlineData("features?sort=colour", "sort")]
    [InlineData("features?sort=1", "sort")]
    [InlineData("features?dead=maybe", "dead")]
    [InlineData("features?minDensity=2", "minDensity")]
    [InlineData("features?minMax={\"a\":1,\"a\":2}", "minMax")]
    [InlineData("search", "q")]
    [InlineData("search?q=", "q")]
    [InlineData("health?verbose=true", "verbose")]
    public async Task A_query_that_is_not_of_its_form_is_refused(string path, string named)
    {
        var (status, body) = await studio.Get(path);
        Assert.Equal(400, status);
        Assert.Contains(named, (string)body["error"]!);
    }

    [Theory]
    [InlineData("512")]
    [InlineData("-1")]
    [InlineData("1000000")]
    [InlineData("99999999999999999999")]
    [InlineData("abc")]
    [InlineData("1.0")]
    [InlineData("1e2")]
    [InlineData("+1")]
    [InlineData("%201")]
    [InlineData("<script>alert(1)<%2Fscript>")]
    public async Task An_unknown_latent_is_not_found(string id)
    {
        var (status, body) = await studio.Get($"features/{id}");
        Assert.Equal(404, status);
        Assert.Contains("0 to 511", (string)body["error"]!);
        Assert.Equal(404, (await studio.Get($"features/{id}/vector")).Status);
        Assert.Equal(404, (await studio.Post($"features/{id}/test", """{"texts":["a"]}""")).Status);
    }

    [Fact]
    public async Task A_text_longer_than_the_model_s_context_is_refused_in_a_sentence()
    {
        var (status, body) = await studio.Post("tokens", $$"""{"text":"{{new StringBuilder().Insert(0, "rain ", 2000)}}"}""");
        Assert.Equal(400, status);
        Assert.Contains("context", (string)body["error"]!);
    }

    [Fact]
    public async Task A_million_features_are_not_more_than_there_are()
    {
        var (status, body) = await studio.Post("analyze", """{"sentences":["On 1 May it rained."],"threshold":0,"share":0,"limit":1000000}""");
        Assert.Equal(200, status);
        Assert.InRange(body["features"]!.AsArray().Count, 1, 512);
        (status, body) = await studio.Get("features?limit=1000000");
        Assert.Equal(200, status);
        Assert.Equal(512, body["features"]!.AsArray().Count);
        Assert.Equal(200, (await studio.Get("search?q=a&limit=1000000")).Status);
    }

    [Fact]
    public async Task Script_in_a_text_comes_back_as_the_text_it_is_and_as_json()
    {
        var response = await studio.Client.PostAsync("/api/v1/tokens", WorldStudio.Json("""{"text":"<script>alert('x')</script>"}"""));
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        var (_, body) = await WorldStudio.Read(response);
        Assert.Equal("<script>alert('x')</script>", string.Concat(body["tokens"]!.AsArray().Select(token => (string)token!["token"]!)));
    }
}
