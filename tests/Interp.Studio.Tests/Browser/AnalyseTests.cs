using System.Text.Json;
using Xunit;

namespace Interp.Studio.Tests.Browser;

/// <summary>Analyse, as a person uses it.</summary>
[Collection(BrowserTests.Name)]
public sealed class AnalyseTests(BrowserFixture browser)
{
    private const string Months = "s=On+1+May+it+rained.%0AThey+met+in+October.&t=0.3&share=0.5";

    [Fact]
    public Task Sentences_give_a_heat_map_per_sentence_and_the_contrast_last() => browser.Visit("analyse", async visit =>
    {
        await visit.Type("Sentences", "It rained on Monday.\nThey met on Friday.");
        await visit.Type("Contrast", "They met in October.");
        await visit.Click("button", "Analyse");
        Assert.True(await visit.Count("article") is > 0 and <= 5, "five features at most");
        Assert.Equal("It rained on Monday.|They met on Friday.|They met in October.",
            await visit.Value<string>("[...document.querySelector('article').querySelectorAll('.heat')].map(row => row.textContent).join('|')"));
        Assert.Equal(1, await visit.Value<int>("document.querySelector('article').querySelectorAll('.contrast .heat').length"));
        Assert.Contains("s=It+rained", visit.Place);
    });

    [Fact]
    public Task A_card_has_the_rule_with_its_fit_and_the_concept() => browser.Visit($"analyse?{Months}&n=20", async visit =>
    {
        var answer = JsonDocument.Parse(await visit.Value<string>(
            """
            fetch('/api/v1/analyze', { method: 'POST', headers: { 'content-type': 'application/json' },
              body: JSON.stringify({ sentences: ['On 1 May it rained.', 'They met in October.'], threshold: 0.3, share: 0.5, limit: 20 }) }).then(answer => answer.text())
            """)).RootElement.GetProperty("features");
        var explained = answer.EnumerateArray().First(feature => feature.GetProperty("explanation").ValueKind is JsonValueKind.String && feature.GetProperty("concept").ValueKind is JsonValueKind.String);
        var heading = await visit.Value<string>($"document.querySelector('#feature-{explained.GetProperty("id")}').textContent");
        Assert.Contains(explained.GetProperty("concept").GetString()!, heading);
        Assert.Contains(FormattableString.Invariant($"F1 {explained.GetProperty("explanationF1").GetDouble():0.00}"), heading);
        Assert.Equal(explained.GetProperty("explanation").GetString(), await visit.Value<string>($"document.querySelector('#feature-{explained.GetProperty("id")} .explanation').dataset.tip"));
    });

    [Fact]
    public Task Semicolons_separate_sentences_and_the_switch_takes_the_last_as_contrast() => browser.Visit("analyse", async visit =>
    {
        await visit.Type("Sentences", "It rained on Monday.; They met on Friday.; They met in October.");
        await visit.Click("checkbox", "The last sentence is the contrast");
        Assert.Equal(2, await visit.Value<int>("document.querySelector('article').querySelectorAll('.heat-rows:not(.contrast) .heat').length"));
        Assert.Equal("They met in October.", await visit.Read(".contrast .heat"));
    });

    [Fact]
    public Task The_address_holds_the_question_and_back_returns_to_the_one_before() => browser.Visit($"analyse?{Months}", async visit =>
    {
        Assert.Equal("On 1 May it rained.\nThey met in October.", await visit.Value<string>("document.querySelector('textarea').value"));
        var first = await visit.Read("article");
        Assert.NotEqual("", first);
        await visit.Type("Sentences", "There are 17 parrots.");
        await visit.Press("Control+Enter");
        await visit.Settled();
        Assert.NotEqual(first, await visit.Read("article"));
        await visit.Back();
        Assert.Equal(first, await visit.Read("article"));
    });

    [Fact]
    public Task One_colour_scale_per_latent_and_the_value_stands_in_each_tokens_label() => browser.Visit($"analyse?{Months}", async visit =>
    {
        var shades = await visit.Value<double[]>(
            """
            [...document.querySelectorAll('article')].flatMap(card => {
              const max = Number(card.querySelector('.legend').lastChild.textContent);
              return [...card.querySelectorAll('.token.on')].map(token =>
                Math.abs(Number(token.style.getPropertyValue('--v')) - Math.min(1, Number(token.dataset.tip.split(' ')[0]) / max)));
            })
            """);
        Assert.NotEmpty(shades);
        Assert.All(shades, error => Assert.InRange(error, 0, 0.01));
        Assert.Equal(0, await visit.Value<int>("[...document.querySelectorAll('article .token')].filter(token => !/\\d.* of max/.test(token.getAttribute('aria-label'))).length"));
    });

    [Fact]
    public Task With_the_keyboard_alone_a_token_opens_its_top_latents_and_escape_closes_them() => browser.Visit($"analyse?{Months}", async visit =>
    {
        await visit.TabTo("article .token");
        await visit.Until("document.querySelector('.tooltip:not([hidden])')?.textContent.includes('of max')", "the focused token does not say its value");
        await visit.Press("ArrowLeft", "ArrowRight", "Enter");
        await visit.Settled();
        Assert.StartsWith("Top latents at", await visit.Read(".token-panel h3"));
        Assert.True(await visit.Count(".token-panel a.latent") > 0);
        await visit.TabTo(".token-panel a");
        await visit.Press("Escape");
        Assert.Equal(0, await visit.Count(".token-panel"));
        Assert.True(await visit.Value<bool>("document.activeElement.matches('.token')"));
    });

    [Fact]
    public Task All_shows_no_fewer_than_five_and_the_threshold_counts() => browser.Visit($"analyse?{Months}", async visit =>
    {
        await (await visit.Find("combobox", "Features")).SelectAsync("all");
        await visit.Settled();
        var all = await visit.Count("article");
        Assert.True(all > 5);
        await visit.Go("analyse?" + Months.Replace("t=0.3", "t=0.9") + "&n=all");
        Assert.True(await visit.Count("article") < all);
    });

    [Fact]
    public Task A_features_examples_come_when_they_are_opened() => browser.Visit($"analyse?{Months}", async visit =>
    {
        await visit.Value<object>("document.querySelector('article summary').click()");
        await visit.Settled();
        Assert.True(await visit.Count("article details[open] .heat") > 0);
    });

    [Fact]
    public Task Script_in_a_sentence_is_text() => browser.Visit("analyse?t=0&share=0", async visit =>
    {
        await visit.Type("Sentences", "<img src=x onerror=\"document.title='broken'\"> <script>alert(1)</script>");
        await visit.Click("button", "Analyse");
        Assert.Equal(0, await visit.Count("article img, article script"));
        Assert.StartsWith("<img src=x", await visit.Read("article .heat"));
        Assert.DoesNotContain("broken", await visit.Page.GetTitleAsync());
    });

    [Fact]
    public Task Right_to_left_text_runs_that_way_and_stays_as_written() => browser.Visit("analyse?t=0&share=0", async visit =>
    {
        await visit.Type("Sentences", "שלום עולם");
        await visit.Click("button", "Analyse");
        Assert.Equal("rtl", await visit.Value<string>("getComputedStyle(document.querySelector('article .heat')).direction"));
        Assert.Equal("שלום עולם", await visit.Value<string>("document.querySelector('article .heat').textContent"));
    });

    [Fact]
    public Task A_lower_threshold_is_offered_where_the_one_asked_finds_nothing() => browser.Visit($"analyse?{Months.Replace("t=0.3&share=0.5", "t=1&share=1")}", async visit =>
    {
        Assert.Contains("No latent reaches 100", await visit.Read(".notice"));
        var cards = await visit.Count("article");
        Assert.True(cards > 0);
        var first = await visit.Read("article h2");
        await visit.Click("link", await visit.Read(".notice a"));
        Assert.Equal(0, await visit.Count(".notice"));
        Assert.Equal(cards, await visit.Count("article"));
        Assert.Equal(first, await visit.Read("article h2"));
        Assert.NotEqual("1", await visit.Value<string>("document.querySelector('[name=t]').value"));
    });

    [Fact]
    public Task Nothing_written_and_nothing_found_are_said_in_a_sentence() => browser.Visit("analyse", async visit =>
    {
        Assert.Contains("Nothing to analyse yet", await visit.Read(".notice"));
        await visit.Go("analyse?s=May&c=May&t=0.1");
        Assert.Contains("No latent reaches", await visit.Read(".notice"));
    });
}
