using System.Text.Json;
using Xunit;

namespace Interp.Studio.Tests.Browser;

/// <summary>The page of a latent, as a person uses it.</summary>
[Collection(BrowserTests.Name)]
public sealed class FeatureTests(BrowserFixture browser)
{
    [Fact]
    public Task All_that_the_atlas_says_is_there() => browser.Visit("feature/17", async visit =>
    {
        var record = JsonDocument.Parse(await visit.Value<string>("fetch('/api/v1/features/17').then(answer => answer.text())")).RootElement;
        Assert.Equal(
            ["Top examples", "Random examples by strength", "Activations", "Next tokens", "Nearest decoder directions", "Tokens it fires on", "Fires together with"],
            await visit.Value<string[]>("[...document.querySelectorAll('main section.section > h2')].map(title => title.firstChild.textContent)"));
        Assert.Equal(record.GetProperty("top").GetArrayLength(), await visit.Value<int>("document.querySelector('.heat-rows').children.length"));
        Assert.Equal(record.GetProperty("histogram").EnumerateArray().Count(bin => bin.GetProperty("count").GetInt64() > 0), await visit.Count(".histogram rect"));
        Assert.Equal(string.Concat(record.GetProperty("top")[0].GetProperty("tokens").EnumerateArray().Select(token => token.GetString())),
            await visit.Value<string>("document.querySelector('.heat').textContent"));
        Assert.Equal(record.GetProperty("neighbours")[0].GetProperty("id").GetInt32().ToString(),
            await visit.Value<string>("[...document.querySelectorAll('h2')].find(title => title.textContent === 'Nearest decoder directions').parentElement.querySelector('.bars a').textContent.slice(1)"));
    });

    [Fact]
    public Task The_token_that_an_example_is_about_is_underlined() => browser.Visit("feature/17", async visit =>
        Assert.Equal(1, await visit.Value<int>("document.querySelector('.heat').querySelectorAll('.peak').length")));

    /// <summary>The space before a word would else be coloured at the end of the line above.</summary>
    [Fact]
    public Task A_word_is_coloured_in_one_piece() => browser.Visit("feature/17", async visit =>
        Assert.All(await visit.Value<int[]>("[...document.querySelectorAll('details[open] .token.word.on, .heat-rows:first-of-type .token.word.on')].map(token => [...token.getClientRects()].filter(piece => piece.width > 0).length)"), pieces => Assert.Equal(1, pieces)), width: 390);

    [Theory]
    [InlineData("dead of 2\u2009048 in 200 000 tokens", "dead of 2\u202f048 in 200\u202f000 tokens")]
    [InlineData("“ May”, “ of” or 12 more", "“\u00a0May”, “\u00a0of” or 12 more")]
    [InlineData("1 2000 or 1 20", "1 2000 or 1 20")]
    public Task No_line_ends_within_a_number_or_before_a_quoted_token(string text, string shown) => browser.Visit("feature/0", async visit =>
        Assert.Equal(shown, await visit.Value<string>($"import('/js/format.js').then(format => format.unbroken({JsonSerializer.Serialize(text)}))")));

    [Fact]
    public Task The_test_box_shows_where_it_fires_and_keeps_the_text_in_the_address() => browser.Visit("feature/17", async visit =>
    {
        await visit.Type("Test a text", "There are 17 parrots.\nNothing.");
        await visit.Press("Control+Enter");
        await visit.Settled();
        Assert.Matches("It fires on \\d of 2", await visit.Read("[aria-live]:not(#announcer)"));
        Assert.Contains("text=There+are+17+parrots.", visit.Place);
        Assert.Equal("There are 17 parrots.", await visit.Value<string>("document.querySelector('form .heat').textContent"));
    });

    [Fact]
    public Task The_tested_text_goes_along_to_other_latents() => browser.Visit("feature/3", async visit =>
    {
        await visit.Type("Test a text", "There are 17 parrots.");
        await visit.Press("Control+Enter");
        await visit.Settled();
        foreach (var (link, latent) in (IEnumerable<(string, int)>)[("Next →", 4), ("← Previous", 3)])
        {
            await visit.Click("link", link);
            Assert.Equal($"/feature/{latent}?text=There+are+17+parrots.", visit.Place);
            await visit.Until("document.querySelector('form .heat')?.textContent === 'There are 17 parrots.'", "the text is not tested there");
        }
    });

    [Fact]
    public Task A_long_rule_is_short_and_can_be_read_whole() => browser.Visit("feature/0", async visit =>
    {
        var latent = await visit.Value<int>(
            """
            fetch('/api/v1/features?dead=false&limit=1000').then(answer => answer.json()).then(answer => answer.features.find(({ explanation }) => /^“ ?\w+”(, “ ?\w+”){8}/.test(explanation)).id)
            """);
        await visit.Go($"feature/{latent}");
        var rule = await visit.Value<string>($"fetch('/api/v1/features/{latent}').then(answer => answer.json()).then(answer => answer.explanation.text)");
        var shown = await visit.Read(".explained");
        Assert.True(shown.Length < rule.Length);
        Assert.StartsWith(string.Join(", ", rule.Split(", ").Take(3)), shown.Replace('\u00a0', ' '));
        Assert.Matches(@" and \d+ more", shown);
        await visit.Value<object>("[...document.querySelectorAll('summary')].find(summary => summary.innerText === 'The whole rule').click()");
        Assert.Equal(rule, await visit.Value<string>("document.querySelector('details[open] p').textContent"));
    });

    [Theory]
    [InlineData("“a”", "“a”")]
    [InlineData("“a”, “b”, “c” or “d”", "“a”, “b”, “c” or “d”")]
    [InlineData("“a”, “b”, “c”, “d” or “e”", "“a”, “b”, “c” and 2 more")]
    [InlineData("“a”, “b”, “c”, “d”, “e”, “f”, “g”, “h” or 12 more", "“a”, “b”, “c” and 17 more")]
    [InlineData("“,”, “ or ”, “””, “d” or “e”, within 8 tokens after “ May” or “1”", "“,”, “ or ”, “”” and 2 more, within 8 tokens after “ May” or “1”")]
    [InlineData("after “a”, “b”, “c”, “d”, “e”, “f”, “g”, “h” or 2 more", "after “a”, “b”, “c” and 7 more")]
    public Task A_rule_is_shortened_list_by_list(string rule, string brief) => browser.Visit("feature/0", async visit =>
        Assert.Equal(brief, await visit.Value<string>($"import('/js/parts/explanation.js').then(rules => rules.shortened({JsonSerializer.Serialize(rule)}))")));

    [Fact]
    public Task Next_previous_random_and_a_number_lead_to_other_latents() => browser.Visit("feature/0", async visit =>
    {
        Assert.True(await visit.Value<bool>("[...document.querySelectorAll('button')].find(button => button.textContent.includes('Previous')).disabled"));
        await visit.Click("link", "Next →");
        Assert.Equal("Latent 1", await visit.Read("h1"));
        await visit.Type("Jump to latent", "42", "spinbutton");
        await visit.Press("Enter");
        await visit.Settled();
        Assert.Equal("Latent 42", await visit.Read("h1"));
        await visit.Click("button", "Random");
        Assert.Matches("^/feature/\\d+$", visit.Place);
    });

    [Fact]
    public async Task A_dead_latent_says_so_and_what_that_bounds()
    {
        await using var studio = await WorldStudio.Start(WorldStudio.Options with { Atlas = WorldStudio.MakeAtlas(500, 500), Others = [] });
        var (_, dead) = await studio.Get("features?dead=true&limit=1");
        await browser.Visit($"{studio.Address}#/feature/{(int)dead["features"]![0]!["id"]!}", async visit =>
        {
            Assert.Contains("dead in the atlas", await visit.Read(".notice"));
            Assert.Contains("below", await visit.Read(".notice"));
        });
    }

    [Fact]
    public Task An_unknown_latent_is_said_in_a_sentence() => browser.Visit("feature/999999", async visit =>
    {
        Assert.Contains("latent", await visit.Read("main [role=alert]"));
        await visit.Go("feature/abc");
        Assert.Contains("number", await visit.Read("main [role=alert]"));
    }, expected: "404");

    [Fact]
    public Task The_bars_of_the_histogram_are_reached_by_keyboard() => browser.Visit("feature/17", async visit =>
    {
        await visit.TabTo(".histogram rect");
        var first = await visit.Value<string>("document.activeElement.getAttribute('aria-label')");
        await visit.Press("ArrowRight");
        var second = await visit.Value<string>("document.activeElement.getAttribute('aria-label')");
        Assert.Matches("^[\\d.]+ to [\\d.]+: [\\d\u202f]+ tokens?$", first);
        Assert.NotEqual(first, second);
    });

    [Fact]
    public Task The_vector_and_the_link_are_copied() => browser.Visit("feature/17", async visit =>
    {
        // A browser without a window may refuse its clipboard; what the page hands to it is what counts.
        await visit.Value<object>("navigator.clipboard.writeText = async text => { window.copied = text; }, null");
        await visit.Click("button", "Copy vector");
        await visit.Until("[...document.querySelectorAll('button')].some(button => button.textContent === 'Copied')", "nothing is said of the copy");
        Assert.Equal(await visit.Value<double[]>("fetch('/api/v1/features/17/vector').then(answer => answer.json()).then(answer => answer.decoder)"),
            JsonSerializer.Deserialize<double[]>(await visit.Value<string>("window.copied"))!);
        await visit.Click("button", "Copy link");
        await visit.Until("window.copied === location.href", "the link is not on the clipboard");
    });

    [Fact]
    public Task The_record_is_downloaded_as_it_is() => browser.Visit("feature/17", async visit =>
    {
        var folder = Directory.CreateTempSubdirectory("interp-download-");
        try
        {
            await visit.Page.Client.SendAsync("Page.setDownloadBehavior", new { behavior = "allow", downloadPath = folder.FullName });
            await visit.Click("button", "Download JSON");
            var file = Path.Combine(folder.FullName, "latent-17.json");
            for (var tries = 0; tries < 500 && !File.Exists(file); tries++)
                await Task.Delay(40);
            var record = await visit.Value<string>("fetch('/api/v1/features/17').then(answer => answer.json()).then(JSON.stringify)");
            Assert.Equal(record, await visit.Value<string>($"JSON.stringify({await File.ReadAllTextAsync(file)})"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    });

    [Fact]
    public Task A_neighbours_label_arrives_and_its_link_leads_there() => browser.Visit("feature/17", async visit =>
    {
        await visit.Until("[...document.querySelectorAll('.bars .label')].every(label => label.lastChild.textContent.length > 0)", "labels are missing");
        var id = await visit.Value<string>("document.querySelector('.bars a.latent').textContent.slice(1)");
        await visit.Value<object>("document.querySelector('.bars a.latent').click()");
        await visit.Settled();
        Assert.Equal($"Latent {id}", await visit.Read("h1"));
    });
}
