using System.Text.Json.Nodes;
using Interp.Features;
using Xunit;

namespace Interp.Studio.Tests.Api;

/// <summary>Latents found by what they do.</summary>
[Collection(StudioTests.Name)]
public sealed class SearchTests(StudioFixture fixture)
{
    private readonly WorldStudio studio = fixture.Studio;

    [Fact]
    public async Task By_contrast_those_that_fire_in_every_sentence_and_in_no_contrast()
    {
        var results = await Results("""{"kind":"contrast","sentences":["They met in October.","In June it rained."],"contrast":["They met in Madrid.","On Monday it rained."],"limit":1000}""");
        using var microscope = Microscope.Open(WorldStudio.Options.Model, WorldStudio.Options.Sae);
        var on = microscope.Read(["They met in October.", "In June it rained."]);
        var off = microscope.Read(["They met in Madrid.", "On Monday it rained."]);
        var atlas = Features.Atlas.Open(WorldStudio.Atlas);
        var expected = Enumerable.Range(0, atlas.Latents).Where(latent => atlas.Max[latent] > 0 && on.All(text => text.PeakOf(latent) > 0) && off.All(text => text.PeakOf(latent) == 0));
        Assert.Equal(expected, results.Select(result => (int)result["id"]!).Order());
        Assert.NotEmpty(results);
        atlas.Dispose();
    }

    [Fact]
    public async Task By_labels_the_largest_area_first_with_its_interval()
    {
        var results = await Results("""
            {"kind":"labelled","limit":20,"texts":[
              {"text":"They met in October.","label":true},{"text":"In June it rained.","label":true},{"text":"On 1 May it rained.","label":true},
              {"text":"They met in Madrid.","label":false},{"text":"On Monday it rained.","label":false},{"text":"There are 17 parrots.","label":false}]}
            """);
        Assert.Equal(1, (double)results[0]["auc"]!);
        Assert.Equal(results.Select(result => (double)result["auc"]!).OrderDescending(), results.Select(result => (double)result["auc"]!));
        Assert.All(results, result => Assert.InRange((double)result["auc"]!, (double)result["low"]!, (double)result["high"]!));
    }

    [Fact]
    public async Task By_direction_the_nearest_decoder_rows_without_the_latent_itself()
    {
        var results = await Results("""{"kind":"direction","id":17,"limit":5}""");
        var (_, page) = await studio.Get("features/17");
        Assert.Equal(page["neighbours"]!.AsArray().Take(5).Select(neighbour => (int)neighbour!["id"]!), results.Select(result => (int)result["id"]!));
        var (_, vector) = await studio.Get("features/17/vector");
        var same = await Results(new JsonObject { ["kind"] = "direction", ["direction"] = vector["decoder"]!.DeepClone(), ["limit"] = 6 }.ToJsonString());
        Assert.Equal(17, (int)same[0]["id"]!);
        Assert.Equal(1, (double)same[0]["cosine"]!, 1e-6);
        Assert.Equal(results.Select(result => (int)result["id"]!), same.Skip(1).Select(result => (int)result["id"]!));
    }

    [Fact]
    public async Task By_text_those_that_fire_in_it_and_pass_the_filters()
    {
        const double density = 0.01;
        var all = await Results("""{"kind":"text","text":"They met in October.","limit":1000}""");
        var rare = await Results($$"""{"kind":"text","text":"They met in October.","filters":{"maxDensity":{{density}}},"limit":1000}""");
        Assert.Equal(all.Where(result => (double)result["density"]! <= density).Select(result => (int)result["id"]!), rare.Select(result => (int)result["id"]!));
        Assert.InRange(rare.Length, 1, all.Length - 1);
    }

    [Theory]
    [InlineData("""{"kind":"text"}""", 400, "text")]
    [InlineData("""{"kind":"text","text":"a","id":3}""", 400, "id")]
    [InlineData("""{"kind":"colour","text":"a"}""", 400, "kind")]
    [InlineData("""{"text":"a"}""", 400, "kind")]
    [InlineData("""{"kind":"contrast"}""", 400, "sentences")]
    [InlineData("""{"kind":"labelled","texts":[{"text":"a","label":true},{"text":"a","label":true},{"text":"a","label":true},{"text":"a","label":true}]}""", 400, "two of each")]
    [InlineData("""{"kind":"labelled","texts":[{"text":"a","label":1},{"text":"a","label":true},{"text":"a","label":true},{"text":"a","label":true}]}""", 400, "texts[0].label")]
    [InlineData("""{"kind":"direction"}""", 400, "direction")]
    [InlineData("""{"kind":"direction","id":100000}""", 404, "100000")]
    [InlineData("""{"kind":"direction","id":3,"direction":[1]}""", 400, "id")]
    [InlineData("""{"kind":"direction","direction":[1,2]}""", 400, "128")]
    [InlineData("""{"kind":"text","text":"a","filters":{"colour":1}}""", 400, "filters.colour")]
    public async Task A_search_that_is_none_is_refused(string json, int status, string named)
    {
        var (found, body) = await studio.Post("search", json);
        Assert.Equal(status, found);
        Assert.Contains(named, (string)body["error"]!);
    }

    private async Task<JsonNode[]> Results(string json)
    {
        var (status, body) = await studio.Post("search", json);
        Assert.True(status == 200, body.ToJsonString());
        return [.. body["results"]!.AsArray().Select(result => result!)];
    }
}
