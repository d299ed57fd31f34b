using Interp.Core.Tests.Tokenization;
using Interp.Formats;
using Interp.Hooks;
using Interp.Models;
using Interp.Runtime;
using TorchSharp;
using Xunit;

namespace Interp.Core.Tests.Models;

public class ModelVerificationTests
{
    public static TheoryData<string> Folders => FixtureModels.Folders;

    [Theory]
    [MemberData(nameof(Folders))]
    public void Hidden_states_and_logits_are_those_of_the_reference_library(string folder)
    {
        var report = ModelVerification.Verify(Fixtures.Path("models", folder), null, null, torch.CPU);
        Assert.True(report.Passed, string.Join('\n', report.Checks.Where(check => !check.Passed)));
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void In_bfloat16_they_are_as_near_as_its_eight_bits_allow(string folder)
    {
        var report = ModelVerification.Verify(Fixtures.Path("models", folder), null, null, torch.CPU, torch.ScalarType.BFloat16);
        Assert.True(report.Passed, string.Join('\n', report.Checks.Where(check => !check.Passed)));
        Assert.Contains(report.Checks, check => check.Error > 1e-3);
    }

    [Fact]
    public void What_the_file_holds_beside_golden_values_is_said()
    {
        using var folder = Golden(tensors => tensors["expert.0"] = torch.ones(2, device: torch.CPU));
        var report = ModelVerification.Verify(folder.Path, null, null, torch.CPU);
        Assert.True(report.Passed);
        Assert.Contains("expert.0", Assert.Single(report.Notes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nothing", "neither hidden states nor logits")]
    [InlineData("shape", "'hidden.1' with shape [1, 4, 18]")]
    [InlineData("valid", "counts no position")]
    public void Golden_values_that_cannot_be_compared_are_an_error_and_no_success(string damage, string says)
    {
        using var scope = torch.NewDisposeScope();
        using var folder = Golden(tensors =>
        {
            if (damage == "nothing")
                tensors.Remove("hidden.1");
            else if (damage == "shape")
                tensors["hidden.1"] = torch.zeros(1, 4, 18, device: torch.CPU);
            else
                tensors["valid"] = torch.zeros(1, 4, dtype: torch.ScalarType.Int64, device: torch.CPU);
        });
        Assert.Contains(says, Assert.Throws<InterpException>(() => ModelVerification.Verify(folder.Path, null, null, torch.CPU)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{"input_ids":[1,2]}""")]
    [InlineData("""{"input_ids":[1,2],"output_ids":"none"}""")]
    public void A_continuation_that_cannot_be_read_is_an_error_with_its_file(string content)
    {
        using var folder = Golden(_ => { });
        File.WriteAllText(Path.Combine(folder.Path, "generate.json"), content);
        Assert.Contains("generate.json", Assert.Throws<InterpException>(() => ModelVerification.Verify(folder.Path, null, null, torch.CPU)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Codes_of_quantised_weights_are_no_weights()
    {
        using var scope = torch.NewDisposeScope();
        using var folder = new TemporaryFolder();
        FixtureModels.Copy("phi3-plain", folder.Path, _ => { });
        var path = Path.Combine(folder.Path, "model.safetensors");
        Dictionary<string, torch.Tensor> tensors;
        using (var file = SafeTensors.Open(path))
            tensors = file.Entries.Keys.ToDictionary(name => name, name => name == "model.norm.weight" ? file.View(name).to(torch.ScalarType.Int8) : file.View(name).clone());
        SafeTensorsWriter.Write(path, tensors);
        using var model = LanguageModel.Load(folder.Path, torch.CPU);
        Assert.Contains("'model.norm.weight' as I8", Assert.Throws<InterpException>(model.CheckWeights).Message, StringComparison.Ordinal);
        Assert.Throws<InterpException>(() => model.Logits(FixtureModels.Tokens(1, 2)));
    }

    /// <summary>A copy of a checkpoint whose golden file holds one hidden state, and what <paramref name="change"/> makes of it.</summary>
    private static TemporaryFolder Golden(Action<Dictionary<string, torch.Tensor>> change)
    {
        using var scope = torch.NewDisposeScope();
        var folder = new TemporaryFolder();
        FixtureModels.Copy("qwen2", folder.Path, _ => { });
        foreach (var file in Directory.GetFiles(folder.Path, "g*").Where(file => Path.GetFileName(file) != "generation_config.json"))
            File.Delete(file);
        using var model = LanguageModel.Load(folder.Path, torch.CPU);
        var (tokens, point) = (FixtureModels.Tokens(3, 1, 4, 1), HookPoint.ResidPost(0));
        using var run = model.Run(tokens, [point]);
        var ones = torch.ones(1, 4, dtype: torch.ScalarType.Int64, device: torch.CPU);
        var tensors = new Dictionary<string, torch.Tensor> { ["input_ids"] = tokens, ["attention_mask"] = ones, ["valid"] = ones, ["hidden.1"] = run[point] };
        change(tensors);
        SafeTensorsWriter.Write(Path.Combine(folder.Path, "golden.safetensors"), tensors);
        return folder;
    }
}
