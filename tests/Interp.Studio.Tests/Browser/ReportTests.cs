using Xunit;

namespace Interp.Studio.Tests.Browser;

/// <summary>The page that `interp report` writes, opened from disk as the one who is sent it does.</summary>
[Collection(BrowserTests.Name)]
public sealed class ReportTests(BrowserFixture browser)
{
    private const string Charts = "[...document.querySelectorAll('.chart')]";

    [Theory]
    [InlineData("demo", 1280, false)]
    [InlineData("demo", 1280, true)]
    [InlineData("demo", 390, false)]
    [InlineData("demo", 390, true)]
    [InlineData("ksearch-smollm2", 390, false)]
    public async Task A_report_shows_its_charts_and_asks_for_nothing(string name, int width, bool dark)
    {
        var folder = Directory.CreateTempSubdirectory("interp-report-").FullName;
        try
        {
            var file = Path.Combine(folder, "report.html");
            File.WriteAllText(file, ReportPage.load(Path.Combine(WorldStudio.Root, "results", name)));
            var address = new Uri(file).ToString();
            await browser.Visit(address, async visit =>
            {
                // Nothing else was opened, neither on the network nor beside the page; what a data: address names lies within it.
                Assert.Equal([address], visit.Requests.Where(request => !request.StartsWith("data:", StringComparison.Ordinal)));
                Assert.Equal(name, await visit.Read("h1"));
                Assert.Equal(5, await visit.Value<int>($"{Charts}.length"));
                Assert.True(await visit.Value<bool>($"{Charts}.every(chart => [...chart.querySelectorAll('.scatterlayer path')].some(path => path.getTotalLength() > 50))"), "A chart has no line.");
                Assert.True(await visit.Value<bool>($"{Charts}.every(chart => chart.getBoundingClientRect().right <= innerWidth)"), "A chart is wider than the window.");
                Assert.Equal(width, await visit.Value<int>("document.documentElement.scrollWidth"));
                await visit.Page.EvaluateExpressionAsync("document.querySelectorAll('details').forEach(part => part.open = true)");
                Assert.Equal(width, await visit.Value<int>("document.documentElement.scrollWidth"));
                var (back, text) = (await Lightness(visit, "document.body", "backgroundColor"), await Lightness(visit, "document.body", "color"));
                var label = await Lightness(visit, "document.querySelector('.chart .xtick text')", "fill");
                Assert.Equal(dark, back < text);
                Assert.Equal(dark, back < label);
            }, width, dark);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Sum of a colour's red, green and blue.</summary>
    private static Task<int> Lightness(Visit visit, string element, string property) =>
        visit.Value<int>($"getComputedStyle({element}).{property}.match(/[\\d.]+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0)");
}
