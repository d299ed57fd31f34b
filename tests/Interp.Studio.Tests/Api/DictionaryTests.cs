using System.Text;
using Xunit;

namespace Interp.Studio.Tests.Api;

/// <summary>The dictionary as the atlas has it.</summary>
[Collection(StudioTests.Name)]
public sealed class DictionaryTests(StudioFixture fixture) : IDisposable
{
    private readonly WorldStudio studio = fixture.Studio;
    private readonly Features.Atlas atlas = Features.Atlas.Open(WorldStudio.Atlas);

    [Fact]
    public async Task Health_says_what_is_shown()
    {
        var (status, body) = await studio.Get("health");
        Assert.Equal(200, status);
        Assert.Equal("ok", (string)body["status"]!);
        Assert.True((bool)body["ready"]!);
        Assert.Equal("world", (string)body["model"]!);
        Assert.Equal("world-sae", (string)body["sae"]!);
        Assert.Equal("blocks.1.hook_resid_post", (string)body["hook"]!);
        Assert.Equal(512, (int)body["latents"]!);
        Assert.Equal(atlas.Summary.Tokens, (long)body["atlas"]!["tokens"]!);
        Assert.Equal(atlas.Summary.Documents, (int)body["atlas"]!["documents"]!);
    }

    [Fact]
    public async Task A_feature_is_the_atlas_s_page_to_the_byte()
    {
        foreach (var latent in (int[])[0, 17, atlas.Latents - 1])
        {
            var response = await studio.Client.GetAsync($"/api/v1/features/{latent}");
            Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
            Assert.Equal(Encoding.UTF8.GetString(atlas.PageJson(latent)), await response.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task A_vector_is_the_latent_s_rows_of_the_autoencoder()
    {
        var (_, body) = await studio.Get("features/17/vector");
        using var sae = Autoencoders.SaeFolder.Read(WorldStudio.Options.Sae, TorchSharp.torch.CPU);
        Assert.Equal(sae.DecoderWeight[17].data<float>().ToArray(), body["decoder"]!.AsArray().Select(value => (float)value!));
        Assert.Equal(sae.EncoderWeight[17].data<float>().ToArray(), body["encoder"]!.AsArray().Select(value => (float)value!));
    }

    [Theory]
    [InlineData("sort=max")]
    [InlineData("sort=density")]
    [InlineData("sort=id")]
    [InlineData("sort=max&offset=10&limit=7")]
    [InlineData("dead=true&limit=1000")]
    [InlineData("dead=false&sort=density&minDensity=0.001&maxDensity=0.01&minMax=2")]
    [InlineData("offset=100000")]
    public async Task Lists_are_filtered_sorted_and_cut(string query)
    {
        var (status, body) = await studio.Get($"features?{query}");
        Assert.Equal(200, status);
        var fields = query.Split('&').Select(part => part.Split('=')).ToDictionary(part => part[0], part => part[1]);
        double Number(string name, double otherwise) => fields.TryGetValue(name, out var text) ? double.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : otherwise;
        var passing = Enumerable.Range(0, atlas.Latents).Where(latent =>
            atlas.Density[latent] >= Number("minDensity", 0) && atlas.Density[latent] <= Number("maxDensity", 1) && atlas.Max[latent] >= Number("minMax", 0)
            && (!fields.TryGetValue("dead", out var dead) || atlas.Max[latent] == 0 == (dead == "true"))).ToArray();
        var ordered = fields.GetValueOrDefault("sort") switch
        {
            "max" => passing.OrderByDescending(latent => atlas.Max[latent]),
            "density" => passing.OrderByDescending(latent => atlas.Density[latent]),
            _ => passing.Order(),
        };
        Assert.Equal(passing.Length, (int)body["total"]!);
        Assert.Equal(ordered.Skip((int)Number("offset", 0)).Take((int)Number("limit", 50)), body["features"]!.AsArray().Select(feature => (int)feature!["id"]!));
    }

    [Fact]
    public async Task Words_find_what_the_atlas_finds()
    {
        var (_, body) = await studio.Get("search?q=month&limit=5");
        var hits = atlas.Search("month", 5);
        Assert.NotEmpty(hits);
        Assert.Equal(hits.Select(hit => hit.Latent), body["results"]!.AsArray().Select(hit => (int)hit!["id"]!));
        Assert.Equal(hits.Select(hit => hit.Score), body["results"]!.AsArray().Select(hit => (double)hit!["score"]!));
    }

    [Fact]
    public async Task Words_find_the_best_of_those_that_pass_the_filters()
    {
        var hits = atlas.Search("month", 1000);
        var least = atlas.Max[hits[0].Latent] * 1.0001;
        var (_, body) = await studio.Get(FormattableString.Invariant($"search?q=month&limit=2&minMax={least}"));
        var passing = hits.Where(hit => atlas.Max[hit.Latent] >= least).Take(2).Select(hit => hit.Latent);
        Assert.NotEmpty(passing);
        Assert.Equal(passing, body["results"]!.AsArray().Select(hit => (int)hit!["id"]!));
    }

    [Fact]
    public async Task The_map_has_a_place_for_every_latent()
    {
        var (_, body) = await studio.Get("map");
        Assert.Equal(atlas.MapX.ToArray(), body["x"]!.AsArray().Select(value => (float)value!));
        Assert.Equal(atlas.MapY.ToArray(), body["y"]!.AsArray().Select(value => (float)value!));
        Assert.Equal(atlas.Density.ToArray(), body["density"]!.AsArray().Select(value => (float)value!));
        Assert.Equal(atlas.Max.ToArray(), body["max"]!.AsArray().Select(value => (float)value!));
    }

    public void Dispose() => atlas.Dispose();
}
