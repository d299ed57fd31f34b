using Interp.Core.Tests.Tokenization;
using Interp.Hooks;
using Interp.Models;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Models;

/// <summary>The values of all sites against the equations of the architecture, in float64.</summary>
public class HookSiteTests
{
    private const double Tolerance = 1e-10;

    public static TheoryData<string> Folders => FixtureModels.Folders;

    [Theory]
    [MemberData(nameof(Folders))]
    public void All_sites_of_one_pass_obey_the_equations_of_the_block(string folder)
    {
        using var model = FixtureModels.Load(folder);
        Check(model);
    }

    /// <summary>No golden checkpoint has it: attention and MLP of GPT-NeoX in turn.</summary>
    [Fact]
    public void A_sequential_residual_of_GPT_NeoX_obeys_them_too()
    {
        using var folder = new TemporaryFolder();
        FixtureModels.Copy("gpt-neox-tf5", folder.Path, config => config["use_parallel_residual"] = false);
        using var model = LanguageModel.Load(folder.Path, CPU, ScalarType.Float64);
        Assert.False(model.Config.ParallelResidual);
        Check(model);
    }

    [Theory]
    [InlineData("gpt2-bare", "activation_function", "relu", Activation.Relu)]
    [InlineData("gpt2-bare", "activation_function", "gelu", Activation.Gelu)]
    [InlineData("gpt-neox-tf5", "hidden_act", "gelu_fast", Activation.GeluTanh)]
    [InlineData("phi3-plain", "hidden_act", "relu", Activation.Relu)]
    [InlineData("llama3-rope", "hidden_act", "gelu_python", Activation.Gelu)]
    public void Another_activation_obeys_them_too(string folder, string key, string name, Activation expected)
    {
        using var copy = new TemporaryFolder();
        FixtureModels.Copy(folder, copy.Path, config => config[key] = name);
        using var model = LanguageModel.Load(copy.Path, CPU, ScalarType.Float64);
        Assert.Equal(expected, model.Config.Activation);
        Check(model);
    }

    [Theory]
    [InlineData("phi3-plain", "hook_pos_embed", "rotates")]
    [InlineData("gpt2-bare", "blocks.0.attn.hook_rot_q", "instead of rotating")]
    [InlineData("gpt-neox-tf5", "blocks.0.hook_resid_mid", "block's input")]
    [InlineData("gpt2-bare", "blocks.0.mlp.hook_pre_linear", "no gate")]
    [InlineData("gpt2-bare", "blocks.3.hook_resid_post", "0 to 2")]
    public void A_site_that_the_model_lacks_says_why(string folder, string name, string reason)
    {
        using var model = FixtureModels.Load(folder);
        using var tokens = FixtureModels.Tokens(1, 2);
        Assert.Contains(reason, Assert.Throws<InterpException>(() => model.Run(tokens, [HookPoint.Parse(name)])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_pass_stops_right_after_any_point_with_the_same_value(string folder)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = FixtureModels.Load(folder);
        var tokens = FixtureModels.Tokens(3, 1, 4, 1, 5);
        HookPoint[] points = [.. model.Config.HookPoints()];
        using var whole = model.Run(tokens, points);
        foreach (var point in points)
        {
            using var early = model.Run(tokens, [point], stopAfter: point);
            Assert.Null(early.Logits);
            Assert.InRange(FixtureModels.Distance(whole[point], early[point]), 0, Tolerance);
        }
    }

    private static void Check(LanguageModel model)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var config = model.Config;
        var tokens = tensor(Enumerable.Range(0, 36).Select(i => (long)(i * 37 % 200)).ToArray(), [2, 18], device: CPU);
        using var run = model.Run(tokens, [.. config.HookPoints()]);
        Tensor At(HookSite site, int layer = 0) => run[new HookPoint(site, layer)];
        void Same(Tensor expected, HookSite site, int layer = 0) =>
            Assert.True(FixtureModels.Distance(expected, At(site, layer)) < Tolerance, $"{new HookPoint(site, layer)} is {FixtureModels.Distance(expected, At(site, layer))} away");

        Assert.InRange(FixtureModels.Distance(model.Logits(tokens), run.Logits!), 0, Tolerance);
        Same(config.Rope is null ? At(HookSite.Embed) + At(HookSite.PosEmbed) : At(HookSite.Embed), HookSite.ResidPre);
        for (var layer = 0; layer < config.LayerCount; layer++)
        {
            long[] heads = [2, 18, config.HeadCount, config.HeadWidth], keys = [2, 18, config.KeyValueHeadCount, config.HeadWidth];
            Assert.Equal(heads, At(HookSite.Query, layer).shape);
            Assert.Equal(keys, At(HookSite.Key, layer).shape);
            Assert.Equal(keys, At(HookSite.Value, layer).shape);
            Assert.Equal([2, 18, config.MlpWidth], At(HookSite.MlpPre, layer).shape);

            var (query, key) = config.Rope is null ? (At(HookSite.Query, layer), At(HookSite.Key, layer)) : (At(HookSite.RotQuery, layer), At(HookSite.RotKey, layer));
            Same(Scores(config, layer, query, key), HookSite.AttnScores, layer);
            Same(At(HookSite.AttnScores, layer).softmax(-1), HookSite.Pattern, layer);
            Same(einsum("bhqk,bkhd->bqhd", At(HookSite.Pattern, layer), Repeated(config, At(HookSite.Value, layer))), HookSite.Mixed, layer);

            var middle = At(HookSite.ResidPre, layer) + At(HookSite.AttnOut, layer);
            if (!config.ParallelResidual)
                Same(middle, HookSite.ResidMid, layer);
            Same(middle + At(HookSite.MlpOut, layer), HookSite.ResidPost, layer);
            Same(Scale(config, At(HookSite.ResidPre, layer)), HookSite.AttnNormScale, layer);
            Same(Scale(config, config.ParallelResidual ? At(HookSite.ResidPre, layer) : middle), HookSite.MlpNormScale, layer);
            var inner = Activate(config, At(HookSite.MlpPre, layer));
            Same(config.GatedMlp ? inner * At(HookSite.MlpPreLinear, layer) : inner, HookSite.MlpPost, layer);
        }
        Same(Scale(config, At(HookSite.ResidPost, config.LayerCount - 1)), HookSite.FinalNormScale);
    }

    private static Tensor Scores(ModelConfig config, int layer, Tensor query, Tensor key)
    {
        var scores = einsum("bqhd,bkhd->bhqk", query, Repeated(config, key)) * (config.ScoreScale ?? 1 / Math.Sqrt(config.HeadWidth));
        if (config.ScoreCap is { } cap)
            scores = cap * (scores / cap).tanh();
        var distance = arange(18, device: CPU).unsqueeze(1) - arange(18, device: CPU).unsqueeze(0);
        var hidden = distance.lt(0).logical_or(distance.ge(config.WindowOf(layer) ?? int.MaxValue));
        return scores.masked_fill(hidden, (double)-1e30f);
    }

    private static Tensor Repeated(ModelConfig config, Tensor heads) => heads.repeat_interleave(config.HeadCount / config.KeyValueHeadCount, 2);

    private static Tensor Scale(ModelConfig config, Tensor x)
    {
        var centred = config.Norm == NormKind.Layer ? x - x.mean([-1], keepdim: true) : x;
        return ((centred * centred).sum(-1, keepdim: true) / config.Width + config.NormEpsilon).sqrt();
    }

    private static Tensor Activate(ModelConfig config, Tensor x) => config.Activation switch
    {
        Activation.Silu => x / ((-x).exp() + 1),
        Activation.Gelu => x * ((x / Math.Sqrt(2)).erf() + 1) / 2,
        Activation.Relu => (x + x.abs()) / 2,
        _ => x * ((x * (x * x * 0.044715 + 1) * Math.Sqrt(2 / Math.PI)).tanh() + 1) / 2,
    };
}
