using Interp.Hooks;
using Interp.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Features;

/// <summary>The difference of two tokens' logits after the last position of a text, as a function of the rows at a hook.</summary>
/// <param name="model">The model.</param>
/// <param name="hook">The hook, one with a row per token.</param>
/// <param name="ids">The text.</param>
/// <param name="a">The token whose logit counts.</param>
/// <param name="b">The token whose logit is taken away.</param>
internal sealed class LogitDifference(LanguageModel model, HookPoint hook, int[] ids, int a, int b)
{
    /// <summary>The rows at the hook, [T, d], and the gradient of the difference with respect to them, [T, d]; they belong to the caller, or to its dispose scope.</summary>
    public (double Difference, Tensor Rows, Tensor Gradient) Gradient()
    {
        using var withGradient = enable_grad();
        using var scope = NewDisposeScope();
        Tensor? leaf = null;
        var cut = Intervention.Of(hook, value => leaf = value.detach().clone().requires_grad_().MoveToOtherDisposeScope(scope));
        using var run = model.Run(Tokens(1), new HookSession([], [cut]), null, null, lastOnly: true);
        var difference = Of(run.Logits!);
        var gradient = autograd.grad([difference.sum()], [leaf!])[0];
        var rows = leaf!.detach().reshape(ids.Length, -1).MoveToOuterDisposeScope();
        return (difference.ToDouble(), rows, gradient.reshape(ids.Length, -1).MoveToOuterDisposeScope());
    }

    /// <summary>The difference with a vector added to the row of one position, for each of some.</summary>
    /// <param name="added">The positions and vectors [d], at most as many as fit into one pass; none at position -1.</param>
    public double[] With(IReadOnlyList<(int Position, Tensor Vector)> added)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var change = Intervention.Of(hook, value =>
        {
            var changed = value.clone();
            for (var text = 0; text < added.Count; text++)
            {
                if (added[text].Position >= 0)
                    changed[text, added[text].Position].add_(added[text].Vector.to(value.dtype, value.device).view(value.shape[2..]));
            }
            return changed;
        });
        using var run = model.Run(Tokens(added.Count), new HookSession([], [change]), null, null, lastOnly: true);
        return Of(run.Logits!).cpu().data<double>().ToArray();
    }

    /// <summary>[texts] in float64 of logits [texts, 1, V].</summary>
    private Tensor Of(Tensor logits) => (logits.select(2, a) - logits.select(2, b)).select(1, 0).to(ScalarType.Float64);

    private Tensor Tokens(int texts) => tensor(ids.Select(id => (long)id).ToArray(), [1, ids.Length], device: model.Device).repeat(texts, 1);
}
