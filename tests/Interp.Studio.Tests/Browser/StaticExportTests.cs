using System.Text.RegularExpressions;
using Xunit;

namespace Interp.Studio.Tests.Browser;

/// <summary>The pages as files: what static/export.js says of itself is true.</summary>
[Collection(BrowserTests.Name)]
public sealed partial class StaticExportTests(BrowserFixture browser)
{
    private static readonly string Pages = Path.Combine(WorldStudio.Root, "src", "Interp.Studio", "wwwroot");

    [Fact]
    public Task A_folder_of_scripts_opens_from_disk() => browser.Visit("feature/17", async visit =>
    {
        var record = await visit.Value<string>("fetch('/api/v1/features/17').then(answer => answer.text())");
        var folder = Directory.CreateTempSubdirectory("interp-static-").FullName;
        try
        {
            Write(folder, record);
            await visit.Go(new Uri(Path.Combine(folder, "index.html")) + "#/feature/17");
            Assert.Equal("Latent 17", await visit.Read("h1"));
            Assert.True(await visit.Count(".heat") > 3);
            Assert.True(await visit.Count(".histogram rect") > 3);
            Assert.Equal("label 5", await visit.Value<string>("[...document.querySelectorAll('.bars .label')][0].lastChild.textContent.replace(/\\d+/, '5').trim()"));
            await visit.TabTo(".heat .token");
            Assert.Contains("of max", await visit.Read(".tooltip"));
            foreach (var latent in (string[])["99999", "abc"])
            {
                await visit.Go(new Uri(Path.Combine(folder, "index.html")) + $"#/feature/{latent}");
                await visit.Until("document.querySelector('main .notice')", "nothing is said of a latent that there is not");
                Assert.Equal($"There is no latent {latent}; there are 0 to 2047.", await visit.Read("main .notice"));
            }
            await visit.Click("link", "Latents");
            await visit.Until("!document.querySelector('main .notice')", "the notice stays");
            Assert.True(await visit.Count("main li") > 10);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    });

    private static void Write(string folder, string record)
    {
        Directory.CreateDirectory(Path.Combine(folder, "data"));
        Directory.CreateDirectory(Path.Combine(folder, "css"));
        foreach (var style in Directory.GetFiles(Path.Combine(Pages, "css")))
            File.Copy(style, Path.Combine(folder, "css", Path.GetFileName(style)));
        File.Copy(Path.Combine(Pages, "static", "index.html"), Path.Combine(folder, "index.html"));
        File.Copy(Path.Combine(Pages, "js", "theme.js"), Path.Combine(folder, "theme.js"));
        File.WriteAllText(Path.Combine(folder, "studio.js"), Script());
        File.WriteAllText(Path.Combine(folder, "data", "17.js"), $"interpRecord({record});");
        File.WriteAllText(Path.Combine(folder, "data", "summary.js"),
            $$"""interpSummary({"latents":2048,"model":"world","hook":"here","tokens":100,"labels":[{{string.Join(',', Enumerable.Range(0, 2048).Select(id => $"\"label {id}\""))}}]});""");
    }

    /// <summary>The script that the comment of static/export.js describes.</summary>
    private static string Script()
    {
        var about = File.ReadAllText(Path.Combine(Pages, "js", "static", "export.js"));
        var files = FileNames().Matches(about[..about.IndexOf("\nimport", StringComparison.Ordinal)]).Select(match => match.Value).Where(name => File.Exists(Path.Combine(Pages, "js", name)) && name != "theme.js");
        var lines = files.SelectMany(name => File.ReadLines(Path.Combine(Pages, "js", name))).Where(line => !line.StartsWith("import ", StringComparison.Ordinal));
        return "(() => {\n" + string.Join('\n', lines.Select(line => line.StartsWith("export ", StringComparison.Ordinal) ? line["export ".Length..] : line)) + "\n})();\n";
    }

    [GeneratedRegex(@"[a-z/-]+\.js\b")]
    private static partial Regex FileNames();
}
