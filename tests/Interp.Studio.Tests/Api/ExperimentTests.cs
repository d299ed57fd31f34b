using Xunit;

namespace Interp.Studio.Tests.Api;

/// <summary>The results of experiments are those of the framework.</summary>
[Collection(StudioTests.Name)]
public sealed class ExperimentTests(StudioFixture fixture)
{
    private readonly WorldStudio studio = fixture.Studio;

    [Fact]
    public async Task Every_result_of_the_folder_is_listed()
    {
        var (_, body) = await studio.Get("experiments");
        var names = Directory.GetDirectories(Path.Combine(WorldStudio.Root, "results")).Where(folder => File.Exists(Path.Combine(folder, "table.csv"))).Select(Path.GetFileName).Order(StringComparer.Ordinal);
        Assert.Equal(names, body["experiments"]!.AsArray().Select(entry => (string)entry!["name"]!));
    }

    [Fact]
    public async Task A_table_has_the_cells_of_its_csv_and_rows_like_the_framework_s()
    {
        var (_, body) = await studio.Get("experiments/demo");
        var lines = File.ReadAllLines(Path.Combine(WorldStudio.Root, "results", "demo", "table.csv"));
        var header = lines[0].Split(',');
        var cells = body["cells"]!.AsArray();
        Assert.Equal(lines.Length - 1, cells.Count);
        foreach (var (line, cell) in lines.Skip(1).Zip(cells))
            Assert.Equal(double.Parse(line.Split(',')[Array.IndexOf(header, "fvu")], System.Globalization.CultureInfo.InvariantCulture), (double)cell!["metrics"]!["fvu"]!);
        var markdown = File.ReadAllLines(Path.Combine(WorldStudio.Root, "results", "demo", "table.md")).Where(line => line.StartsWith('|')).ToArray();
        Assert.Equal(Cells(markdown[0]), body["columns"]!.AsArray().Select(column => (string)column!));
        Assert.Equal(markdown.Skip(2).Select(Cells), body["rows"]!.AsArray().Select(row => row!.AsArray().Select(cell => (string)cell!).ToArray()));

        static string[] Cells(string line) => [.. line.Trim('|').Split('|').Select(cell => cell.Trim())];
    }

    [Fact]
    public async Task A_report_is_a_page_apart()
    {
        var response = await studio.Client.GetAsync("/api/v1/experiments/demo/report");
        Assert.Equal("text/html", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal(ReportPage.load(Path.Combine(WorldStudio.Root, "results", "demo")), await response.Content.ReadAsStringAsync());
        var policy = response.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("sandbox allow-scripts", policy);
        Assert.DoesNotContain("allow-same-origin", policy);
        Assert.Contains("default-src 'none'", policy);
        Assert.DoesNotContain("connect-src", policy);
    }

    [Fact]
    public async Task A_difference_names_settings_and_metrics()
    {
        var (_, same) = await studio.Get("experiments/diff?a=demo&b=demo");
        Assert.True((bool)same["same"]!);
        Assert.Empty(same["lines"]!.AsArray());
        var (status, other) = await studio.Get("experiments/diff?a=demo&b=original");
        Assert.Equal(200, status);
        Assert.False((bool)other["same"]!);
        Assert.Contains(other["lines"]!.AsArray(), line => (string)line!["layer"]! == "config");
        Assert.Contains((string)other["verdict"]!, (string)other["text"]!);
    }

    [Theory]
    [InlineData("experiments/none")]
    [InlineData("experiments/none/report")]
    [InlineData("experiments/diff?a=demo&b=none")]
    public async Task An_unknown_result_is_not_found(string path)
    {
        var (status, body) = await studio.Get(path);
        Assert.Equal(404, status);
        Assert.Contains("result", (string)body["error"]!);
    }

    [Fact]
    public async Task Without_results_the_list_is_empty()
    {
        await using var own = await WorldStudio.Start(WorldStudio.Options with { Results = "/nowhere" });
        var (status, body) = await own.Get("experiments");
        Assert.Equal(200, status);
        Assert.Empty(body["experiments"]!.AsArray());
    }
}
