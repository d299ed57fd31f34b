using Xunit;

namespace Interp.Studio.Tests.Browser;

/// <summary>Why, as a person uses it.</summary>
[Collection(BrowserTests.Name)]
public sealed class WhyTests(BrowserFixture browser)
{
    [Fact]
    public Task Estimates_stand_beside_true_effects_with_their_correlation() => browser.Visit("why", async visit =>
    {
        await visit.Type("Prompt", "A: Hola, Emil! Do you speak");
        await visit.Type("Next token A", " Spanish");
        await visit.Type("Next token B", " German");
        await visit.Click("button", "Explain");
        Assert.Contains("The model favours", await visit.Read(".explained"));
        Assert.Matches(@"Pearson\s+[−\d.]+\s+Spearman\s+[−\d.]+", await visit.Read(".panel .figures"));
        Assert.Matches(@"over all \d+ active latents, each really ablated", await visit.Read(".panel .figures"));
        var rows = await visit.Value<double[][]>("[...document.querySelectorAll('tbody tr')].map(row => [2, 3].map(at => parseFloat(row.cells[at].textContent.replace('−', '-')))).filter(([, effect]) => !Number.isNaN(effect))");
        Assert.True(rows.Length >= 3);
        Assert.Equal(rows.Length, await visit.Count("circle"));
        Assert.Equal(rows.Select(row => Math.Abs(row[0])).OrderDescending(), rows.Select(row => Math.Abs(row[0])));
    });

    [Fact]
    public Task The_example_fills_the_form() => browser.Visit("why", async visit =>
    {
        await visit.Click("link", "An example");
        Assert.Equal(" Spanish", await visit.Value<string>("document.querySelector('input[name=a]').value"));
        Assert.Contains("The model favours", await visit.Read(".explained"));
    });
}
