using System.Net;
using System.Net.Http.Headers;
using Xunit;

namespace Interp.Studio.Tests.Server;

/// <summary>The files of the pages.</summary>
[Collection(StudioTests.Name)]
public sealed class PageTests(StudioFixture fixture)
{
    private static readonly string Source = Path.Combine(WorldStudio.Root, "src", "Interp.Studio", "wwwroot");

    private readonly WorldStudio studio = fixture.Studio;

    [Fact]
    public async Task Every_file_of_the_pages_is_served_as_it_is()
    {
        foreach (var file in Directory.EnumerateFiles(Source, "*", SearchOption.AllDirectories))
        {
            var response = await studio.Client.GetAsync(Path.GetRelativePath(Source, file));
            Assert.Equal(File.ReadAllBytes(file), await response.Content.ReadAsByteArrayAsync());
            Assert.Equal(TypeOf(file), response.Content.Headers.ContentType!.MediaType);
        }
    }

    [Fact]
    public async Task The_page_is_at_the_root_and_is_not_sent_again_while_it_is_the_same()
    {
        var response = await studio.Client.GetAsync("/");
        Assert.Equal(File.ReadAllText(Path.Combine(Source, "index.html")), await response.Content.ReadAsStringAsync());
        using var again = new HttpRequestMessage(HttpMethod.Get, "/");
        again.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Parse(response.Headers.ETag!.ToString()));
        Assert.Equal(HttpStatusCode.NotModified, (await studio.Client.SendAsync(again)).StatusCode);
    }

    [Fact]
    public async Task A_folder_of_pages_is_served_as_it_is_now()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.Child("index.html"), "one");
        File.WriteAllText(Path.Combine(Path.GetTempPath(), "interp-outside.txt"), "outside");
        await using var own = await WorldStudio.Start(WorldStudio.Options with { Assets = folder.Path });
        Assert.Equal("one", await own.Client.GetStringAsync("/"));
        File.WriteAllText(folder.Child("index.html"), "two");
        Assert.Equal("two", await own.Client.GetStringAsync("/"));
        var (status, text) = await RawRequest.Get(own.Address, "/..%2finterp-outside.txt", $"Host: localhost:{own.Address.Port}");
        Assert.Equal(404, status);
        Assert.DoesNotContain("outside.txt", text);
    }

    private static string TypeOf(string file) => Path.GetExtension(file) switch
    {
        ".html" => "text/html",
        ".js" => "text/javascript",
        ".css" => "text/css",
        ".svg" => "image/svg+xml",
        ".md" => "text/markdown",
        var other => throw new InvalidOperationException($"{other} has no type here."),
    };
}
