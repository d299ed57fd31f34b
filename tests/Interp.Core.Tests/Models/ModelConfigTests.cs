using System.Text.Json.Nodes;
using Interp.Core.Tests.Tokenization;
using Interp.Formats;
using Interp.Models;
using Interp.Runtime;
using Xunit;

namespace Interp.Core.Tests.Models;

public class ModelConfigTests
{
    [Theory]
    [InlineData("phi3-plain", "architectures", """["MambaForCausalLM"]""", "MambaForCausalLM")]
    [InlineData("phi3-plain", "rope_scaling", """{"rope_type":"yarn","factor":2.0}""", "yarn")]
    [InlineData("phi3-plain", "rope_scaling", """{"rope_type":"linear","factor":2.0,"mscale":0.7}""", "rope_scaling.mscale")]
    [InlineData("phi3-plain", "rope_scaling", """{"rope_type":"linear","type":"dynamic","factor":2.0}""", "dynamic")]
    [InlineData("phi3-plain", "hidden_act", "\"relu\"", "relu")]
    [InlineData("phi3-plain", "interpolate_factor", "2", "interpolate_factor")]
    [InlineData("phi3-plain", "logit_scale", "0.5", "logit_scale")]
    [InlineData("phi3-plain", "quantization_config", """{"bits":4}""", "quantization_config")]
    [InlineData("qwen3", "layer_types", """["full_attention","chunked_attention","full_attention"]""", "chunked_attention")]
    [InlineData("qwen3", "layer_types", """["full_attention"]""", "layer_types")]
    [InlineData("qwen2", "use_sliding_window", "\"yes\"", "use_sliding_window")]
    [InlineData("gemma2", "use_bidirectional_attention", "true", "use_bidirectional_attention")]
    [InlineData("gemma2", "final_logit_softcapping", "0", "final_logit_softcapping")]
    [InlineData("gpt2-bare", "scale_attn_by_inverse_layer_idx", "true", "scale_attn_by_inverse_layer_idx")]
    [InlineData("gpt2-bare", "add_cross_attention", "true", "add_cross_attention")]
    [InlineData("gpt-neox-tf5", "rotary_pct", "0.25", "rotary_pct")]
    [InlineData("phi3-tf5", "rope_theta", "5000", "rope_theta")]
    public void A_setting_that_is_not_served_is_named(string folder, string key, string value, string named)
    {
        using var copy = new TemporaryFolder();
        FixtureModels.Copy(folder, copy.Path, config => config[key] = JsonNode.Parse(value));
        Assert.Contains(named, Assert.Throws<InterpException>(() => LanguageModel.Describe(copy.Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gpt-neox-tf5", "rotary_pct", "0.5")]
    [InlineData("phi3-tf5", "rope_theta", "10000.0")]
    [InlineData("phi3-plain", "attn_pdrop", "0.1")]
    [InlineData("phi3-plain", "_note", "\"hello\"")]
    [InlineData("phi3-plain", "use_mup", "false")]
    public void A_setting_that_changes_nothing_is_read_over(string folder, string key, string value)
    {
        using var copy = new TemporaryFolder();
        FixtureModels.Copy(folder, copy.Path, config => config[key] = JsonNode.Parse(value));
        var (changed, plain) = (LanguageModel.Describe(copy.Path), LanguageModel.Describe(Fixtures.Path("models", folder)));
        Assert.Equal((plain.Rope!.Base, plain.Rope.RotatedWidth, plain.ParameterCount), (changed.Rope!.Base, changed.Rope.RotatedWidth, changed.ParameterCount));
    }

    [Fact]
    public void Windows_of_Qwen_begin_at_their_first_layer()
    {
        using var copy = new TemporaryFolder();
        FixtureModels.Copy("qwen2", copy.Path, config => config["use_sliding_window"] = true);
        var config = LanguageModel.Describe(copy.Path);
        Assert.Equal([null, null, 8], Enumerable.Range(0, 3).Select(config.WindowOf));
    }

    [Fact]
    public void Parameters_are_counted_as_the_files_hold_them()
    {
        foreach (var folder in Directory.GetDirectories(Fixtures.Path("models")))
        {
            var stored = Directory.GetFiles(folder, "model*.safetensors").Sum(path =>
            {
                using var file = SafeTensors.Open(path);
                return file.Entries.Where(pair => !pair.Key.EndsWith(".attn.bias", StringComparison.Ordinal)).Sum(pair => pair.Value.Shape.Aggregate(1L, (product, size) => product * size));
            });
            Assert.Equal(stored, LanguageModel.Describe(folder).ParameterCount);
        }
    }
}
