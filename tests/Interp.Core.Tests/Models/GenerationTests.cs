using System.Text.RegularExpressions;
using Interp.Core.Tests.Formats;
using Interp.Core.Tests.Tokenization;
using Interp.Hooks;
using Interp.Models;
using Interp.Runtime;
using TorchSharp;
using Xunit;

namespace Interp.Core.Tests.Models;

public class GenerationTests
{
    private const int Length = 200;

    public static TheoryData<string> Folders =>
        ["llama-dynamic", "mistral-window", "phi3-longrope-short", "qwen2", "qwen3", "gemma2", "gpt2-bare", "gpt-neox-tf5"];

    /// <summary>Phi-3 crosses its long-context switch on the way; dynamic scaling turns all keys anew with every token.</summary>
    [Theory]
    [MemberData(nameof(Folders))]
    public void With_a_cache_the_tokens_are_those_of_whole_passes(string folder)
    {
        using var model = FixtureModels.Load(folder, torch.ScalarType.Float32);
        int[] prompt = [7, 100, 42, 19, 5];
        var count = model.Config.Rope is null ? Math.Min(Length, model.Config.ContextLength - prompt.Length) : Length;
        float[] vector = [.. Enumerable.Range(0, model.Config.Width).Select(i => MathF.Cos(i))];
        Intervention[] active =
        [
            new(HookPoint.ResidPost(0), new Change.Add(vector, 0.5)),
            new(new HookPoint(HookSite.Mixed, 1), new Change.Zero()) { Head = 0, Positions = Positions.Range(3) },
            new(new HookPoint(HookSite.Pattern, 1), new Change.Scale(0.9)) { Positions = Positions.Where(position => position % 3 == 0) },
            new(new HookPoint(HookSite.FinalNorm, 0), new Change.Clamp(vector, -1, 1)),
        ];
        foreach (var interventions in new[] { [], active })
        {
            var options = new GenerationOptions { MaxTokens = count, StopIds = [], Interventions = interventions, Sampling = new Sampling { Temperature = 1, Seed = 5 } };
            var cached = Generation.Stream(model, prompt, options).Select(token => token.Id).ToArray();
            Assert.Equal(count, cached.Length);
            Assert.Equal(cached, Generation.Stream(model, prompt, options with { Cached = false }).Select(token => token.Id));
        }
    }

    [Fact]
    public void A_stop_id_ends_the_text_and_does_not_belong_to_it()
    {
        using var model = FixtureModels.Load("mistral-window");
        int[] Tokens(int[] stops) => [.. Generation.Stream(model, [1, 2, 3], new GenerationOptions { MaxTokens = 8, StopIds = stops }).Select(token => token.Id)];
        var whole = Tokens([]);
        Assert.Equal(whole[..Array.IndexOf(whole, whole[3])], Tokens([whole[3]]));
    }

    /// <summary>As in transformers, generation_config.json has the say where it names tokens; both files may name several.</summary>
    [Theory]
    [InlineData("config.json")]
    [InlineData("generation_config.json")]
    public void Every_end_of_the_models_list_ends_the_text(string file)
    {
        using var folder = new TemporaryFolder();
        FixtureModels.Copy("mistral-window", folder.Path, _ => { });
        int[] Tokens()
        {
            using var model = LanguageModel.Load(folder.Path, torch.CPU);
            return [.. Generation.Stream(model, [1, 2, 3], new GenerationOptions { MaxTokens = 8 }).Select(token => token.Id)];
        }
        void End(string file, string ids) => File.WriteAllText(Path.Combine(folder.Path, file),
            Regex.Replace(File.ReadAllText(Path.Combine(folder.Path, file)), "\"eos_token_id\": ?\\d+", $"\"eos_token_id\": {ids}"));
        if (file == "config.json")
            File.Delete(Path.Combine(folder.Path, "generation_config.json"));
        var whole = Tokens();
        Assert.Equal(8, whole.Length);
        End(file, $"[0, {whole[3]}]");
        Assert.Equal(whole[..Array.IndexOf(whole, whole[3])], Tokens());
    }

    /// <summary>A conversation ends its turns by a token of their own, or by that of the text.</summary>
    [Theory]
    [InlineData("eos")]
    [InlineData("eot")]
    [InlineData("eos", "eot")]
    public void The_ends_of_text_and_turn_that_a_GGUF_file_names_end_the_text(params string[] reached)
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "model.gguf");
        int[] Tokens(int ends, Func<string, int>? idOf = null)
        {
            File.WriteAllBytes(path, GgufConversion.Convert(Fixtures.Path("models", "qwen2"), "qwen2",
                idOf is null ? [] : [.. new[] { "eos", "eot" }.Select(end => ($"tokenizer.ggml.{end}_token_id", (object)(uint)idOf(end)))]));
            using var model = LanguageModel.Load(path, torch.CPU);
            Assert.Equal(ends, model.Config.EosIds.Count);
            return [.. Generation.Stream(model, [1, 2, 3], new GenerationOptions { MaxTokens = 8 }).Select(token => token.Id)];
        }
        var whole = Tokens(ends: 0);
        Assert.Equal(8, whole.Length);
        var elsewhere = Enumerable.Range(0, 307).Except(whole).First();
        Assert.Equal(whole[..Array.IndexOf(whole, whole[3])], Tokens(ends: 3 - reached.Length, end => reached.Contains(end) ? whole[3] : elsewhere));
    }

    [Fact]
    public void The_log_probability_is_that_of_the_models_own_distribution()
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        using var model = FixtureModels.Load("gemma2");
        var token = Generation.Stream(model, [1, 2, 3], new GenerationOptions { MaxTokens = 1, Sampling = new Sampling { Temperature = 3, Seed = 1 } }).Single();
        var expected = model.Logits(FixtureModels.Tokens(1, 2, 3))[0, 2].log_softmax(0)[token.Id].ToDouble();
        Assert.Equal(expected, token.LogProbability, 1e-10);
        Assert.Equal(3, token.Position);
    }

    [Fact]
    public void A_text_beyond_learned_positions_is_refused_before_it_starts()
    {
        using var model = FixtureModels.Load("gpt2-bare");
        Assert.Contains("32 positions", Assert.Throws<InterpException>(() => Generation.Stream(model, [1, 2, 3], new GenerationOptions { MaxTokens = 31 })).Message, StringComparison.Ordinal);
        Assert.Equal(30, Generation.Stream(model, [1, 2, 3], new GenerationOptions { MaxTokens = 30, StopIds = [] }).Count());
        Assert.Throws<InterpException>(() => Generation.Stream(model, [], new GenerationOptions()));
    }

    [Fact]
    public void A_continuation_leaves_no_tensors_behind()
    {
        using var model = FixtureModels.Load("qwen3");
        void Continue() => Assert.Equal(20, Generation.Stream(model, [1, 2, 3], new GenerationOptions { MaxTokens = 20, StopIds = [] }).Count());
        Continue();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Continue();
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }
}
