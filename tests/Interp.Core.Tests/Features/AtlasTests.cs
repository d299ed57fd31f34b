using System.Text.Json;
using Interp.Activations;
using Interp.Autoencoders;
using Interp.Features;
using Interp.Hooks;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Features;

public sealed class AtlasTests : IDisposable
{
    private static readonly AtlasSpec Spec = AtlasSpec.Default with { TopExamples = 3, ExamplesPerInterval = 2, RuleTokens = 1000 };

    private readonly string folder = Directory.CreateTempSubdirectory("interp-atlas").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string At(string name) => Path.Combine(folder, name);

    /// <summary>Documents of world words, so many contexts of 16 tokens behind the token that begins a text.</summary>
    private static TokenContexts Contexts(int count, int seed)
    {
        var random = new RandomStream(seed, "atlas text");
        var tokenizer = World.Microscope.Tokenizer;
        var words = tokenizer.Encode("The black cat sleeps under the old table. Anna went home in Paris on Monday, and 3 + 4 = 7.", false).Ids;
        int[] tokens = [.. Enumerable.Range(0, count * 16).Select(row => row % 16 == 0 ? tokenizer.BosId!.Value : words[random.Next(words.Length)])];
        return new TokenContexts(16, tokens, [.. Enumerable.Range(0, tokens.Length).Select(row => row / 48)]);
    }

    private static AtlasSource Source() => new(World.Microscope.Model, World.Microscope.Tokenizer, World.Microscope.Sae, World.Microscope.Hook,
        Contexts(90, 1), Contexts(30, 2), new TokenSkipping(2, null), 4, World.Microscope.Tokenizer.BosId);

    private static AtlasSummary Summary() => new()
    {
        Format = AtlasSummary.CurrentFormat,
        Model = "world",
        ModelDigest = "m",
        TokenizerDigest = "t",
        SaeDigest = "s",
        Hook = "h",
        Corpus = "c",
        CorpusDigest = "d",
        Tokens = 0,
        Rows = 0,
        Documents = 30,
        ContextLength = 16,
        BatchContexts = 4,
        HeldOutTokens = 0,
        Latents = 0,
        Dead = 0,
        Spec = Spec,
        Files = [],
    };

    private string Made(string name, AtlasSource? source = null)
    {
        AtlasMaking.Run(source ?? Source(), Spec, Summary(), At(name));
        return At(name);
    }

    [Fact]
    public void Pages_and_columns_are_what_a_slow_reading_of_every_token_finds()
    {
        using var atlas = Atlas.Open(Made("a"));
        var source = Source();
        using var scope = NewDisposeScope();
        using var live = new LiveActivations(source.Model, CPU, source.Contexts, new ExtractionSpec([source.Hook], 4, "", "", null), 1 << 20);
        var x = empty([live.Count, live.Width]);
        live.Gather([.. Enumerable.Range(0, (int)live.Count)], TensorMemory.Span<float>(x));
        var dense = source.Autoencoder.Encode(x).ToDense(source.Autoencoder.Latents);
        dense *= tensor(Enumerable.Range(0, (int)live.Count).Select(row => row % 16 < 2 ? 0f : 1f).ToArray()).unsqueeze(1);
        Assert.Equal(90 * 14, atlas.Summary.Tokens);
        Assert.Equal(30 * 14, atlas.Summary.HeldOutTokens);
        var counts = dense.gt(0).sum([0], type: ScalarType.Int64).data<long>().ToArray();
        Assert.Equal(counts, atlas.Count.ToArray());
        Assert.Equal(dense.amax([0L]).data<float>().ToArray(), atlas.Max.ToArray());
        Assert.Equal(counts.Count(count => count == 0), atlas.Summary.Dead);
        var together = dense.gt(0).to(ScalarType.Float32).t().mm(dense.gt(0).to(ScalarType.Float32));
        foreach (var latent in counts.Index().OrderByDescending(entry => entry.Item).Take(5).Select(entry => entry.Index))
        {
            var page = atlas.Page(latent);
            var values = dense.select(1, latent).data<float>().ToArray();
            Assert.Equal(counts[latent], page.Histogram.Sum(bin => bin.Count));
            Assert.Equal(counts[latent] / (90.0 * 14), page.Density, 1e-12);
            Assert.Equal(values.Sum(value => (double)value) / counts[latent], page.Mean, 1e-5);
            Assert.Equal(values.Max(), page.Top[0].Value);
            var row = Array.IndexOf(values, values.Max());
            Assert.Equal(row, page.Top[0].Row);
            Assert.Equal(source.Tokenizer.Decode([source.Contexts.Tokens[row]], false).Trim(), page.Top[0].Tokens[page.Top[0].Focus].Trim());
            var tokens = values.Index().Where(entry => entry.Item > 0).CountBy(entry => source.Contexts.Tokens[entry.Index]).OrderByDescending(entry => entry.Value).ThenBy(entry => entry.Key).ToArray();
            Assert.Equal(tokens.Take(Spec.TopTokens).Select(entry => (entry.Key, (long)entry.Value)), page.Tokens.Select(token => (token.Id, token.Count)));
            Assert.Equal(tokens[0].Value / (double)counts[latent], page.SingleTokenRatio, 1e-12);
            var partners = together[latent].data<float>().ToArray().Index().Where(entry => entry.Item > 0 && entry.Index != latent).ToArray();
            Assert.True(partners.Length > 4 * Spec.CoFiring, $"{partners.Length} partners would be counted exactly in the least room too");
            Assert.Equal(partners.OrderByDescending(entry => entry.Item).ThenBy(entry => entry.Index).Take(Spec.CoFiring).Select(entry => (entry.Index, (long)entry.Item)), page.CoFiring.Select(other => (other.Id, other.Count)));
            var pair = nn.functional.cosine_similarity(source.Autoencoder.DecoderWeight[latent], source.Autoencoder.EncoderWeight[latent], 0).ToSingle();
            Assert.Equal(pair, page.DecoderEncoderCosine, 1e-5f);
        }
    }

    /// <summary>Decoder rows raise and lower logits where they are written to the residual stream: a transcoder's at its target, those of what attention mixes nowhere.</summary>
    [Theory]
    [InlineData("blocks.2.ln2.hook_normalized", "blocks.2.hook_mlp_out", true)]
    [InlineData("blocks.2.ln2.hook_normalized", null, false)]
    [InlineData("blocks.1.attn.hook_z", null, false)]
    [InlineData("hook_embed", null, true)]
    public void Logit_effects_are_those_of_what_is_written(string hook, string? target, bool any)
    {
        using var atlas = Atlas.Open(Made("w", Source() with { Hook = HookPoint.Parse(hook), Target = target is null ? null : HookPoint.Parse(target) }));
        using var scope = NewDisposeScope();
        var expected = LogitEffects.Of(World.Microscope.Model, World.Microscope.Sae.DecoderWeight.narrow(0, 7, 1), Spec.LogitEffects).Single();
        Assert.Equal(any ? expected.Raised.Select(effect => effect.Token) : [], atlas.Page(7).Raised.Select(effect => effect.Id));
        Assert.Equal(any ? expected.Lowered.Select(effect => effect.Token) : [], atlas.Page(7).Lowered.Select(effect => effect.Id));
    }

    [Fact]
    public void Threads_and_batches_of_the_text_move_no_byte()
    {
        var before = Workers.Count;
        try
        {
            Workers.Count = 1;
            Made("one");
            Workers.Count = 3;
            Made("three");
        }
        finally
        {
            Workers.Count = before;
        }
        foreach (var file in Directory.GetFiles(At("one")))
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(At("three"), Path.GetFileName(file))));
    }

    [Fact]
    public void The_norm_rule_and_special_tokens_take_tokens_away()
    {
        using var all = Atlas.Open(Made("all", Source() with { Skipping = new TokenSkipping(0, null) }));
        using var some = Atlas.Open(Made("some", Source() with { Skipping = new TokenSkipping(0, 1.1) }));
        Assert.Equal(90 * 15, all.Summary.Tokens);
        Assert.InRange(some.Summary.Tokens, 90 * 7, 90 * 14);
    }

    /// <summary>Where no token is more frequent than the others, bounded counts keep none of them.</summary>
    [Fact]
    public void A_latent_that_fires_on_many_tokens_once_each_has_a_page()
    {
        var tokenizer = World.Microscope.Tokenizer;
        var distinct = Enumerable.Range(0, World.Microscope.Model.Config.VocabularySize).Where(id => !tokenizer.IsSpecial(id)).Take(450).ToArray();
        int[] tokens = [.. distinct.Chunk(15).SelectMany(words => words.Prepend(tokenizer.BosId!.Value))];
        AtlasMaking.Run(Source() with { Contexts = new TokenContexts(16, tokens, new int[tokens.Length]) }, Spec with { TopTokens = 1, Counters = 0 }, Summary(), At("once"));
        using var atlas = Atlas.Open(At("once"));
        var pages = Enumerable.Range(0, atlas.Summary.Latents).Select(atlas.Page).ToArray();
        var many = pages.Where(page => page.Count > 4).ToArray();
        Assert.NotEmpty(many);
        Assert.All(many, page => Assert.Equal((0, 0.0), (page.Tokens.Count, page.SingleTokenRatio)));
        Assert.All(pages.Where(page => page.Count is > 0 and <= 4), page => Assert.Equal(1.0 / page.Count, page.SingleTokenRatio));
    }

    [Fact]
    public void A_quantile_is_the_share_of_smaller_firings()
    {
        using var atlas = Atlas.Open(Made("q"));
        var latent = atlas.Count.ToArray().Index().MaxBy(entry => entry.Item).Index;
        var page = atlas.Page(latent);
        Assert.Equal(0, atlas.QuantileOf(latent, 0));
        Assert.Equal(1, atlas.QuantileOf(latent, page.Max), 1e-9);
        Assert.Equal(1, atlas.QuantileOf(latent, page.Max * 2));
        var below = 0L;
        foreach (var bin in page.Histogram)
        {
            Assert.Equal((double)below / page.Count, atlas.QuantileOf(latent, bin.From), 1e-6);
            below += bin.Count;
        }
        var dead = Array.IndexOf(atlas.Count.ToArray(), 0L);
        Assert.Equal(0, atlas.QuantileOf(dead, 3));
    }

    [Fact]
    public void A_search_wants_all_words_and_puts_whole_ones_first()
    {
        using var atlas = Atlas.Open(Made("s"));
        var hits = atlas.Search("PARIS", 5);
        Assert.NotEmpty(hits);
        Assert.Equal(hits.OrderByDescending(hit => hit.Score).ThenBy(hit => hit.Latent), hits);
        Assert.Contains("paris", JsonSerializer.Serialize(atlas.Page(hits[0].Latent)), StringComparison.OrdinalIgnoreCase);
        Assert.Empty(atlas.Search("paris zzzz", 5));
        Assert.Empty(atlas.Search("  ", 5));
        Assert.Single(atlas.Search("a", 1));
        Assert.DoesNotContain(hits[0].Latent, atlas.Search("PARIS", 5, new LatentFilter { Dead = atlas.MaxOf(hits[0].Latent) > 0 }).Select(hit => hit.Latent));
    }

    /// <summary>A rule names its tokens in quotation marks; a whole one counts 4, from half of that where the rule does not fit to all of it where it fits perfectly.</summary>
    [Fact]
    public void A_token_that_a_rule_quotes_is_a_whole_word()
    {
        using var atlas = Atlas.Open(Made("quoted"));
        var quoting = atlas.Search("paris", 1000).Select(hit => (hit.Score, Rule: atlas.Page(hit.Latent).Explanation)).Where(hit => hit.Rule?.Text.Contains("“ Paris”", StringComparison.Ordinal) == true).ToArray();
        Assert.NotEmpty(quoting);
        Assert.All(quoting, hit => Assert.InRange(hit.Score, 4 * (0.5 + hit.Rule!.F1 / 2) - 0.01, 4));
        Assert.All(atlas.Search("pari", 1000), hit => Assert.InRange(hit.Score, 0.5, 2));
    }

    [Fact]
    public void What_is_torn_altered_or_missing_is_refused()
    {
        var made = Made("torn");
        Assert.Contains("no latent 9999", Assert.Throws<InterpException>(() => { using var atlas = Atlas.Open(made); atlas.Page(9999); }).Message);
        var pages = Path.Combine(made, "pages.jsonl");
        var bytes = File.ReadAllBytes(pages);
        bytes[100] ^= 1;
        File.WriteAllBytes(pages, bytes);
        using (var atlas = Atlas.Open(made))
            Assert.Contains("not what was written", Assert.Throws<InterpException>(atlas.Verify).Message);
        File.WriteAllBytes(pages, bytes[..^10]);
        Assert.Contains($"{bytes.Length - 10} bytes instead of {bytes.Length}", Assert.Throws<InterpException>(() => Atlas.Open(made)).Message);
        File.Delete(pages);
        Assert.Contains("pages.jsonl", Assert.Throws<InterpException>(() => Atlas.Open(made)).Message);
        File.WriteAllText(Path.Combine(made, "atlas.json"), "{");
        Assert.Contains("no description of an atlas", Assert.Throws<InterpException>(() => Atlas.Open(made)).Message);
        Assert.Contains("interp atlas", Assert.Throws<InterpException>(() => Atlas.Open(At("nowhere"))).Message);
    }

    [Fact]
    public void A_stopped_making_leaves_no_atlas()
    {
        using var source = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => AtlasMaking.Run(Source(), Spec, Summary(), At("stopped"), (step, done, total) => source.Cancel(), source.Token));
        Assert.False(Atlas.Exists(At("stopped")));
    }

    [Fact]
    public void Neuronpedia_gets_every_living_latent_within_its_limits()
    {
        using var atlas = Atlas.Open(Made("np"));
        var living = atlas.Count.ToArray().Index().Where(entry => entry.Item > 0).Select(entry => entry.Index).ToArray();
        Assert.Equal(living.Length, NeuronpediaExport.Write(atlas, At("out"), "world", "2-interp"));
        var requests = Enumerable.Range(0, Directory.GetFiles(At("out")).Length).Select(number => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(At("out"), $"batch-{number}.json"))).RootElement).ToArray();
        var features = requests.SelectMany(request => request.GetProperty("features").EnumerateArray()).ToArray();
        Assert.Equal(living, features.Select(feature => feature.GetProperty("index").GetInt32()));
        Assert.All(requests, request => Assert.InRange(request.GetProperty("features").GetArrayLength(), 1, 128));
        foreach (var feature in features)
        {
            var page = atlas.Page(feature.GetProperty("index").GetInt32());
            Assert.All(feature.GetProperty("explanations").EnumerateArray(), explanation => Assert.InRange(explanation.GetProperty("text").GetString()!.Length, 1, 512));
            var activations = feature.GetProperty("activations").EnumerateArray().ToArray();
            Assert.All(activations, activation => Assert.Equal(activation.GetProperty("tokens").GetArrayLength(), activation.GetProperty("values").GetArrayLength()));
            Assert.Equal(page.Top[0].Value, activations[0].GetProperty("values").EnumerateArray().Max(value => value.GetSingle()));
            var fractions = activations.Where(activation => activation.TryGetProperty("quantileFraction", out _)).DistinctBy(activation => activation.GetProperty("quantileMin").GetDouble()).Sum(activation => activation.GetProperty("quantileFraction").GetDouble());
            Assert.Equal(1, fractions, 1e-9);
        }
        Assert.Contains("lower case", Assert.Throws<InterpException>(() => NeuronpediaExport.Write(atlas, At("no"), "World", "x")).Message);
    }
}
