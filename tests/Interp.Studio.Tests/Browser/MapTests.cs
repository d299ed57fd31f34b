using Xunit;

namespace Interp.Studio.Tests.Browser;

/// <summary>Map and Compare, as a person uses them.</summary>
[Collection(BrowserTests.Name)]
public sealed class MapTests(BrowserFixture browser)
{
    [Fact]
    public Task A_click_chooses_a_latent_and_the_address_keeps_it() => browser.Visit("map", async visit =>
    {
        await visit.Until("document.querySelector('.legend')", "the map is not read");
        await visit.Settled();
        Assert.True(await visit.Value<bool>("document.querySelector('canvas').getContext('2d').getImageData(0, 0, 800, 500).data.some(value => value > 0)"), "nothing is drawn");
        await visit.Page.ClickAsync("canvas");
        await visit.Settled();
        var first = await visit.Read("[aria-label='Chosen latent'] h2");
        if (first.Length == 0)
        {
            await visit.Press("ArrowRight");
            await visit.Settled();
            first = await visit.Read("[aria-label='Chosen latent'] h2");
        }
        Assert.StartsWith("#", first);
        Assert.Matches(@"id=\d+", visit.Place);
        await visit.Page.ReloadAsync();
        await visit.Settled();
        Assert.Equal(first, await visit.Read("[aria-label='Chosen latent'] h2"));
    });

    [Fact]
    public Task Arrow_keys_go_from_latent_to_latent_and_back() => browser.Visit("map?id=17", async visit =>
    {
        await visit.TabTo("canvas");
        await visit.Press("ArrowRight");
        await visit.Settled();
        var next = await visit.Read("[aria-label='Chosen latent'] h2");
        Assert.StartsWith("#", next);
        Assert.False(next.StartsWith("#17 ", StringComparison.Ordinal));
        await visit.Press("+", "-");
        Assert.Equal(next, await visit.Read("[aria-label='Chosen latent'] h2"));
    });

    [Fact]
    public Task Axes_and_colours_are_explained() => browser.Visit("map", async visit =>
    {
        Assert.Contains("first two principal components", await visit.Read(".lead"));
        Assert.Matches(@"Colour: density, logarithmic\s+[\d.e-]+.%\s+[\d.]+.%", await visit.Read(".legend"));
        await (await visit.Find("combobox", "Colour")).SelectAsync("max");
        await visit.Settled();
        var max = await visit.Value<double>("fetch('/api/v1/features?sort=max&limit=1').then(answer => answer.json()).then(answer => Number(answer.features[0].max.toPrecision(3)))");
        Assert.StartsWith("Colour: maximum", await visit.Read(".legend"));
        Assert.Equal(max, await visit.Value<double>("Number(document.querySelector('.legend').lastChild.textContent)"));
    });

    [Fact]
    public Task Words_ring_latents() => browser.Visit("map", async visit =>
    {
        await visit.Type("Show where", "month", "searchbox");
        await visit.Press("Enter");
        await visit.Settled();
        Assert.Contains("q=month", visit.Place);
        await visit.Until("/[1-9]\\d* latents found/.test(document.getElementById('announcer').textContent)", "it is not said how many");
    });

    [Fact]
    public Task Another_dictionary_is_compared_kind_by_kind() => browser.Visit("compare", async visit =>
    {
        await visit.Click("button", "Compare");
        Assert.Equal(["Matched", "Split", "Merged", "Lost", "New"], await visit.Value<string[]>("[...document.querySelectorAll('.fact')].map(kind => kind.firstChild.textContent)"));
        Assert.True(await visit.Count("article .sides") > 0);
        await visit.Value<object>("document.querySelectorAll('.fact')[3].click()");
        await visit.Settled();
        Assert.Contains("show=lost", visit.Place);
        Assert.Equal("Lost", await visit.Read(".fact[aria-current] span"));
    });
}
