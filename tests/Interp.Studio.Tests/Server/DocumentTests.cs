using System.Text.RegularExpressions;
using Xunit;

namespace Interp.Studio.Tests.Server;

/// <summary>What docs/studio.md says is true.</summary>
[Collection(StudioTests.Name)]
public sealed partial class DocumentTests(StudioFixture fixture)
{
    private static readonly string[] Lines = File.ReadAllLines(Path.Combine(WorldStudio.Root, "docs", "studio.md"));

    private readonly WorldStudio studio = fixture.Studio;

    [Fact]
    public async Task Every_request_of_it_is_served()
    {
        var search = Lines.Select(line => Search().Match(line)).Single(match => match.Success);
        var found = (await studio.Get(search.Groups["path"].Value["/api/v1/".Length..])).Body["results"]![0]!["id"]!.ToString();
        var requests = Lines.Select(line => Request().Match(line.Replace("'$id'", found, StringComparison.Ordinal).Replace("$id", found, StringComparison.Ordinal))).Where(match => match.Success).ToArray();
        Assert.Equal(Lines.Count(line => line.StartsWith("    curl", StringComparison.Ordinal)), requests.Length);
        Assert.True(requests.Length >= 10);
        Assert.Contains(requests, request => request.Groups["body"].Value.Contains($"\"feature\":{found},", StringComparison.Ordinal));
        foreach (var request in requests)
        {
            var target = new Uri(studio.Address, request.Groups["path"].Value);
            using var content = request.Groups["body"].Success ? WorldStudio.Json(request.Groups["body"].Value) : null;
            var response = content is null ? await studio.Client.GetAsync(target) : await studio.Client.PostAsync(target, content);
            Assert.True(response.IsSuccessStatusCode, $"{request.Value}: {await response.Content.ReadAsStringAsync()}");
        }
    }

    [Fact]
    public void Every_route_is_in_it()
    {
        var text = string.Join('\n', Lines);
        foreach (var operation in Operations())
            Assert.Contains($"`{operation}`", text);

        IEnumerable<string> Operations() => studio.Routes.OfType<Microsoft.AspNetCore.Routing.RouteEndpoint>()
            .SelectMany(route => route.Metadata.OfType<Microsoft.AspNetCore.Routing.HttpMethodMetadata>().Single().HttpMethods.Where(method => method != "HEAD").Select(method => $"{method} {route.RoutePattern.RawText}"));
    }

    /// <summary>The line that finds a latent for those behind it.</summary>
    [GeneratedRegex(@"^    id=\$\(curl -s 'http://127\.0\.0\.1:5000(?<path>/[^']*)' \| ")]
    private static partial Regex Search();

    [GeneratedRegex(@"^    curl -s(N)? (-H 'Content-Type: application/json' -d '(?<body>[^']*)' )?'?http://127\.0\.0\.1:5000(?<path>/[^']*)'?$")]
    private static partial Regex Request();
}
