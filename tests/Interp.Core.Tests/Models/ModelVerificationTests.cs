using Interp.Models;
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
}
