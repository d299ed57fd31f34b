using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using PuppeteerSharp;
using PuppeteerSharp.Input;
using Xunit;

namespace Interp.Studio.Tests.Browser;

/// <summary>A person before a page: finds things by their accessible names, clicks, types, reads.</summary>
internal sealed class Visit
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Uri studio;
    private readonly ConcurrentQueue<string> complaints = new();
    private readonly ConcurrentQueue<string> requests = new();

    public Visit(IPage page, Uri studio)
    {
        (Page, this.studio) = (page, studio);
        page.Console += (_, e) => { if (e.Message.Type is ConsoleType.Error or ConsoleType.Warning) complaints.Enqueue(e.Message.Text); };
        page.PageError += (_, e) => complaints.Enqueue(e.Message);
        page.Request += (_, e) => requests.Enqueue(e.Request.Url);
    }

    public IPage Page { get; }

    /// <summary>Errors and warnings of the console, and errors that no one caught.</summary>
    public IReadOnlyCollection<string> Complaints => complaints;

    /// <summary>Addresses of all that was asked for, the page itself first.</summary>
    public IReadOnlyCollection<string> Requests => requests;

    /// <summary>What stands after # in the address.</summary>
    public string Place => new Uri(Page.Url).Fragment.TrimStart('#');

    /// <summary>Opens what stands after #/, or a whole address, and waits until all is shown.</summary>
    public async Task Go(string address)
    {
        await Page.GoToAsync(address.Contains("://", StringComparison.Ordinal) ? address : new Uri(studio, $"/#/{address}").ToString());
        await Settled();
    }

    /// <summary>Waits until what was just done has taken effect, and nothing is loading any more.</summary>
    public async Task Settled()
    {
        await Page.EvaluateExpressionAsync("new Promise(done => setTimeout(done, 50))");
        await Until("document.querySelector('main')?.firstElementChild && !document.querySelector('[aria-busy=true], .loading')", "the page is still loading");
    }

    /// <summary>Waits until a JavaScript expression is true.</summary>
    public async Task Until(string expression, string otherwise)
    {
        var clock = Stopwatch.StartNew();
        while (!await Page.EvaluateExpressionAsync<bool>($"Boolean({expression})"))
        {
            Assert.True(clock.Elapsed < Patience, $"{otherwise}: {expression}; the page says: {Short(await Read("main"))}");
            await Task.Delay(40);
        }
    }

    /// <summary>The text of the first element of a selector; empty when there is none.</summary>
    public Task<string> Read(string selector) => Page.EvaluateExpressionAsync<string>($"document.querySelector({Quoted(selector)})?.innerText ?? ''");

    /// <summary>Number of elements of a selector.</summary>
    public Task<int> Count(string selector) => Page.EvaluateExpressionAsync<int>($"document.querySelectorAll({Quoted(selector)}).length");

    /// <summary>An expression's value.</summary>
    public Task<T> Value<T>(string expression) => Page.EvaluateExpressionAsync<T>(expression);

    /// <summary>The element with an accessible name and role, once there is one.</summary>
    public async Task<IElementHandle> Find(string role, string name)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            if (await Page.QuerySelectorAsync($"aria/{name}[role=\"{role}\"]") is { } found)
                return found;
            Assert.True(clock.Elapsed < Patience, $"There is no {role} named {name}; the page says: {Short(await Read("main"))}");
            await Task.Delay(40);
        }
    }

    /// <summary>Clicks what has an accessible name, and waits for what that brings.</summary>
    public async Task Click(string role, string name)
    {
        await (await Find(role, name)).ClickAsync();
        await Settled();
    }

    /// <summary>Puts a text into a field in place of what is there.</summary>
    public async Task Type(string name, string text, string role = "textbox")
    {
        var field = await Find(role, name);
        await field.FocusAsync();
        await Page.EvaluateExpressionAsync("document.activeElement.select?.()");
        await field.PressAsync("Backspace");
        await Page.Keyboard.SendCharacterAsync(text);
    }

    /// <summary>Presses keys one after the other; Shift+Tab and Control+Enter are chords.</summary>
    public async Task Press(params string[] keys)
    {
        foreach (var key in keys)
        {
            var parts = key == "+" ? [key] : key.Split('+');
            foreach (var held in parts[..^1])
                await Page.Keyboard.DownAsync(held);
            await Page.Keyboard.PressAsync(parts[^1]);
            foreach (var held in parts[..^1])
                await Page.Keyboard.UpAsync(held);
        }
    }

    /// <summary>Presses Tab until what a selector means has the focus.</summary>
    public async Task TabTo(string selector)
    {
        for (var presses = 0; presses < 200; presses++)
        {
            await Press("Tab");
            if (await Value<bool>($"document.activeElement.matches({Quoted(selector)})"))
                return;
        }
        Assert.Fail($"Tab never reaches {selector}.");
    }

    /// <summary>Back in the browser's history.</summary>
    public async Task Back()
    {
        await Page.EvaluateExpressionAsync("history.back()");
        await Settled();
    }

    private static string Short(string text) => text.Length > 400 ? text[..400] + "…" : text;

    private static string Quoted(string text) => JsonSerializer.Serialize(text);
}
