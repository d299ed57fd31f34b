using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;
using Interp.Features;
using Interp.Runtime;
using Microsoft.AspNetCore.Http;
using Microsoft.FSharp.Core;

namespace Interp.Studio.Tests;

/// <summary>A studio of the embedded world in this process, with a small atlas.</summary>
public sealed class WorldStudio : IAsyncDisposable
{
    private static readonly Lazy<string> atlas = new(() => MakeAtlas(20_000, 4000));

    private static readonly Lazy<int[]> strongest = new(() =>
    {
        using var opened = Features.Atlas.Open(Atlas);
        return [.. Enumerable.Range(0, opened.Latents).OrderByDescending(opened.MaxOf)];
    });

    private readonly StudioServer server;

    private WorldStudio(StudioServer server)
    {
        this.server = server;
        Client = new HttpClient { BaseAddress = server.Address, Timeout = TimeSpan.FromMinutes(5) };
    }

    /// <summary>The repository.</summary>
    public static string Root { get; } = typeof(WorldStudio).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "Root").Value!;

    /// <summary>The atlas, made once for all tests.</summary>
    public static string Atlas => atlas.Value;

    /// <summary>The latents, that with the largest maximum first.</summary>
    public static IReadOnlyList<int> Strongest => strongest.Value;

    /// <summary>What the studio is started with.</summary>
    public static StudioOptions Options => new()
    {
        Model = Path.Combine(Root, "assets", "world"),
        Sae = Path.Combine(Root, "assets", "world-sae"),
        ModelName = "assets/world",
        SaeName = "assets/world-sae",
        Atlas = Atlas,
        Others = [new OtherDictionary("twin", Path.Combine(Root, "assets", "world-sae"), Atlas)],
        Results = Path.Combine(Root, "results"),
        Port = 0,
    };

    public Uri Address => server.Address;

    public HttpClient Client { get; }

    /// <summary>The routes that are served.</summary>
    internal IReadOnlyList<Endpoint> Routes => server.Routes;

    public static Task<WorldStudio> Start() => Start(Options);

    public static async Task<WorldStudio> Start(StudioOptions options) => new(await StudioServer.StartAsync(options));

    /// <summary>Status and JSON of a GET.</summary>
    public async Task<(int Status, JsonNode Body)> Get(string path) => await Read(await Client.GetAsync("/api/v1/" + path));

    /// <summary>Status and JSON of a POST of a JSON text.</summary>
    public async Task<(int Status, JsonNode Body)> Post(string path, string json) => await Read(await Client.PostAsync("/api/v1/" + path, Json(json)));

    /// <summary>A body of JSON.</summary>
    public static StringContent Json(string text) => new(text, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));

    public static async Task<(int Status, JsonNode Body)> Read(HttpResponseMessage response) =>
        ((int)response.StatusCode, (await response.Content.ReadFromJsonAsync<JsonNode>())!);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await server.DisposeAsync();
    }

    /// <summary>Makes an atlas of so many tokens of a hook in a folder that goes with the process.</summary>
    public static string MakeAtlas(int tokens, int heldOut, string hook = "blocks.1.hook_resid_post")
    {
        Libtorch.Load();
        var folder = Directory.CreateTempSubdirectory("interp-studio-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        var spec = new[] { ("corpus.trainTokens", tokens.ToString(CultureInfo.InvariantCulture)), ("corpus.validationTokens", heldOut.ToString(CultureInfo.InvariantCulture)), ("extract.hook", hook) }
            .Aggregate(Spec.Default, (spec, edit) => SpecFields.setText(edit.Item1, edit.Item2, spec).ResultValue);
        var request = new AtlasRequest(Path.Combine(Root, "assets", "world-sae"), spec, AtlasSpec.Default);
        AtlasRequestModule.make(new Inputs(folder), FuncConvert.FromAction<string, long, long>((_, _, _) => { }), FuncConvert.FromAction<string>(_ => { }), CancellationToken.None, Path.Combine(folder, "atlas"), request);
        return Path.Combine(folder, "atlas");
    }
}
