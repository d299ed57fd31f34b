using Interp.Autoencoders;
using Interp.Core.Tests.Tokenization;
using Interp.Runtime;
using TorchSharp;
using Xunit;

namespace Interp.Core.Tests.Autoencoders;

public class TrainingVerificationTests
{
    [Theory]
    [InlineData("openai-topk", SaeKernel.Cpu)]
    [InlineData("openai-topk", SaeKernel.Aten)]
    [InlineData("openai-topk-exact", SaeKernel.Cpu)]
    [InlineData("openai-topk-exact", SaeKernel.Aten)]
    [InlineData("seed", SaeKernel.Cpu)]
    [InlineData("seed", SaeKernel.Aten)]
    [InlineData("saelens-topk", SaeKernel.Cpu)]
    [InlineData("saelens-topk", SaeKernel.Aten)]
    [InlineData("saelens-batchtopk", SaeKernel.Cpu)]
    [InlineData("saelens-batchtopk", SaeKernel.Aten)]
    [InlineData("saelens-matryoshka", SaeKernel.Cpu)]
    [InlineData("saelens-matryoshka", SaeKernel.Aten)]
    [InlineData("saelens-jumprelu", SaeKernel.Cpu)]
    [InlineData("saelens-jumprelu", SaeKernel.Aten)]
    [InlineData("saelens-jumprelu-tanh", SaeKernel.Cpu)]
    [InlineData("saelens-jumprelu-tanh", SaeKernel.Aten)]
    [InlineData("saelens-gated", SaeKernel.Cpu)]
    [InlineData("saelens-gated", SaeKernel.Aten)]
    [InlineData("saelens-standard", SaeKernel.Cpu)]
    [InlineData("saelens-standard", SaeKernel.Aten)]
    public void Recorded_runs_are_replayed(string name, SaeKernel kernel)
    {
        var report = TrainingVerification.Verify(Fixtures.Path("training", name), null, kernel);
        Assert.True(report.Passed, string.Join('\n', report.Checks.Where(check => !check.Passed)));
        Assert.True(report.Checks.Where(check => check.Name.StartsWith("float64")).All(check => check.Error < 1e-13));
    }

    [Fact]
    public void Recorded_gradients_of_single_terms_are_found_again()
    {
        var report = TrainingVerification.Verify(Fixtures.Path("training", "gradients-topk-auxk"));
        Assert.Equal(2 * 10 * 5, report.Checks.Count);
        Assert.True(report.Passed, string.Join('\n', report.Checks.Where(check => !check.Passed)));
        Assert.All(report.Checks.Where(check => check.Name.StartsWith("float64")), check => Assert.True(check.Error < 1e-13, check.ToString()));
        var single = TrainingVerification.Verify(Fixtures.Path("training", "gradients-topk-auxk"), torch.ScalarType.Float32);
        Assert.All(single.Checks, check => Assert.StartsWith("float32: ", check.Name));
        Assert.Contains(single.Checks, check => check.Error > 1e-12);
    }

    [Fact]
    public void A_precision_in_which_rounding_decides_is_skipped_and_no_failure()
    {
        var report = TrainingVerification.Verify(Fixtures.Path("training", "saelens-topk"), torch.ScalarType.Float32);
        Assert.Empty(report.Checks);
        Assert.True(report.IsSkipped && report.Passed);
        Assert.Contains(report.Notes, note => note.StartsWith("float32 is skipped"));
    }

    [Theory]
    [InlineData("trace.json", "\"dead\": 4,", "\"dead\": 5,", "float64: dead")]
    [InlineData("trace.json", "\"loss\": 0.425", "\"loss\": 0.426", "float64: loss")]
    [InlineData("spec.json", "\"dead_window\": 5", "\"dead_window\": 6", "float64: dead")]
    [InlineData("spec.json", "int(4k", "int(3k", "float64: k")]
    [InlineData("spec.json", "0.03125", "0.03126", "float64: terms.aux")]
    public void A_deviation_is_found(string file, string from, string to, string check)
    {
        using var folder = Copy();
        var text = File.ReadAllText(Path.Combine(folder.Path, file));
        Assert.Contains(from, text);
        folder.Write(file, text.Replace(from, to));
        var report = TrainingVerification.Verify(folder.Path, torch.ScalarType.Float64);
        Assert.False(report.Checks.Single(c => c.Name == check).Passed);
    }

    [Theory]
    [InlineData("spec.json", "nonsense", "cannot be read as JSON")]
    [InlineData("spec.json", "{\"kind\":\"openai-topk\"}", "not a recorded training run")]
    [InlineData("trace.json", "{\"steps\":[],\"min_selection_gap\":1}", "announces 48 steps")]
    public void What_cannot_be_replayed_is_one_clear_sentence(string file, string content, string part)
    {
        using var folder = Copy();
        folder.Write(file, content);
        Assert.Contains(part, Assert.Throws<InterpException>(() => TrainingVerification.Verify(folder.Path)).Message);
    }

    [Fact]
    public void A_kind_that_is_not_served_does_not_pass_and_says_so()
    {
        using var folder = Copy();
        folder.Write("spec.json", "{\"kind\":\"dl-topk\"}");
        var report = TrainingVerification.Verify(folder.Path);
        Assert.False(report.Passed);
        Assert.Contains("'dl-topk', which is not served", Assert.Single(report.Notes));
    }

    private static TemporaryFolder Copy()
    {
        var folder = new TemporaryFolder();
        foreach (var file in Directory.GetFiles(Fixtures.Path("training", "openai-topk")))
            File.Copy(file, Path.Combine(folder.Path, Path.GetFileName(file)));
        return folder;
    }
}
