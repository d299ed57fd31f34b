using Interp.Activations;
using Interp.Evaluation;
using Interp.Hooks;
using Interp.Models;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Evaluation;

public class SpliceEvaluationTests
{
    private const int Length = 6;
    private static readonly HookPoint Hook = HookPoint.ResidPost(1);

    [Fact]
    public void Losses_are_those_of_a_slow_pass_with_an_edit()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = LanguageModel.Load(Fixtures.Path("models", "mistral-window"), CPU);
        int[] ids = [5, 9, 100, 30, 7, 1, 8, 2, 60, 61, 62, 63];
        bool[] counted = [.. Enumerable.Range(0, ids.Length).Select(row => row % Length != 0)];
        var tokens = tensor(ids.Select(id => (long)id).ToArray(), [2, Length], device: CPU);
        using var run = model.Run(tokens, [Hook]);
        var splice = new SpliceEvaluation(model, Hook, MemoryActivations.Of(run[Hook].reshape(-1, model.Config.Width)), new TokenContexts(Length, ids, new int[ids.Length]), counted, CPU);

        var zero = splice.Zero();

        // The slow way: the first position of each context keeps its activation, the last one predicts nothing.
        using var edited = model.Run(tokens, [], [new Intervention(Hook, new Change.Zero()) { Positions = Positions.Range(1) }]);
        var (clean, replaced, kl, n) = (0.0, 0.0, 0.0, 0);
        for (var context = 0; context < 2; context++)
        {
            for (var position = 1; position < Length - 1; position++, n++)
            {
                var p = run.Logits![context, position].to(ScalarType.Float64).log_softmax(0);
                var q = edited.Logits![context, position].to(ScalarType.Float64).log_softmax(0);
                var next = ids[context * Length + position + 1];
                clean -= p[next].ToDouble();
                replaced -= q[next].ToDouble();
                kl += (p.exp() * (p - q)).sum().ToDouble();
            }
        }
        Assert.Equal(8, n);
        Assert.Equal(n, zero.Predictions);
        Assert.Equal(clean / n, zero.CeClean, 1e-5);
        Assert.Equal(replaced / n, zero.Ce, 1e-5);
        Assert.Equal(kl / n, zero.Kl, 1e-5);
        Assert.Equal(zero.Ce - zero.CeClean, zero.DeltaCe);
        Assert.Equal(0, zero.Recovered(zero), 1e-12);
    }

    [Fact]
    public void Nothing_to_score_is_an_error()
    {
        using var model = LanguageModel.Load(Fixtures.Path("models", "mistral-window"), CPU);
        var activations = new MemoryActivations(model.Config.Width, new float[4 * model.Config.Width]);
        var splice = new SpliceEvaluation(model, Hook, activations, new TokenContexts(4, [1, 2, 3, 4], new int[4]), new bool[4], CPU);
        Assert.Throws<InterpException>(() => splice.Zero());
    }

    [Fact]
    public void Recorded_metrics_hold() =>
        Assert.True(MetricsVerification.Verify(Fixtures.Path("metrics")).Passed);
}
