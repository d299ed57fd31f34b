using PuppeteerSharp;
using Xunit;

namespace Interp.Studio.Tests.Browser;

/// <summary>The pictures of the README; written only into the folder of the repository that INTERP_SCREENSHOTS names.</summary>
[Collection(BrowserTests.Name)]
public sealed class ScreenshotTests(BrowserFixture browser)
{
    private const string Sentences =
        "analyse?s=On+1+May+it+rained.%0AThey+met+again+in+October.%0AThe+letter+of+26+June+came+late.&c=They+met+again+on+Monday.%0AThe+letter+of+Emil+came+late.&t=0.5&share=0.6";

    [Theory]
    [InlineData("studio-analyse", Sentences)]
    [InlineData("studio-feature", "feature/FIRST?text=They+met+again+on+4+July.")]
    public async Task The_readme_shows(string name, string address)
    {
        var folder = Environment.GetEnvironmentVariable("INTERP_SCREENSHOTS");
        Assert.SkipWhen(string.IsNullOrEmpty(folder), "INTERP_SCREENSHOTS names no folder for the pictures");
        await browser.Visit(Sentences, async visit =>
        {
            var first = await visit.Value<string>("document.querySelector('article a.latent').textContent.slice(1)");
            await visit.Go(address.Replace("FIRST", first, StringComparison.Ordinal));
            await visit.Until("[...document.querySelectorAll('.bars .label')].every(label => label.lastChild.textContent)", "labels are missing");
            await visit.Page.ScreenshotAsync(Path.Combine(WorldStudio.Root, folder!, name + ".png"), new ScreenshotOptions { Type = ScreenshotType.Png });
        });
    }
}
