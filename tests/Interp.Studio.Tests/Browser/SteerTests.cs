using System.Text.Json;
using Xunit;

namespace Interp.Studio.Tests.Browser;

/// <summary>Steer, as a person uses it.</summary>
[Collection(BrowserTests.Name)]
public sealed class SteerTests(BrowserFixture browser)
{
    [Fact]
    public Task From_a_latents_page_to_two_continuations_and_their_recipe() => browser.Visit("feature/17", async visit =>
    {
        await visit.Click("link", "Steer with it");
        Assert.Equal("17", await visit.Value<string>("document.querySelector('.steered input').value"));
        await visit.Type("Prompt", "They met again in");
        await visit.Type("New tokens", "6", "spinbutton");
        await visit.Click("button", "4× max");
        await visit.Click("button", "Steer");
        await visit.Until("document.querySelector('details pre')", "the recipe is missing");
        var written = await visit.Value<string[]>("[...document.querySelectorAll('.written')].map(text => text.textContent)");
        Assert.Equal(2, written.Length);
        Assert.NotEqual(written[0], written[1]);
        var recipe = JsonDocument.Parse(await visit.Value<string>("[...document.querySelectorAll('details pre')].at(-1).textContent")).RootElement;
        Assert.Equal("They met again in", recipe.GetProperty("prompt").GetString());
        Assert.Equal(17, recipe.GetProperty("features")[0].GetProperty("id").GetInt32());
        Assert.Contains("SteeringRecipe", await visit.Value<string>("document.querySelector('details pre').textContent"));
        Assert.Contains("f=17%3A4%3Amax%3Aclamp", visit.Place);
    });

    [Fact]
    public Task The_same_address_gives_the_same_texts() => browser.Visit("steer?prompt=They+met+again+in&f=17:4:max:clamp&run=1&tokens=6", async visit =>
    {
        var first = await visit.Value<string>("document.querySelector('.columns').innerText");
        await visit.Page.ReloadAsync();
        await visit.Settled();
        Assert.Equal(first, await visit.Value<string>("document.querySelector('.columns').innerText"));
    });

    [Fact]
    public Task Several_latents_are_added_and_removed() => browser.Visit("steer?f=17:1:max:clamp,20:0.5:norm:add", async visit =>
    {
        Assert.Equal(["17", "20"], await visit.Value<string[]>("[...document.querySelectorAll('.steered')].map(row => row.querySelector('input').value)"));
        Assert.Equal(["max", "norm"], await visit.Value<string[]>("[...document.querySelectorAll('.steered')].map(row => row.querySelectorAll('select')[1].value)"));
        await visit.Click("button", "Another latent");
        Assert.Equal(3, await visit.Count(".steered"));
        await visit.Click("button", "Remove this latent");
        Assert.Equal(2, await visit.Count(".steered"));
        await visit.Type("Prompt", "There are");
        await visit.Click("button", "Steer");
        Assert.Contains("f=20%3A0.5%3Anorm%3Aadd", visit.Place);
    });

    [Fact]
    public Task A_dose_is_measured_beside_the_texts_and_each_points_text_can_be_read() => browser.Visit($"steer?prompt=They+met+again+in&f={WorldStudio.Strongest[0]}:1&tokens=4", async visit =>
    {
        await visit.Click("button", "Steer");
        var texts = await visit.Read(".columns");
        Assert.NotEqual("", texts);
        await visit.Type("Strengths of the first latent, in its unit and mode", "0, 1, 4");
        await visit.Click("button", "Measure");
        Assert.Equal(texts, await visit.Read(".columns"));
        Assert.Contains("run=1", visit.Place);
        Assert.Equal(3, await visit.Count("figure svg"));
        Assert.Equal(3, await visit.Value<int>("document.querySelectorAll('tbody tr').length"));
        Assert.Equal("At 4", await visit.Read(".charts ~ div h3"));
        await visit.TabTo("figure circle");
        await visit.Press("Enter");
        Assert.Equal("At 0", await visit.Read(".charts ~ div h3"));
        await visit.Page.ReloadAsync();
        await visit.Settled();
        await visit.Until("document.querySelectorAll('figure svg').length === 3", "the curves are not in the link");
        Assert.Equal(texts, await visit.Read(".columns"));
        await visit.Type("Prompt", "There are");
        await visit.Click("button", "Steer");
        Assert.NotEqual(texts, await visit.Read(".columns"));
        Assert.Equal(0, await visit.Count("figure svg"));
    });

    [Fact]
    public Task Without_prompt_or_latent_a_sentence_says_what_is_missing() => browser.Visit("steer", async visit =>
        Assert.Contains("Write a prompt and name a latent", await visit.Read(".notice")));
}
