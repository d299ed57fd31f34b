using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Interp.Runtime;
using Xunit;

namespace Interp.Studio.Tests.Server;

/// <summary>What the studio starts with, and what it refuses to start with.</summary>
public sealed class StartTests
{
    [Fact]
    public async Task A_taken_port_is_named()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var error = await Assert.ThrowsAsync<InterpException>(() => StudioServer.StartAsync(WorldStudio.Options with { Port = port }));
        Assert.Contains($"Port {port} is taken", error.Message);
    }

    [Theory]
    [InlineData("saeDigest", "another autoencoder")]
    [InlineData("modelDigest", "another model")]
    [InlineData("tokenizerDigest", "another model")]
    [InlineData("hook", "but it is of blocks.1.hook_resid_post")]
    public async Task An_atlas_of_something_else_is_refused(string field, string said)
    {
        using var folder = new TemporaryFolder();
        foreach (var file in Directory.GetFiles(WorldStudio.Atlas))
            File.Copy(file, folder.Child(Path.GetFileName(file)));
        var summary = JsonNode.Parse(File.ReadAllText(folder.Child("atlas.json")))!;
        summary[field] = field == "hook" ? "blocks.2.hook_resid_post" : new string('0', 64);
        File.WriteAllText(folder.Child("atlas.json"), summary.ToJsonString());
        var error = await Assert.ThrowsAsync<InterpException>(() => StudioServer.StartAsync(WorldStudio.Options with { Atlas = folder.Path }));
        Assert.Contains(said, error.Message);
    }

    [Fact]
    public async Task No_request_writes_anything()
    {
        await using var studio = await WorldStudio.Start();
        var before = Files();
        await studio.Get("features/3");
        await studio.Post("analyze", """{"sentences":["On 1 May it rained."]}""");
        await studio.Post("steer", """{"prompt":"They met","features":[{"id":3,"strength":1,"unit":"raw"}],"tokens":3}""");
        await studio.Client.GetAsync("/api/v1/experiments/demo/report");
        await studio.Get("experiments/diff?a=demo&b=original");
        Assert.Equal(before, Files());

        static string[] Files() =>
        [
            .. ((string[])[WorldStudio.Atlas, Path.Combine(WorldStudio.Root, "results"), Path.Combine(WorldStudio.Root, "assets")])
                .SelectMany(folder => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
                .Select(file => $"{file} {new FileInfo(file).Length} {File.GetLastWriteTimeUtc(file).Ticks}").Order(),
        ];
    }
}
