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
    public Task Means_with_deviations_are_numbers_and_their_signs_stand_below_one_another() => browser.Visit("experiments/demo", async visit =>
    {
        const string column = "[...document.querySelector('table').tBodies[0].rows].map(row => row.cells[[...document.querySelector('table').tHead.rows[0].cells].findIndex(cell => cell.textContent.startsWith('dead of'))])";
        Assert.Single((await visit.Value<double[]>($"{column}.map(cell => cell.querySelector('.deviation').getBoundingClientRect().left)")).Distinct());
        Assert.True(await visit.Value<bool>($"{column}.some(cell => cell.textContent.includes(' ± '))"));
        await visit.Value<object>("[...document.querySelectorAll('th button')].find(button => button.textContent.startsWith('dead of')).click()");
        var sorted = await visit.Value<double[]>($"{column}.map(cell => parseFloat(cell.textContent))");
        Assert.Equal(sorted.Order(), sorted);
        Assert.True(sorted.Distinct().Count() > 3);
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
