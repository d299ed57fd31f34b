using PuppeteerSharp;
using Xunit;

namespace Interp.Studio.Tests.Browser;

/// <summary>A browser before a studio of the embedded world, started once for all browser tests.</summary>
public sealed class BrowserFixture : IAsyncLifetime
{
    private IBrowser? browser;
    private WorldStudio? studio;

    public async ValueTask InitializeAsync()
    {
        if (Chromium.Path is not { } program)
            return;
        studio = await WorldStudio.Start(WorldStudio.Options with { Others = [new OtherDictionary("other", WorldStudio.Options.Sae, WorldStudio.Atlas)] });
        // The sandbox needs rights that containers do not give; the pages come from this process.
        browser = await Puppeteer.LaunchAsync(new LaunchOptions { ExecutablePath = program, Headless = true, Timeout = 120_000, Args = ["--no-sandbox", "--disable-gpu", "--font-render-hinting=none"] });
    }

    public async ValueTask DisposeAsync()
    {
        if (browser is not null)
            await browser.DisposeAsync();
        if (studio is not null)
            await studio.DisposeAsync();
    }

    /// <summary>Opens an address in a fresh profile, does something there, and holds that the browser had nothing to complain about.</summary>
    /// <param name="address">What stands after #/, such as feature/17; or a whole address.</param>
    /// <param name="act">What a person does.</param>
    /// <param name="width">Of the window in pixels; 360 is a phone's.</param>
    /// <param name="dark">Whether the system's theme is dark.</param>
    /// <param name="expected">A word of the complaints that belong to the test, such as 404.</param>
    internal async Task Visit(string address, Func<Visit, Task> act, int width = 1280, bool dark = false, string? expected = null)
    {
        Assert.SkipWhen(browser is null, Chromium.Missing);
        await using var profile = await browser.CreateBrowserContextAsync();
        var page = await profile.NewPageAsync();
        page.DefaultNavigationTimeout = 120_000;
        await page.SetViewportAsync(new ViewPortOptions { Width = width, Height = width < 600 ? 740 : 860 });
        await page.EmulateMediaFeaturesAsync([new() { MediaFeature = MediaFeature.PrefersColorScheme, Value = dark ? "dark" : "light" }]);
        var visit = new Visit(page, studio!.Address);
        await visit.Go(address);
        await act(visit);
        Assert.DoesNotContain(visit.Complaints, complaint => expected is null || !complaint.Contains(expected, StringComparison.Ordinal));
    }
}

/// <summary>The browser tests share a browser and a studio.</summary>
[CollectionDefinition(Name)]
public sealed class BrowserTests : ICollectionFixture<BrowserFixture>
{
    public const string Name = "browser";
}
