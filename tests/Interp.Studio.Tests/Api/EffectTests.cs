using System.Text.Json.Nodes;
using Interp.Features;
using Interp.Studio.Guards;
using Xunit;

namespace Interp.Studio.Tests.Api;

/// <summary>What latents do: doses, reasons, and their like in another dictionary.</summary>
[Collection(StudioTests.Name)]
public sealed class EffectTests(StudioFixture fixture)
{
    private readonly WorldStudio studio = fixture.Studio;

    [Fact]
    public async Task A_dose_has_a_point_for_every_strength_and_more_of_it_has_more_effect()
    {
        var (_, months) = await studio.Get("search?q=month&limit=1");
        var latent = (int)months["results"]![0]!["id"]!;
        var (status, body) = await studio.Post("dose", $$"""{"prompt":"They met again in","feature":{{latent}},"strengths":[0,1,2],"mode":"add","tokens":10}""");
        Assert.True(status == 200, body.ToJsonString());
        var points = body["points"]!.AsArray();
        Assert.Equal([0, 1, 2], points.Select(point => (double)point!["strength"]!));
        Assert.Equal(0, (double)points[0]!["effect"]!, 1e-9);
        Assert.True((double)points[1]!["effect"]! > 0.1);
        Assert.Equal(points.Select(point => (double)point!["effect"]!).Order(), points.Select(point => (double)point!["effect"]!));
        var (_, steered) = await studio.Post("steer", $$"""{"prompt":"They met again in","features":[{"id":{{latent}},"strength":2,"mode":"add"}],"tokens":10}""");
        Assert.Equal((string)steered["steered"]!, (string)points[2]!["text"]!);
    }

    [Fact]
    public async Task Why_is_the_attribution_with_the_effect_of_each_latent_that_is_taken_away()
    {
        var (status, body) = await studio.Post("why", """{"prompt":"They met again in","a":" October","b":" Madrid","limit":7}""");
        Assert.True(status == 200, body.ToJsonString());
        using var microscope = Microscope.Open(WorldStudio.Options.Model, WorldStudio.Options.Sae);
        var expected = Attribution.Of(microscope, "They met again in", microscope.IdAfter("They met again in", " October"), microscope.IdAfter("They met again in", " Madrid"), 7, int.MaxValue);
        Assert.Equal(expected.Difference, (double)body["difference"]!, 1e-9);
        Assert.Equal(expected.Latents.Select(latent => (latent.Latent, latent.Position, latent.Attribution, latent.Effect)),
            body["latents"]!.AsArray().Select(latent => ((int)latent!["id"]!, (int)latent["position"]!, (double)latent["attribution"]!, (double?)latent["effect"])));
        Assert.Equal(expected.Pearson, (double?)body["correlation"]!["pearson"]);
        Assert.Equal(expected.Spearman, (double?)body["correlation"]!["spearman"]);
        Assert.True(expected.Active > 7);
        Assert.Equal(expected.Active, (int)body["active"]!);
        Assert.Equal(expected.Active, (int)body["correlation"]!["n"]!);
        var tokens = microscope.Read("They met again in").Tokens;
        Assert.All(body["latents"]!.AsArray(), latent => Assert.Equal(tokens[(int)latent!["position"]!], (string)latent["token"]!));
    }

    [Fact]
    public async Task Why_tries_fewer_latents_of_a_long_prompt_and_says_how_many()
    {
        var prompt = string.Concat(Enumerable.Repeat("They met again. ", 25)) + "They met again in";
        var (status, body) = await studio.Post("why", $$"""{"prompt":"{{prompt}}","a":" October","b":" Madrid","limit":3}""");
        Assert.True(status == 200, body.ToJsonString());
        var tokens = (await studio.Post("tokens", $$"""{"text":"{{prompt}}"}""")).Body["tokens"]!.AsArray().Count;
        Assert.Equal(Limits.TriedPositions / tokens, (int)body["correlation"]!["n"]!);
        Assert.True((int)body["active"]! > (int)body["correlation"]!["n"]!);
        Assert.Equal(3, body["latents"]!.AsArray().Count);
    }

    [Fact]
    public async Task A_dose_can_leave_the_error_out_as_steering_can()
    {
        var latent = WorldStudio.Strongest[0];
        var (_, dose) = await studio.Post("dose", $$"""{"prompt":"They met again in","feature":{{latent}},"strengths":[1],"keepError":false,"tokens":10}""");
        var (_, steered) = await studio.Post("steer", $$"""{"prompt":"They met again in","features":[{"id":{{latent}},"strength":1}],"keepError":false,"tokens":10}""");
        Assert.Equal((string)steered["steered"]!, (string)dose["points"]![0]!["text"]!);
    }

    [Fact]
    public async Task A_dictionary_has_all_of_itself()
    {
        var (status, body) = await studio.Post("compare", """{"sae":"twin","limit":10}""");
        Assert.True(status == 200, body.ToJsonString());
        using var atlas = Features.Atlas.Open(WorldStudio.Atlas);
        var alive = atlas.Max.ToArray().Count(max => max > 0);
        Assert.Equal(alive, (int)body["counts"]!["matched"]!);
        Assert.Equal(0, (int)body["counts"]!["lost"]!);
        Assert.Equal(0, (int)body["counts"]!["new"]!);
        Assert.Equal(10, body["matched"]!.AsArray().Count);
        foreach (var row in body["matched"]!.AsArray())
        {
            Assert.Equal((int)row!["here"]![0]!["id"]!, (int)row["there"]![0]!["id"]!);
            Assert.Equal(1, (float)row["there"]![0]!["cosine"]!, 1e-5f);
            Assert.NotEmpty(row["there"]![0]!["examples"]!.AsArray());
        }
    }

    [Theory]
    [InlineData("dose", """{"prompt":"a","feature":2048,"strengths":[1]}""", 404, "2048")]
    [InlineData("dose", """{"prompt":"a","feature":3,"strengths":[]}""", 400, "strengths")]
    [InlineData("dose", """{"prompt":"a","feature":3,"strengths":["1"]}""", 400, "strengths[0]")]
    [InlineData("dose", """{"prompt":"a","feature":3,"strengths":[0,-1000001]}""", 400, "strengths[1] is -1000001")]
    [InlineData("dose", """{"prompt":"","feature":3,"strengths":[1]}""", 400, "prompt is 0 characters long")]
    [InlineData("why", """{"prompt":"a","a":" b"}""", 400, "b")]
    [InlineData("why", """{"prompt":"a","a":" b","b":" c","limit":100000}""", 400, "limit")]
    [InlineData("why", """{"prompt":"They met again in","a":" October","b":" October 1990"}""", 400, "same token ' October'")]
    [InlineData("compare", """{"sae":"/etc/passwd"}""", 404, "dictionary")]
    [InlineData("compare", """{"sae":"twin","threshold":2}""", 400, "threshold")]
    public async Task A_question_that_cannot_be_answered_is_refused(string path, string json, int status, string named)
    {
        var (found, body) = await studio.Post(path, json);
        Assert.Equal(status, found);
        Assert.Contains(named, (string)body["error"]!);
    }
}
