using Xunit;

namespace Interp.Studio.Tests.Browser;

/// <summary>Links with what a page cannot take: it says so in the words of the page, and what it shows instead.</summary>
[Collection(BrowserTests.Name)]
public sealed class LinkTests(BrowserFixture browser)
{
    [Theory]
    [InlineData("analyse?t=abc", "Threshold cannot be “abc”, as the link says; it is 0.7.")]
    [InlineData("analyse?t=7&share=0.333", "Threshold cannot be “7”, as the link says; it is 0.7. Share cannot be “0.333”, as the link says; it is 0.33.")]
    [InlineData("analyse?n=6", "Features cannot be “6”, as the link says; it is “5”.")]
    [InlineData("analyse?threshold=0.5", "The link says “threshold”, which this page does not know; it is left out.")]
    [InlineData("search?kind=colour", "Search by cannot be “colour”, as the link says; it is “Explanation”.")]
    [InlineData("search?minDensity=2", "Least density cannot be “2”, as the link says; it is left out.")]
    [InlineData("search?offset=-5", "The link begins the list at “-5”, which is no place in it; it begins at its first.")]
    [InlineData("steer?f=3:1:metre", "The link says the latent “3:1:metre”, which is not number:strength:unit:mode; that is left out.")]
    [InlineData("steer?keepError=yes", "Keep the error term cannot be “yes”, as the link says; it is on.")]
    [InlineData("why?n=0", "Latents cannot be “0”, as the link says; it is 30.")]
    [InlineData("map?id=999999", "The link says the latent “999999”, which there is not.")]
    [InlineData("compare?sae=none", "Other dictionary cannot be “none”, as the link says; it is “other”.")]
    public Task What_a_page_cannot_take_is_told(string address, string told) => browser.Visit(address, async visit =>
        Assert.Equal(told, await visit.Read(".told")));

    [Theory]
    [InlineData("analyse?t=0.35&share=0.5&n=20&last=1")]
    [InlineData("search?kind=direction&id=3&minDensity=0.001&dead=any&sort=id&offset=50")]
    [InlineData("steer?prompt=a&f=3:0.5:norm:add,4:1&tokens=3&strengths=0,1&keepError=0")]
    [InlineData("steer?temperature=0.75")]
    [InlineData("map?colour=max&q=month&id=3")]
    [InlineData("compare?tau=0.99")]
    public Task What_it_can_take_is_not(string address) => browser.Visit(address, async visit =>
        Assert.Equal(0, await visit.Count(".told")));

    [Fact]
    public Task A_page_that_there_is_not_is_told_until_another_is_opened() => browser.Visit("nothing", async visit =>
    {
        Assert.Equal("There is no page “nothing”; this is Analyse.", await visit.Read(".lost"));
        await visit.Click("link", "Search");
        Assert.Equal(0, await visit.Count(".lost"));
    });

    [Fact]
    public Task A_refusal_names_a_field_as_the_page_does() => browser.Visit("analyse", async visit =>
    {
        const string reason = "import('/js/api.js').then(api => api.postJson('{0}', {1})).then(() => '', error => error.message)";
        Assert.Equal("Prompt is 0 characters long; give from 1 to 100000.", await visit.Value<string>(string.Format(reason, "steer", "{ prompt: '', features: [] }")));
        Assert.Equal("Strengths (number 2) is 2000000; give a number from -1000000 to 1000000.",
            await visit.Value<string>(string.Format(reason, "dose", "{ prompt: 'a', feature: 3, strengths: [1, 2e6] }")));
        Assert.Equal("There is no latent 999999; there are 0 to", (await visit.Value<string>(string.Format(reason, "dose", "{ prompt: 'a', feature: 999999, strengths: [1] }")))[..41]);
    }, expected: "Failed to load resource");
}
