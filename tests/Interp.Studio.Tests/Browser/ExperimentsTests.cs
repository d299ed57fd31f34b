using Xunit;

namespace Interp.Studio.Tests.Browser;

/// <summary>Experiments, as a person uses them.</summary>
[Collection(BrowserTests.Name)]
public sealed class ExperimentsTests(BrowserFixture browser)
{
    [Fact]
    public Task A_table_opens_and_sorts_by_a_column() => browser.Visit("experiments", async visit =>
    {
        await visit.Click("link", "demo");
        Assert.Equal("demo", await visit.Read("h1"));
        await visit.Value<object>("document.querySelector('summary').click()");
        const string fvu = "(table => { const at = [...table.tHead.rows[0].cells].findIndex(cell => cell.textContent === 'fvu'); return [...table.tBodies[0].rows].map(row => Number(row.cells[at].textContent)); })([...document.querySelectorAll('table')].at(-1))";
        var before = await visit.Value<double[]>(fvu);
        Assert.True(before.Length >= 4);
        await visit.Value<object>("[...document.querySelectorAll('details th button')].find(button => button.textContent === 'fvu').click()");
        Assert.Equal(before.Order(), await visit.Value<double[]>(fvu));
        await visit.Value<object>("[...document.querySelectorAll('details th button')].find(button => button.textContent === 'fvu').click()");
        Assert.Equal(before.OrderDescending(), await visit.Value<double[]>(fvu));
    });

    [Fact]
    public Task Two_results_are_compared() => browser.Visit("experiments", async visit =>
    {
        await (await visit.Find("combobox", "Before")).SelectAsync("demo");
        await (await visit.Find("combobox", "After")).SelectAsync("original");
        await visit.Click("button", "Compare");
        Assert.Contains("a=demo&b=original", visit.Place);
        Assert.NotEqual("", await visit.Read(".notice"));
        Assert.True(await visit.Count("tbody tr") > 0);
    });

    [Fact]
    public Task The_report_is_a_page_that_runs() => browser.Visit("experiments/demo", async visit =>
    {
        await visit.Page.GoToAsync(await visit.Value<string>("[...document.querySelectorAll('main a')].find(link => link.textContent.startsWith('Report')).href"));
        await visit.Until("document.querySelector('svg')", "the report has no chart");
        Assert.Contains("demo", await visit.Page.GetTitleAsync());
    });

    [Fact]
    public Task An_unknown_result_is_said_in_a_sentence() => browser.Visit("experiments/none", async visit =>
        Assert.Contains("result", await visit.Read("main [role=alert]")), expected: "404");
}
