using Interp.Hooks;
using Interp.Models;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Models;

/// <summary>What a pass cannot take is said in a sentence, before anything is computed.</summary>
public sealed class LanguageModelTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();
    private readonly LanguageModel model = FixtureModels.Load("qwen2", ScalarType.Float32);

    public static TheoryData<long[], ScalarType, string> Forms => new()
    {
        { [3], ScalarType.Int64, "int64 [3]" },
        { [1, 2, 3], ScalarType.Int64, "int64 [1, 2, 3]" },
        { [], ScalarType.Int64, "int64 []" },
        { [1, 0], ScalarType.Int64, "int64 [1, 0]" },
        { [1, 3], ScalarType.Int32, "int32 [1, 3]" },
        { [1, 3], ScalarType.Float32, "float32 [1, 3]" },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void Tokens_of_another_form_are_named(long[] shape, ScalarType type, string described)
    {
        var tokens = zeros(shape, type, CPU);
        Says($"The tokens are {described}, but a pass takes int64 [texts, positions]", () => model.Logits(tokens));
        Says($"The tokens are {described}", () => model.Run(tokens, [HookPoint.ResidPost(0)], stopAfter: HookPoint.ResidPost(0)));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1_000_000)]
    public void A_token_outside_the_vocabulary_is_named(long id) =>
        Says($"The text has the token id {id}, but the model's vocabulary has {model.Config.VocabularySize}", () => model.Logits(FixtureModels.Tokens(1, id)));

    [Fact]
    public void A_mask_of_another_form_is_named() =>
        Says("The mask is int64 [1, 2], but the tokens are int64 [1, 3]", () => model.Run(FixtureModels.Tokens(1, 2, 3), [], mask: ones(1, 2, dtype: ScalarType.Int64, device: CPU)));

    [Fact]
    public void A_residual_stream_of_another_form_is_named()
    {
        Says($"[texts, positions, {model.Config.Width}]", () => model.Resume(HookPoint.ResidPost(0), zeros(1, 2, model.Config.Width + 1, device: CPU)));
        Says("The residual stream is float64", () => model.Resume(HookPoint.ResidPost(0), zeros(1, 2, model.Config.Width, dtype: ScalarType.Float64, device: CPU)));
    }

    public void Dispose()
    {
        model.Dispose();
        scope.Dispose();
    }

    private static void Says(string expected, Action work)
    {
        var message = Assert.Throws<InterpException>(work).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }
}
