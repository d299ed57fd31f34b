using Xunit;

namespace Interp.Studio.Tests.Browser;

/// <summary>What all pages have: addresses, history, keys, theme, skip link.</summary>
[Collection(BrowserTests.Name)]
public sealed class FrameTests(BrowserFixture browser)
{
    [Fact]
    public Task The_studio_begins_with_analyse() => browser.Visit("", async visit =>
    {
        Assert.Equal("Analyse", await visit.Read("h1"));
        Assert.Equal("Analyse", await visit.Read("nav [aria-current=page]"));
        Assert.Contains("Analyse", await visit.Page.GetTitleAsync());
    });

    [Fact]
    public Task Each_link_of_the_navigation_opens_its_page_and_takes_the_focus_there() => browser.Visit("", async visit =>
    {
        foreach (var name in (string[])["Search", "Steer", "Why", "Map", "Compare", "Experiments", "Analyse"])
        {
            await visit.Click("link", name);
            Assert.Equal(name, await visit.Read("h1"));
            Assert.Equal(name, await visit.Value<string>("document.activeElement.innerText"));
        }
    });

    [Fact]
    public Task Back_and_forward_go_through_pages_and_their_state() => browser.Visit("feature/17", async visit =>
    {
        await visit.Click("link", "Next →");
        Assert.Equal("Latent 18", await visit.Read("h1"));
        await visit.Click("link", "Search");
        await visit.Back();
        Assert.Equal("Latent 18", await visit.Read("h1"));
        await visit.Back();
        Assert.Equal("Latent 17", await visit.Read("h1"));
        await visit.Value<object>("history.forward()");
        await visit.Until("document.querySelector('h1').innerText === 'Latent 18'", "forward did nothing");
    });

    [Fact]
    public Task Without_a_mouse_the_first_tab_stop_skips_to_the_content() => browser.Visit("search", async visit =>
    {
        await visit.Press("Tab");
        Assert.Equal("Skip to content", await visit.Value<string>("document.activeElement.innerText"));
        await visit.Press("Enter");
        Assert.Equal("main", await visit.Value<string>("document.activeElement.id"));
    });

    [Fact]
    public Task Keys_search_step_through_latents_and_list_themselves() => browser.Visit("feature/17", async visit =>
    {
        await visit.Press("n");
        await visit.Until("document.querySelector('h1').innerText === 'Latent 18'", "n did nothing");
        await visit.Press("p");
        await visit.Until("document.querySelector('h1').innerText === 'Latent 17'", "p did nothing");
        await visit.Press("?");
        Assert.True(await visit.Value<bool>("document.querySelector('dialog').open"));
        await visit.Press("Escape");
        Assert.False(await visit.Value<bool>("document.querySelector('dialog').open"));
        await visit.Press("/");
        await visit.Until("document.activeElement.matches('[data-search]')", "/ does not lead to the search field");
        Assert.StartsWith("/search", visit.Place);
    });

    [Fact]
    public Task A_key_in_a_field_is_a_letter() => browser.Visit("analyse", async visit =>
    {
        await (await visit.Find("textbox", "Sentences")).FocusAsync();
        await visit.Press("n", "/", "p");
        Assert.Equal("n/p", await visit.Value<string>("document.activeElement.value"));
        Assert.StartsWith("/analyse", visit.Place.Length == 0 ? "/analyse" : visit.Place);
    });

    [Fact]
    public Task The_theme_changes_and_is_kept() => browser.Visit("search", async visit =>
    {
        var light = await visit.Value<string>("getComputedStyle(document.body).backgroundColor");
        await visit.Click("button", "Change to the dark theme");
        Assert.NotEqual(light, await visit.Value<string>("getComputedStyle(document.body).backgroundColor"));
        await visit.Page.ReloadAsync();
        await visit.Settled();
        Assert.NotEqual(light, await visit.Value<string>("getComputedStyle(document.body).backgroundColor"));
        await visit.Click("button", "Change to the light theme");
        Assert.Equal(light, await visit.Value<string>("getComputedStyle(document.body).backgroundColor"));
    });
}
