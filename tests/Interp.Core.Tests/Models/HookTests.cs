using Interp.Formats;
using Interp.Hooks;
using Interp.Models;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Models;

public class HookTests
{
    private static LanguageModel Model() => LanguageModel.Load(Fixtures.Path("models", "mistral-window"), CPU);

    private static Tensor Tokens() => tensor(new long[] { 5, 9, 100, 30, 7, 1 }, [2, 3], device: CPU);

    [Theory]
    [InlineData("blocks.16.hook_resid_post", HookSite.ResidPost, 16)]
    [InlineData("blocks.0.hook_resid_pre", HookSite.ResidPre, 0)]
    [InlineData("blocks.3.hook_attn_out", HookSite.AttnOut, 3)]
    [InlineData("blocks.12.ln2.hook_normalized", HookSite.MlpIn, 12)]
    [InlineData("hook_embed", HookSite.Embed, 0)]
    public void Names_parse_and_print(string name, HookSite site, int layer)
    {
        Assert.Equal(new HookPoint(site, layer), HookPoint.Parse(name));
        Assert.Equal(name, HookPoint.Parse(name).ToString());
    }

    [Theory]
    [InlineData("resid_post.16", "blocks.16.hook_resid_post")]
    [InlineData("layers.16", "blocks.16.hook_resid_post")]
    [InlineData("model.layers.16", "blocks.16.hook_resid_post")]
    [InlineData("pattern.0", "blocks.0.attn.hook_pattern")]
    [InlineData("blocks.2.pattern", "blocks.2.attn.hook_pattern")]
    [InlineData("mlp_post.3", "blocks.3.mlp.hook_post")]
    [InlineData("embed", "hook_embed")]
    public void Short_forms_mean_whole_names(string name, string whole) => Assert.Equal(whole, HookPoint.Parse(name).ToString());

    [Fact]
    public void Every_site_has_a_name_that_reads_back()
    {
        foreach (var site in Enum.GetValues<HookSite>())
        {
            var probe = new HookPoint(site, 0);
            var point = probe with { Layer = probe.IsBeforeBlocks || probe.IsAfterBlocks ? 0 : 7 };
            Assert.Equal(point, HookPoint.Parse(point.ToString()));
        }
    }

    [Theory]
    [InlineData("blocks.2.hook_resid_pst", "blocks.2.hook_resid_post")]
    [InlineData("blocks.2.attn.hook_result", "attn.hook_z")]
    [InlineData("blocks.2.hook_attn_in", "hook_resid_pre")]
    [InlineData("unembed", "logits")]
    [InlineData("blocks.2.attn.hook_patern", "blocks.2.attn.hook_pattern")]
    [InlineData("hook_resid_post.2", "blocks.2.hook_resid_post")]
    [InlineData("resid_pst.2", "the nearest is blocks.2.hook_resid_post")]
    [InlineData("blocks.2.ln2.hook_normalised", "blocks.2.ln2.hook_normalized")]
    [InlineData("blocks.-1.hook_resid_post", "unknown")]
    [InlineData("layer 16", "unknown")]
    public void A_name_that_is_not_served_says_what_is(string name, string hint) =>
        Assert.Contains(hint, Assert.Throws<InterpException>(() => HookPoint.Parse(name)).Message, StringComparison.Ordinal);

    [Fact]
    public void Stopping_early_gives_the_same_values_without_logits()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = Model();
        var point = HookPoint.ResidPost(1);
        using var whole = model.Run(Tokens(), [point]);
        using var early = model.Run(Tokens(), [point], stopAfter: point);
        Assert.True(whole[point].equal(early[point]).all().ToBoolean());
        Assert.Null(early.Logits);
        Assert.Equal(1, early.Fired(point));
    }

    [Fact]
    public void Resuming_from_a_residual_gives_the_logits_of_the_whole_pass()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = Model();
        foreach (var point in new[] { HookPoint.ResidPost(1), new HookPoint(HookSite.ResidPre, 2) })
        {
            using var run = model.Run(Tokens(), [point]);
            Assert.True(run.Logits!.equal(model.Resume(point, run[point])).all().ToBoolean());
        }
    }

    [Fact]
    public void An_edit_replaces_the_value_and_everything_after_it()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = Model();
        var point = HookPoint.ResidPost(3);
        using var run = model.Run(Tokens(), [point], [Intervention.Of(point, value => value.mul(0))]);
        Assert.Equal(0, run[point].abs().max().ToSingle());
        Assert.Equal(0, run.Logits!.abs().max().ToSingle());
    }

    [Fact]
    public void What_the_MLP_reads_is_the_weighted_norm_and_an_edit_of_it_reaches_the_MLP()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var config = LanguageModel.Describe(Fixtures.Path("models", "phi3-plain"));
        var parameters = Parameters(Fixtures.Path("models", "phi3-plain", "model.safetensors"));
        var weight = parameters["model.layers.1.post_attention_layernorm.weight"];
        weight.copy_(linspace(0.5, 2, config.Width, ScalarType.Float64, CPU));
        using var model = LanguageModel.FromParameters(config, parameters);
        var (read, mid, written) = (new HookPoint(HookSite.MlpIn, 1), new HookPoint(HookSite.ResidMid, 1), new HookPoint(HookSite.MlpOut, 1));

        using var run = model.Run(Tokens(), [read, mid, written], stopAfter: written);
        var expected = run[mid] / (run[mid].square().mean([-1], keepdim: true) + config.NormEpsilon).sqrt() * weight;
        Assert.InRange((run[read] - expected).abs().max().ToDouble(), 0, 1e-12);
        Assert.InRange((run[written] - Mlp(expected)).abs().max().ToDouble(), 0, 1e-12);

        using var edited = model.Run(Tokens(), [read, mid, written], [Intervention.Of(read, value => value.sin())]);
        Assert.True(edited[mid].equal(run[mid]).all().ToBoolean());
        Assert.InRange((edited[read] - expected.sin()).abs().max().ToDouble(), 0, 1e-12);
        Assert.InRange((edited[written] - Mlp(expected.sin())).abs().max().ToDouble(), 0, 1e-12);

        Tensor Mlp(Tensor x)
        {
            var parts = x.matmul(parameters["model.layers.1.mlp.gate_up_proj.weight"].t()).chunk(2, -1);
            return (parts[0] * parts[0].sigmoid() * parts[1]).matmul(parameters["model.layers.1.mlp.down_proj.weight"].t());
        }
    }

    [Fact]
    public void A_point_above_the_model_is_refused()
    {
        using var model = Model();
        Assert.Contains("0 to 3", Assert.Throws<InterpException>(() => model.Run(Tokens(), [HookPoint.ResidPost(4)])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_outside_the_vocabulary_is_refused()
    {
        using var model = Model();
        using var tokens = tensor(new long[] { 256 }, [1, 1], device: CPU);
        Assert.Contains("vocabulary", Assert.Throws<InterpException>(() => model.Logits(tokens)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Gradients_of_a_parameter_match_finite_differences()
    {
        using var scope = NewDisposeScope();
        var config = LanguageModel.Describe(Fixtures.Path("models", "phi3-plain"));
        var parameters = Parameters(Fixtures.Path("models", "phi3-plain", "model.safetensors"));
        using var model = LanguageModel.FromParameters(config, parameters);
        Tensor Loss() => model.Logits(Tokens()).square().mean();
        var weight = parameters["model.layers.1.mlp.down_proj.weight"];
        Loss().backward();
        var expected = weight.grad![0, 0].ToDouble();

        using var noGrad = no_grad();
        const double step = 1e-6;
        double At(double shift)
        {
            weight[0, 0] += shift;
            var loss = Loss().ToDouble();
            weight[0, 0] -= shift;
            return loss;
        }
        Assert.Equal((At(step) - At(-step)) / (2 * step), expected, 1e-6 * Math.Abs(expected) + 1e-9);
    }

    [Fact]
    public void Passes_leave_no_tensors_behind()
    {
        using var noGrad = no_grad();
        using var model = Model();
        using var tokens = Tokens();
        void Pass()
        {
            using var run = model.Run(tokens, [HookPoint.ResidPost(2)]);
        }
        Pass();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Pass();
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    private static Dictionary<string, Tensor> Parameters(string path)
    {
        using var file = SafeTensors.Open(path);
        return file.Entries.Keys.ToDictionary(name => name, name =>
        {
            var parameter = file.Load(name, ScalarType.Float64, CPU);
            parameter.requires_grad = true;
            return parameter;
        });
    }
}
