using Interp.Core.Tests.Formats;
using Interp.Core.Tests.Tokenization;
using Interp.Hooks;
using Interp.Models;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Models;

/// <summary>GGUF files, converted from the golden folders, compute what the reference library computed from the folders.</summary>
public sealed class GgufModelTests : IDisposable
{
    private readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

    [Theory]
    [InlineData("llama3-rope", "llama")]
    [InlineData("llama-linear-bf16", "llama")]
    [InlineData("phi3-plain", "phi3")]
    [InlineData("phi3-window", "phi3")]
    [InlineData("phi3-longrope-short", "phi3")]
    [InlineData("phi3-partial-rotary", "phi3")]
    [InlineData("qwen2", "qwen2")]
    [InlineData("qwen3", "qwen3")]
    [InlineData("gemma2", "gemma2")]
    [InlineData("gpt2-bare", "gpt2")]
    public void Hidden_states_and_logits_are_those_of_the_reference_library(string folder, string architecture)
    {
        var report = ModelVerification.Verify(Convert(folder, architecture), Fixtures.Path("models", folder), null, CPU);
        Assert.True(report.Passed, string.Join('\n', report.Checks.Where(check => !check.Passed)));
    }

    [Theory]
    [InlineData("phi3-plain", "phi3")]
    [InlineData("qwen2", "qwen2")]
    [InlineData("gpt2-bare", "gpt2")]
    public void A_file_has_the_bits_of_its_folder(string folder, string architecture)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var expected = LanguageModel.Load(Fixtures.Path("models", folder), CPU);
        using var model = LanguageModel.Load(Convert(folder, architecture), CPU);
        Assert.Equal(expected.Config.ParameterCount, model.Config.ParameterCount);
        var tokens = tensor(new long[] { 5, 9, 100, 30, 7, 1 }, [1, 6], device: CPU);
        Assert.True(model.Logits(tokens).equal(expected.Logits(tokens)).all().ToBoolean());
    }

    [Theory]
    [InlineData(ScalarType.Float64)]
    [InlineData(ScalarType.Float32)]
    public void Gradients_go_through_a_mapped_model(ScalarType precision)
    {
        using var scope = NewDisposeScope();
        using var expected = LanguageModel.Load(Fixtures.Path("models", "qwen2"), CPU, precision);
        using var model = LanguageModel.Load(Convert("qwen2", "qwen2"), CPU, precision);
        Assert.Equal(0, (GradientOf(model) - GradientOf(expected)).abs().max().ToDouble(), 1e-6);

        Tensor GradientOf(LanguageModel of)
        {
            var residual = ones([1, 4, of.Config.Width], dtype: precision, device: CPU).cumsum(1).requires_grad_();
            of.Resume(HookPoint.ResidPost(0), residual).square().sum().backward();
            return residual.grad!;
        }
    }

    [Fact]
    public void Every_weight_is_found_and_layers_above_a_hook_are_not_needed()
    {
        using var noGrad = no_grad();
        var path = Convert("qwen2", "qwen2");
        using (var model = LanguageModel.Load(path, CPU))
            Assert.Equal(3 * 12 + 2, model.CheckWeights().Count);
        Damage(path, "blk.2.ffn_down.weight", "blk.2.ffn_gone.weight");
        using var incomplete = LanguageModel.Load(path, CPU);
        Assert.Contains("blk.2.ffn_down.weight", Assert.Throws<InterpException>(incomplete.CheckWeights).Message, StringComparison.Ordinal);
        using var tokens = ones([1, 3], dtype: ScalarType.Int64, device: CPU);
        using var run = incomplete.Run(tokens, [HookPoint.ResidPost(1)], stopAfter: HookPoint.ResidPost(1));
        Assert.True(run[HookPoint.ResidPost(1)].isfinite().all().ToBoolean());
    }

    [Theory]
    [InlineData("general.architecture", "general.architecturE", "general.architecture")]
    [InlineData("qwen2.block_count", "qwen2.block_couNt", "qwen2.block_count")]
    [InlineData("qwen2.attention.layer_norm_rms_epsilon", "qwen2.attention.layer_norm_rms_Epsilon", "layer_norm_rms_epsilon")]
    [InlineData("token_embd.weight", "token_emBd.weight", "token_embd.weight")]
    public void What_the_metadata_lack_is_named(string key, string damaged, string says)
    {
        var path = Convert("qwen2", "qwen2");
        Damage(path, key, damaged);
        Assert.Contains(says, Assert.Throws<InterpException>(() => LanguageModel.Load(path, CPU)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("llama3-rope", "llama", "llama.attention.sliding_window", 8u, "llama.attention.sliding_window' is 8")]
    [InlineData("llama3-rope", "llama", "llama.rope.scale_linear", 2f, "llama.rope.scale_linear' is 2")]
    [InlineData("llama3-rope", "llama", "llama.rope.scaling.type", "longrope", "'longrope'")]
    [InlineData("qwen2", "qwen2", "qwen2.rope.scaling.factor", 4f, "qwen2.rope.scaling.factor' is 4")]
    [InlineData("qwen2", "qwen2", "qwen2.attention.causal", false, "qwen2.attention.causal' is False")]
    [InlineData("qwen2", "qwen2", "qwen2.logit_scale", 0.5f, "qwen2.logit_scale' is 0.5")]
    [InlineData("qwen2", "qwen2", "split.count", 3u, "one of 3 parts")]
    public void A_setting_that_is_not_served_is_named(string folder, string architecture, string key, object value, string says)
    {
        var path = Convert(folder, architecture, (key, value));
        Assert.Contains(says, Assert.Throws<InterpException>(() => LanguageModel.Load(path, CPU)).Message, StringComparison.Ordinal);
        Assert.Contains(says, Assert.Throws<InterpException>(() => LanguageModel.Describe(path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("llama3-rope", "llama", "llama.vocab_size", 401u)]
    [InlineData("llama3-rope", "llama", "llama.expert_count", 0u)]
    [InlineData("qwen2", "qwen2", "qwen2.attention.causal", true)]
    [InlineData("phi3-longrope-short", "phi3", "phi3.rope.scaling.type", "longrope")]
    [InlineData("qwen2", "qwen2", "general.file_type", 1u)]
    public void A_setting_that_changes_nothing_is_read_over(string folder, string architecture, string key, object value) =>
        Assert.Equal(
            LanguageModel.Describe(Fixtures.Path("models", folder)).ParameterCount,
            LanguageModel.Describe(Convert(folder, architecture, (key, value))).ParameterCount);

    private string Convert(string folder, string architecture, params (string, object)[] also)
    {
        var path = Path.Combine(temporary.Path, $"{folder}.gguf");
        File.WriteAllBytes(path, GgufConversion.Convert(Fixtures.Path("models", folder), architecture, also));
        return path;
    }

    private static void Damage(string path, string text, string damaged)
    {
        var bytes = File.ReadAllBytes(path);
        var at = bytes.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(text));
        System.Text.Encoding.UTF8.GetBytes(damaged).CopyTo(bytes, at);
        File.WriteAllBytes(path, bytes);
    }
}
