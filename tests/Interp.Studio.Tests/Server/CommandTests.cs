using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Xunit;

namespace Interp.Studio.Tests.Server;

/// <summary>`interp studio` as a user types it, in a process of its own.</summary>
public sealed partial class CommandTests
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "Interp.Cli.dll");

    [Fact]
    public async Task It_says_where_it_is_when_it_is_ready_and_stops_when_it_is_asked_to()
    {
        using var cache = new TemporaryFolder();
        using var child = Start([("XDG_CACHE_HOME", cache.Path)], "--port", "0", "--atlas", WorldStudio.Atlas, "--compare", $"twin={WorldStudio.Options.Sae}", "--tokens", "3000");
        var line = (await child.StandardOutput.ReadLineAsync())!;
        var address = Announcement().Match(line);
        Assert.True(address.Success, line + await Errors(child, line == ""));
        using var client = new HttpClient();
        var health = JsonNode.Parse(await client.GetStringAsync(address.Groups[1].Value + "api/v1/health"))!;
        Assert.True((bool)health["ready"]!);
        Assert.Equal("twin", (string)health["dictionaries"]![0]!);
        var (_, compared) = await WorldStudio.Read(await client.PostAsync(address.Groups[1].Value + "api/v1/compare", WorldStudio.Json("""{"sae":"twin"}""")));
        Assert.All(compared["matched"]!.AsArray(), pair => Assert.Equal((int)pair!["here"]![0]!["id"]!, (int)pair["there"]![0]!["id"]!));
        Assert.Contains(compared["matched"]!.AsArray(), pair => pair!["there"]![0]!["examples"]!.AsArray().Count > 0);
        using (var kill = Process.Start("kill", ["-TERM", $"{child.Id}"]))
            await kill.WaitForExitAsync();
        await child.WaitForExitAsync();
        Assert.Equal(143, child.ExitCode);
        Assert.Equal("", await child.StandardOutput.ReadToEndAsync());
        Assert.StartsWith("The first start makes an atlas", await child.StandardError.ReadToEndAsync());
    }

    [Fact]
    public async Task The_first_start_makes_an_atlas_and_the_second_finds_it()
    {
        using var cache = new TemporaryFolder();
        for (var start = 1; start <= 2; start++)
        {
            using var child = Start([("XDG_CACHE_HOME", cache.Path)], "--port", "0", "--tokens", "3000");
            Assert.Matches(Announcement(), (await child.StandardOutput.ReadLineAsync())!);
            child.Kill();
            await child.WaitForExitAsync();
            Assert.Equal(start == 1, (await child.StandardError.ReadToEndAsync()).Contains("The first start makes an atlas"));
        }
        Assert.Single(Directory.GetDirectories(Path.Combine(cache.Path, "interp", "studio", "atlases")));
    }

    [Fact]
    public async Task A_taken_port_is_an_error_of_use_in_one_sentence()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        using var child = Start([], "--port", $"{((IPEndPoint)taken.LocalEndpoint).Port}", "--atlas", WorldStudio.Atlas);
        await child.WaitForExitAsync();
        Assert.Equal(2, child.ExitCode);
        Assert.Contains("is taken by another program", Assert.Single((await child.StandardError.ReadToEndAsync()).Trim().Split('\n')));
        Assert.Equal("", await child.StandardOutput.ReadToEndAsync());
    }

    [Theory]
    [InlineData("--port", "-1")]
    [InlineData("--port", "65536")]
    [InlineData("--compare", "nothing")]
    [InlineData("--sae", "/nowhere")]
    [InlineData("--atlas", "/nowhere")]
    [InlineData("--results", "/nowhere")]
    [InlineData("--model", "/nowhere")]
    public async Task Wrong_options_are_named_in_one_sentence(string option, string value)
    {
        string[] atlas = option == "--atlas" ? [] : ["--atlas", WorldStudio.Atlas];
        using var child = Start([], [option, value, .. atlas]);
        await child.WaitForExitAsync();
        Assert.Equal(2, child.ExitCode);
        Assert.Contains(value == "nothing" ? option : value, Assert.Single((await child.StandardError.ReadToEndAsync()).Trim().Split('\n')));
    }

    [Fact]
    public async Task Two_dictionaries_of_one_name_are_refused()
    {
        using var child = Start([], "--atlas", WorldStudio.Atlas, "--compare", $"twin={WorldStudio.Options.Sae}", "--compare", $"twin={WorldStudio.Options.Sae}");
        await child.WaitForExitAsync();
        Assert.Equal(2, child.ExitCode);
        Assert.Contains("--compare names twin twice", Assert.Single((await child.StandardError.ReadToEndAsync()).Trim().Split('\n')));
    }

    [Fact]
    public async Task A_missing_model_is_named_where_an_atlas_would_have_to_be_made()
    {
        using var child = Start([], "--model", "/nowhere");
        await child.WaitForExitAsync();
        Assert.Equal(2, child.ExitCode);
        Assert.StartsWith("There is no model at /nowhere", Assert.Single((await child.StandardError.ReadToEndAsync()).Trim().Split('\n')));
    }

    [Theory]
    [InlineData("assets/world", "assets/world-sae", null)]
    [InlineData("assets/world/", "./assets/world-sae", "assets/world/")]
    public async Task A_recipe_calls_model_and_dictionary_as_they_were_named(string model, string sae, string? given)
    {
        using var child = Start([], ["--port", "0", "--atlas", WorldStudio.Atlas, .. given is null ? (string[])[] : ["--model", model, "--sae", sae]]);
        var address = Announcement().Match((await child.StandardOutput.ReadLineAsync())!).Groups[1].Value;
        using var client = new HttpClient { BaseAddress = new Uri(address) };
        var (status, body) = await WorldStudio.Read(await client.PostAsync("api/v1/steer", WorldStudio.Json("""{"prompt":"They met","features":[],"tokens":1}""")));
        child.Kill();
        await child.WaitForExitAsync();
        Assert.True(status == 200, body.ToJsonString());
        Assert.Contains($"Microscope.Open(\"{model}\", \"{sae}\")", (string)body["fsharp"]!);
    }

    [GeneratedRegex(@"^Studio: (http://127\.0\.0\.1:\d+/)$")]
    private static partial Regex Announcement();

    private static async Task<string> Errors(Process child, bool ended) => ended ? await child.StandardError.ReadToEndAsync() : "";

    private static Process Start((string Name, string Value)[] environment, params string[] options)
    {
        var info = new ProcessStartInfo("dotnet", [Program, "studio", .. options]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = WorldStudio.Root };
        info.Environment.Remove("INTERP_STUDIO_ASSETS");
        foreach (var (name, value) in environment)
            info.Environment[name] = value;
        return Process.Start(info)!;
    }
}
