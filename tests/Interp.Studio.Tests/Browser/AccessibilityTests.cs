using Xunit;

namespace Interp.Studio.Tests.Browser;

/// <summary>Every page in both themes, at a desktop's and a phone's width: no rule broken, nothing wider than the window, nothing complained of.</summary>
[Collection(BrowserTests.Name)]
public sealed class AccessibilityTests(BrowserFixture browser)
{
    private const string Sentences = "s=On+1+May+it+rained.%0AThey+met+in+October.&c=They+met+on+Monday.&t=0.3&share=0.5";

    public static TheoryData<string> Pages =>
    [
        "analyse", $"analyse?{Sentences}", "feature/17?text=There+are+17+parrots.", "search", "search?q=month",
        "search?kind=contrast&s=On+1+May+it+rained.&c=On+Monday+it+rained.", "search?kind=labelled&labelled=1%09in+May%0A1%09in+June%0A0%09in+Rome%0A0%09in+Paris",
        "steer?prompt=There+are&f=17:1&run=1&tokens=5", "steer?prompt=There+are&f=17:1&dose=1&tokens=4&strengths=0,1",
        "why?prompt=Do+you+speak&a=+Spanish&b=+German", "map?id=17", "compare?sae=other", "experiments", "experiments/demo", "experiments/diff?a=demo&b=original",
    ];

    [Theory, MemberData(nameof(Pages))]
    public Task Light_desktop(string page) => Holds(page, 1280, dark: false);

    [Theory, MemberData(nameof(Pages))]
    public Task Dark_phone(string page) => Holds(page, 360, dark: true);

    private Task Holds(string address, int width, bool dark) => browser.Visit(address, async visit =>
    {
        Assert.Equal(0, await visit.Count("main [role=alert]"));
        Assert.Empty(await Accessibility.Violations(visit));
        Assert.True(await visit.Value<int>("document.documentElement.scrollWidth") <= width, "The page is wider than the window.");
        Assert.Equal(dark, await visit.Value<bool>("getComputedStyle(document.body).backgroundColor.match(/\\d+/g)[0] < 100"));
    }, width, dark);
}
