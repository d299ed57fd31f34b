using System.Text.Json.Nodes;
using Interp.Features;
using Xunit;

namespace Interp.Studio.Tests.Api;

/// <summary>What the API says of texts is what the operations say.</summary>
[Collection(StudioTests.Name)]
public sealed class AnalyzeTests(StudioFixture fixture) : IDisposable
{
    private static readonly string[] Sentences = ["Dear Mrs Field, on 1 May I ordered a grey key.", "They met again in October.", "In June the farm is quiet."];
    private static readonly string[] Contrast = ["They met again in Madrid.", "On Monday the farm is quiet."];

    private readonly WorldStudio studio = fixture.Studio;
    private readonly Microscope microscope = Microscope.Open(WorldStudio.Options.Model, WorldStudio.Options.Sae);
    private readonly Features.Atlas atlas = Features.Atlas.Open(WorldStudio.Atlas);

    [Fact]
    public async Task Features_are_those_that_reach_the_threshold_in_enough_sentences_and_in_no_contrast()
    {
        const double threshold = 0.5;
        const double share = 0.6;
        var (status, body) = await studio.Post("analyze", new JsonObject
        {
            ["sentences"] = Texts(Sentences),
            ["contrast"] = Texts(Contrast),
            ["threshold"] = threshold,
            ["share"] = share,
            ["limit"] = null,
        }.ToJsonString());
        Assert.Equal(200, status);
        var (on, off) = (microscope.Read(Sentences), microscope.Read(Contrast));
        var expected = Enumerable.Range(0, atlas.Latents)
            .Where(latent => atlas.Max[latent] > 0 && on.Count(text => Reaches(text, latent)) >= share * Sentences.Length && !off.Any(text => Reaches(text, latent)));
        var features = body["features"]!.AsArray();
        Assert.Equal(expected, features.Select(feature => (int)feature!["id"]!).Order());
        Assert.NotEmpty(features);
        Assert.Equal(features.Select(feature => (double)feature!["score"]!).OrderDescending(), features.Select(feature => (double)feature!["score"]!));
        foreach (var feature in features)
        {
            var latent = (int)feature!["id"]!;
            Assert.Equal(atlas.Max[latent], (float)feature["max"]!);
            Assert.Equal(on.Count(text => Reaches(text, latent)) / (double)Sentences.Length, (double)feature["share"]!);
            foreach (var (i, row) in feature["sentences"]!.AsArray().Index())
                Assert.Equal(on[i].ValuesOf(latent), row!["values"]!.AsArray().Select(value => (float)value!));
            foreach (var (i, row) in feature["contrast"]!.AsArray().Index())
                Assert.Equal(off[i].ValuesOf(latent), row!["values"]!.AsArray().Select(value => (float)value!));
            Assert.Equal(Sentences, feature["sentences"]!.AsArray().Select(row => string.Concat(row!["tokens"]!.AsArray().Select(token => (string)token!))));
            Assert.Equal(atlas.Page(latent).Explanation?.Text, (string?)feature["explanation"]);
        }

        bool Reaches(Reading text, int latent) => text.ValuesOf(latent).Max() is var peak && peak > 0 && peak >= threshold * atlas.Max[latent];
    }

    /// <summary>What is told beside an empty answer is the answer at that threshold.</summary>
    [Fact]
    public async Task Where_nothing_is_found_the_nearest_lower_threshold_stands_beside()
    {
        JsonObject Asked(double threshold) => new() { ["sentences"] = Texts(Sentences), ["contrast"] = Texts(Contrast), ["threshold"] = threshold, ["share"] = 1, ["limit"] = 2 };
        var (_, strict) = await studio.Post("analyze", Asked(1).ToJsonString());
        Assert.Empty(strict["features"]!.AsArray());
        Assert.Equal(0, (int)strict["qualified"]!);
        var threshold = (double)strict["nearest"]!["threshold"]!;
        var (_, lower) = await studio.Post("analyze", Asked(threshold).ToJsonString());
        var (_, above) = await studio.Post("analyze", Asked(Math.Min(1, threshold + 0.05)).ToJsonString());
        Assert.NotEmpty(lower["features"]!.AsArray());
        Assert.Null(lower["nearest"]);
        Assert.True(JsonNode.DeepEquals(lower["features"], strict["nearest"]!["features"]));
        Assert.Equal((int)lower["qualified"]!, (int)strict["nearest"]!["qualified"]!);
        Assert.Empty(above["features"]!.AsArray());
        var (_, same) = await studio.Post("analyze", """{"sentences":["May"],"contrast":["May"],"threshold":0.5}""");
        Assert.Null(same["nearest"]);
    }

    [Fact]
    public async Task Five_features_are_given_unless_more_are_asked_for()
    {
        var (_, few) = await studio.Post("analyze", """{"sentences":["On 1 May it rained."],"threshold":0,"share":0}""");
        var (_, all) = await studio.Post("analyze", """{"sentences":["On 1 May it rained."],"threshold":0,"share":0,"limit":null}""");
        Assert.Equal(5, few["features"]!.AsArray().Count);
        Assert.True(all["features"]!.AsArray().Count > 5);
        Assert.Equal((int)all["qualified"]!, all["features"]!.AsArray().Count);
        Assert.True(JsonNode.DeepEquals(few["features"], new JsonArray([.. all["features"]!.AsArray().Take(5).Select(feature => feature!.DeepClone())])));
    }

    [Fact]
    public async Task An_answer_of_too_many_values_is_refused_with_their_number()
    {
        string[] many = [.. Enumerable.Range(0, 660).SelectMany(_ => Sentences)];
        var (status, body) = await studio.Post("analyze", new JsonObject { ["sentences"] = Texts(many), ["threshold"] = 0, ["share"] = 0, ["limit"] = null }.ToJsonString());
        var read = microscope.Read(Sentences);
        var fired = read.SelectMany(text => text.Fired.ToArray()).Distinct().Count(latent => atlas.Max[latent] > 0);
        Assert.Equal(413, status);
        Assert.Equal($"The answer would have {660L * fired * read.Sum(text => text.Ids.Count)} values, {fired} latents on every token, and at most 1000000 are given; ask for fewer latents or less text.", (string)body["error"]!);
    }

    [Fact]
    public async Task Tokens_have_the_latents_with_the_largest_share_of_their_maximum()
    {
        const string text = "Hélène met 2 ducks — twice.";
        var (_, body) = await studio.Post("tokens", new JsonObject { ["text"] = text, ["limit"] = 4 }.ToJsonString());
        var tokens = body["tokens"]!.AsArray();
        var reading = microscope.Read(text);
        Assert.Equal(text, string.Concat(tokens.Select(token => (string)token!["token"]!)));
        Assert.Equal(reading.Ids, tokens.Select(token => (int)token!["id"]!));
        for (var i = 0; i < tokens.Count; i++)
        {
            var values = reading.ValuesAt(i).ToArray();
            var best = reading.LatentsAt(i).ToArray().Zip(values, (latent, value) => (latent, share: atlas.Max[latent] > 0 ? (double)(value / atlas.Max[latent]) : 0))
                .OrderByDescending(pair => pair.share).ThenBy(pair => pair.latent).Take(4).Select(pair => pair.latent);
            Assert.Equal(best, tokens[i]!["top"]!.AsArray().Select(firing => (int)firing!["id"]!));
        }
    }

    [Fact]
    public async Task A_latent_is_tested_on_texts()
    {
        var (_, body) = await studio.Post("features/17/test", new JsonObject { ["texts"] = Texts(Sentences) }.ToJsonString());
        foreach (var (row, reading) in body["texts"]!.AsArray().Zip(microscope.Read(Sentences)))
            Assert.Equal(reading.ValuesOf(17), row!["values"]!.AsArray().Select(value => (float)value!));
        Assert.Equal(atlas.Max[17], (float)body["max"]!);
    }

    public void Dispose()
    {
        microscope.Dispose();
        atlas.Dispose();
    }

    private static JsonArray Texts(string[] texts) => [.. texts.Select(text => (JsonNode)text)];
}
