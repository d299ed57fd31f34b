using System.Diagnostics;
using Xunit;

namespace Interp.Studio.Tests.Server;

/// <summary>Many requests at once, slow ones, and those that nobody waits for. No other test runs beside them, so that the memory is theirs.</summary>
[Collection(nameof(LoadTests))]
[CollectionDefinition(nameof(LoadTests), DisableParallelization = true)]
public sealed class LoadTests
{
    private const string Analysis = """{"sentences":["On 1 May it rained.","They met in October."],"contrast":["They met in Madrid."]}""";

    [Fact]
    public async Task Two_hundred_requests_at_once_are_answered_right_or_refused_and_memory_stays_flat()
    {
        await using var studio = await WorldStudio.Start();
        var expected = (await studio.Post("analyze", Analysis)).Body.ToJsonString();
        await Burst();
        // What one burst leaves behind, every burst does; what pools and the allocator take once, none does again.
        var growths = new List<long>();
        do
        {
            var before = Held();
            await Burst();
            growths.Add(Held() - before);
        }
        while (growths[^1] > 32 << 20 && growths.Count < 5);
        Assert.True(growths[^1] <= 32 << 20, $"each burst leaves {string.Join(", ", growths.Select(growth => growth >> 20))} MiB");

        async Task Burst()
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => (i % 4) switch
            {
                0 => studio.Post("analyze", Analysis),
                1 => studio.Get("features?limit=1000"),
                2 => studio.Post("tokens", $$"""{"text":"{{new string('a', 900_000)}}"}"""),
                _ => studio.Get($"features/{i}"),
            }));
            foreach (var (i, (status, body)) in answers.Index())
            {
                Assert.Contains(status, (int[])[200, 400, 503]);
                if (i % 4 == 0 && status == 200)
                    Assert.Equal(expected, body.ToJsonString());
                if (i % 4 == 3 && status == 200)
                    Assert.Equal(i, (int)body["id"]!);
            }
            Assert.Contains(answers, answer => answer.Status == 200);
            Assert.Equal(200, (await studio.Get("health")).Status);
        }
    }

    [Fact]
    public async Task Large_answers_to_readers_that_are_slow_are_not_held_ready()
    {
        await using var studio = await WorldStudio.Start();
        var sentences = string.Join(',', Enumerable.Range(0, 60).Select(i => $"\"On {i} May it rained and they met again in October.\""));
        var question = $$"""{"sentences":[{{sentences}}],"threshold":0,"share":0,"limit":null}""";
        var size = (await Ask()).Length;
        Assert.True(size > 1 << 20, $"the answer has {size} bytes");
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var readers = Enumerable.Range(0, 12).Select(async _ =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/analyze") { Content = WorldStudio.Json(question) };
            var response = await studio.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            return await response.Content.ReadAsStreamAsync();
        }).ToArray();
        var streams = await Task.WhenAll(readers);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 12L * size);
        foreach (var stream in streams)
        {
            using var reader = new StreamReader(stream);
            Assert.Equal(size, (await reader.ReadToEndAsync()).Length);
        }

        async Task<string> Ask() => await (await studio.Client.PostAsync("/api/v1/analyze", WorldStudio.Json(question))).Content.ReadAsStringAsync();
    }

    [Fact]
    public async Task A_request_that_takes_too_long_is_ended_with_a_sentence_and_the_next_one_is_served()
    {
        await using var studio = await WorldStudio.Start(WorldStudio.Options with { TimeLimit = TimeSpan.FromMilliseconds(300) });
        var sentences = string.Join(",", Enumerable.Repeat("\"" + string.Concat(Enumerable.Repeat("It rained. ", 25)) + "\"", 1500));
        var (status, body) = await studio.Post("analyze", $$"""{"sentences":[{{sentences}}]}""");
        Assert.Equal(503, status);
        Assert.Contains("longer", (string)body["error"]!);
        Assert.Equal(200, (await studio.Get("features/3")).Status);
    }

    [Fact]
    public async Task Work_that_nobody_waits_for_makes_room_for_the_next()
    {
        await using var studio = await WorldStudio.Start();
        using (var gone = new CancellationTokenSource())
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/steer/stream")
            {
                Content = WorldStudio.Json("""{"prompt":"They met","features":[{"id":3,"strength":1,"unit":"raw"}],"tokens":100}"""),
            };
            using var response = await studio.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, gone.Token);
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(gone.Token));
            Assert.NotNull(await reader.ReadLineAsync(gone.Token));
            await gone.CancelAsync();
        }
        Assert.Equal(200, (await studio.Post("tokens", """{"text":"a"}""")).Status);
    }

    private static long Held()
    {
        GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        using var self = Process.GetCurrentProcess();
        return self.WorkingSet64;
    }
}
