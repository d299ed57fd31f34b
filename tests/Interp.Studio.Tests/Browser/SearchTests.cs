using Xunit;

namespace Interp.Studio.Tests.Browser;

/// <summary>Search, as a person uses it.</summary>
[Collection(BrowserTests.Name)]
public sealed class SearchTests(BrowserFixture browser)
{
    private const string Ids = "[...document.querySelectorAll('tbody a.latent')].map(link => Number(link.textContent.slice(1)))";

    [Fact]
    public Task Without_words_the_dictionary_is_listed_page_by_page() => browser.Visit("search?sort=id", async visit =>
    {
        var first = await visit.Value<int[]>(Ids);
        Assert.Equal(50, first.Length);
        Assert.Equal(first.Order(), first);
        await visit.Click("link", "Later →");
        var second = await visit.Value<int[]>(Ids);
        Assert.True(second[0] > first[^1]);
        await visit.Back();
        Assert.Equal(first, await visit.Value<int[]>(Ids));
    });

    [Theory]
    [InlineData("search?q=a")]
    [InlineData("search?kind=direction&id=5")]
    public Task A_ranking_goes_on_and_says_whether_there_is_more(string address) => browser.Visit(address, async visit =>
    {
        var first = await visit.Value<int[]>(Ids);
        Assert.Equal(50, first.Length);
        Assert.StartsWith("Best first, 1 to 50 of more.", await visit.Read("main p.small.muted"), StringComparison.Ordinal);
        await visit.Click("link", "Later →");
        var second = await visit.Value<int[]>(Ids);
        Assert.StartsWith("Best first, 51 to 100 of", await visit.Read("main p.small.muted"), StringComparison.Ordinal);
        Assert.Empty(first.Intersect(second));
        await visit.Go(address + "&offset=900");
        Assert.Contains("behind the last of", await visit.Read(".notice"));
    });

    [Fact]
    public Task Words_find_latents_that_are_explained_by_them() => browser.Visit("search", async visit =>
    {
        await visit.Press("/");
        await visit.Until("document.activeElement.matches('[data-search]')", "/ does not lead to the search field");
        await visit.Page.Keyboard.SendCharacterAsync("month");
        await visit.Press("Enter");
        await visit.Settled();
        Assert.Contains("q=month", visit.Place);
        Assert.Contains("month", await visit.Read("tbody tr"));
    });

    [Theory]
    [InlineData("search?q=month")]
    [InlineData("search?sort=density")]
    [InlineData("why?prompt=They+met+again+in&a=+October&b=+Madrid")]
    public Task On_a_phone_a_table_of_latents_needs_no_scrolling_aside(string address) => browser.Visit(address, async visit =>
    {
        Assert.True(await visit.Value<bool>("(table => table.scrollWidth <= table.clientWidth)(document.querySelector('.table-wrap'))"));
        Assert.True(await visit.Value<bool>("[...document.querySelectorAll('tbody td.number')].every(cell => cell.dataset.title && cell.getBoundingClientRect().right <= innerWidth)"));
    }, width: 390);

    [Fact]
    public Task Filters_leave_out_what_they_say() => browser.Visit("search?minDensity=0.01&sort=density", async visit =>
    {
        var densities = await visit.Value<double[]>("[...document.querySelectorAll('tbody tr')].map(row => parseFloat(row.cells[2].textContent))");
        Assert.NotEmpty(densities);
        Assert.All(densities, density => Assert.True(density >= 1, "at least one per cent"));
        Assert.Equal(densities.OrderDescending(), densities);
        await visit.Go("search?minDensity=1");
        Assert.Contains("No latent passes", await visit.Read(".notice"));
    });

    [Fact]
    public Task Filters_hold_for_words_too() => browser.Visit("search?q=month", async visit =>
    {
        const string densities = "[...document.querySelectorAll('tbody tr')].map(row => parseFloat(row.cells[3].textContent))";
        var all = await visit.Value<double[]>(densities);
        var some = all.Order().ElementAt(all.Length / 2);
        await visit.Go(FormattableString.Invariant($"search?q=month&minDensity={some / 100}"));
        var dense = await visit.Value<double[]>(densities);
        Assert.InRange(dense.Length, 1, all.Length - 1);
        Assert.True(await visit.Value<bool>("document.querySelector('form details').open"));
        Assert.All(dense, density => Assert.True(density >= some));
    });

    [Fact]
    public Task What_words_find_has_an_order_of_its_own() => browser.Visit("search?q=month", async visit =>
    {
        const string disabled = "document.querySelector('select[name=sort]').disabled";
        Assert.True(await visit.Value<bool>(disabled));
        await visit.Type("Words", "", "searchbox");
        Assert.False(await visit.Value<bool>(disabled));
    });

    [Fact]
    public Task A_contrast_finds_what_analyse_finds() => browser.Visit("search", async visit =>
    {
        await visit.Click("radio", "Contrast");
        await visit.Type("On in all of these", "It rained on Monday.\nThey met on Friday.");
        await visit.Type("Off in all of these", "They met in October.");
        await visit.Press("Control+Enter");
        await visit.Settled();
        var found = await visit.Value<int[]>(Ids);
        Assert.NotEmpty(found);
        await visit.Go("analyse?s=It+rained+on+Monday.%0AThey+met+on+Friday.&c=They+met+in+October.&share=1&n=all");
        Assert.Contains(await visit.Value<int>("Number(document.querySelector('article a.latent').textContent.slice(1))"), found);
    });

    [Fact]
    public Task Labelled_texts_rank_by_area_under_the_curve_with_its_interval() => browser.Visit("search", async visit =>
    {
        await visit.Click("radio", "Labels");
        await visit.Type("Labelled texts", "1\tThey met in October.\n1\tOn 1 May it rained.\n1\tThe letter of 26 June came late.\n0\tThey met on Monday.\n0\tThe letter of Emil came late.\n0\tIt rained.");
        await visit.Click("button", "Search");
        var areas = await visit.Value<double[]>("[...document.querySelectorAll('tbody tr')].map(row => parseFloat(row.cells[2].textContent))");
        Assert.Equal(1, areas[0]);
        Assert.Equal(areas.OrderDescending(), areas);
        Assert.Matches(@"^1\.00 \(.+–1\.00\)$", await visit.Read("tbody tr td:nth-child(3)"));
    });

    [Fact]
    public Task A_label_that_is_none_is_said_with_its_line() => browser.Visit("search?kind=labelled&labelled=1%09a%0Amaybe%09b", async visit =>
        Assert.Contains("Line 2", await visit.Read("main [role=alert]")));

    [Fact]
    public Task A_direction_finds_the_nearest_of_the_latents_page() => browser.Visit("feature/17", async visit =>
    {
        var nearest = await visit.Value<int>("Number([...document.querySelectorAll('h2')].find(title => title.textContent === 'Nearest decoder directions').parentElement.querySelector('.bars a').textContent.slice(1))");
        await visit.Click("link", "Similar directions");
        Assert.Equal("Search", await visit.Read("h1"));
        Assert.Equal(nearest, (await visit.Value<int[]>(Ids))[0]);
    });

    [Fact]
    public Task A_text_finds_latents_that_fire_in_it() => browser.Visit("search?kind=text&text=On+1+May+it+rained.", async visit =>
    {
        var found = await visit.Value<int[]>(Ids);
        Assert.NotEmpty(found);
        await visit.Go($"feature/{found[0]}?text=On+1+May+it+rained.");
        Assert.Contains("It fires on 1 of 1", await visit.Read("[aria-live]:not(#announcer)"));
    });
}
