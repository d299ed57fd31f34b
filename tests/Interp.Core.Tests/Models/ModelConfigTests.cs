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
    [InlineData("phi3-plain", "hidden_act", "\"quick_gelu\"", "quick_gelu")]
    [InlineData("phi3-plain", "model_type", "\"llama\"", "model_type")]
    [InlineData("llama3-rope", "model_type", "\"mistral\"", "model_type")]
    [InlineData("phi3-longrope-short", "rope_scaling", """{"type":"longrope","factor":2.0,"short_factor":[1,1,1,1,1,1,1,1],"long_factor":[1,1,1,1,1,1,1,1]}""", "factor")]
    [InlineData("phi3-tf5", "rope_parameters", """{"full_attention":{"rope_type":"default"}}""", "rope_parameters.full_attention")]
    [InlineData("phi3-tf5", "original_max_position_embeddings", "64", "original_max_position_embeddings")]
    [InlineData("gpt-neox-tf5", "num_key_value_heads", "2", "num_key_value_heads")]
    [InlineData("gpt-neox-tf5", "head_dim", "8", "head_dim")]
    [InlineData("phi3-plain", "interpolate_factor", "2", "interpolate_factor")]
    [InlineData("phi3-plain", "logit_scale", "0.5", "logit_scale")]
    [InlineData("phi3-plain", "quantization_config", """{"bits":4}""", "quantization_config")]
    [InlineData("qwen3", "layer_types", """["full_attention","chunked_attention","full_attention"]""", "chunked_attention")]
    [InlineData("qwen3", "layer_types", """["full_attention"]""", "layer_types")]
    [InlineData("qwen3", "layer_types", """["full_attention",1,"full_attention","full_attention"]""", "layer_types")]
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
    [InlineData("phi3-plain", "original_max_position_embeddings", "4096")]
    [InlineData("phi3-plain", "rope_scaling", """{"type":"default"}""")]
    [InlineData("gpt-neox-tf5", "attention_probs_dropout_prob", "0.1")]
    [InlineData("gpt-neox-tf5", "rope_parameters", """{"rope_theta":2500,"partial_rotary_factor":0.5}""")]
    public void A_setting_that_changes_nothing_is_read_over(string folder, string key, string value)
    {
        using var copy = new TemporaryFolder();
        FixtureModels.Copy(folder, copy.Path, config => config[key] = JsonNode.Parse(value));
        var (changed, plain) = (LanguageModel.Describe(copy.Path), LanguageModel.Describe(Fixtures.Path("models", folder)));
        Assert.Equal((plain.Rope!.Base, plain.Rope.RotatedWidth, plain.ParameterCount), (changed.Rope!.Base, changed.Rope.RotatedWidth, changed.ParameterCount));
    }

    /// <summary>The defaults are those of the configuration classes of transformers.</summary>
    [Theory]
    [InlineData("llama3-rope", 64)]
    [InlineData("phi3-plain", 64)]
    [InlineData("mistral-window", 8)]
    [InlineData("qwen2", 32)]
    [InlineData("qwen3", 32)]
    [InlineData("gemma2", 4)]
    public void Key_heads_that_are_not_given_are_those_of_the_family_and_null_is_as_many_as_heads(string folder, int expected)
    {
        Assert.Equal(expected, KeyHeads(config => config.Remove("num_key_value_heads")));
        Assert.Equal(64, KeyHeads(config => config["num_key_value_heads"] = null));

        int KeyHeads(Action<JsonObject> change)
        {
            using var copy = new TemporaryFolder();
            FixtureModels.Copy(folder, copy.Path, config =>
            {
                (config["num_attention_heads"], config["hidden_size"], config["head_dim"]) = (64, 64 * 12, folder == "phi3-plain" ? null : 12);
                change(config);
            });
            return LanguageModel.Describe(copy.Path).KeyValueHeadCount;
        }
    }

    [Fact]
    public void A_factor_of_longrope_that_says_the_same_changes_nothing()
    {
        double Amplitude(string folder) => ((RopeScaling.LongRope)LanguageModel.Describe(folder).Rope!.Scaling).Amplitude;
        using var copy = new TemporaryFolder();
        FixtureModels.Copy("phi3-longrope-short", copy.Path, config => config["rope_scaling"]!["factor"] = 4.0);
        Assert.Equal(Math.Sqrt(1 + Math.Log(4) / Math.Log(32)), Amplitude(copy.Path), 1e-12);
        Assert.Equal(Amplitude(Fixtures.Path("models", "phi3-longrope-short")), Amplitude(copy.Path));
    }

    [Theory]
    [InlineData("8", 8)]
    [InlineData("null", null)]
    [InlineData(null, 4096)]
    public void A_window_of_Qwen_that_is_switched_on_can_be_null_and_has_a_default(string? given, int? expected)
    {
        using var copy = new TemporaryFolder();
        FixtureModels.Copy("qwen2", copy.Path, config =>
        {
            config["use_sliding_window"] = true;
            config.Remove("sliding_window");
            if (given is not null)
                config["sliding_window"] = JsonNode.Parse(given);
        });
        Assert.Equal(expected, LanguageModel.Describe(copy.Path).WindowOf(2));
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
