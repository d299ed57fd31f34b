using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Pretraining;

/// <summary>
/// L2-regularised logistic regression of a binary label on activations, fitted by Newton's method (iteratively reweighted
/// least squares) in float64 on one thread.
/// </summary>
/// <remarks>Minimises Σ log(1 + exp(-y·(w·z + b))) + λ/2·|w|² with y = ±1 and z standardised by the features of the fit.</remarks>
public static class LinearProbe
{
    private const double LargestStep = 1e-6;

    /// <summary>Appends a column of ones to features [n, d] standardised by their own mean and deviation, or those given.</summary>
    /// <returns>float64 [n, d+1], and the mean and deviation [d]; the caller owns all three.</returns>
    public static (Tensor Design, Tensor Mean, Tensor Deviation) Standardise(Tensor features, Tensor? mean = null, Tensor? deviation = null)
    {
        Workers.SingleThreaded();
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var wide = features.to(ScalarType.Float64);
        mean ??= wide.mean([0]);
        deviation ??= wide.std(0, unbiased: false).clamp_min(1e-12);
        var design = cat([(wide - mean) / deviation, ones(wide.size(0), 1, dtype: ScalarType.Float64, device: features.device)], 1);
        return (design.MoveToOuterDisposeScope(), mean.alias().MoveToOuterDisposeScope(), deviation.alias().MoveToOuterDisposeScope());
    }

    /// <summary>Fits the weights.</summary>
    /// <param name="design">float64 [n, d+1], the last column ones.</param>
    /// <param name="labels">One per row.</param>
    /// <param name="penalty">λ; the offset is not penalised.</param>
    /// <param name="iterations">At most so many Newton steps.</param>
    /// <returns>float64 [d+1], the offset last; the caller owns it.</returns>
    public static Tensor Fit(Tensor design, ReadOnlySpan<bool> labels, double penalty = 10, int iterations = 12)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(labels.Length, design.size(0));
        Workers.SingleThreaded();
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var width = design.size(1);
        var targets = Targets(labels, design.device);
        var ridge = full(width, penalty, dtype: ScalarType.Float64, device: design.device);
        ridge[width - 1] = 1e-6;
        var weights = zeros(width, dtype: ScalarType.Float64, device: design.device);
        var loss = Loss(design, targets, ridge, weights);
        for (var i = 0; i < iterations; i++)
        {
            using var step = NewDisposeScope();
            var probability = design.mv(weights).sigmoid_();
            var gradient = design.t().mv(probability - targets) + ridge * weights;
            var curvature = (probability * (1 - probability)).unsqueeze_(1);
            var hessian = design.t().mm(design * curvature) + diag(ridge);
            var direction = linalg.solve(hessian, gradient);
            var (scale, updated, updatedLoss) = Backtrack(design, targets, ridge, weights, direction, loss);
            if (scale == 0)
                break;
            weights = updated.MoveToOuterDisposeScope();
            loss = updatedLoss;
            if (direction.abs().max().ToDouble() * scale < LargestStep)
                break;
        }
        return weights.MoveToOuterDisposeScope();
    }

    /// <summary>w·z + b of each row.</summary>
    public static double[] Score(Tensor design, Tensor weights)
    {
        Workers.SingleThreaded();
        using var _ = no_grad();
        using var scores = design.mv(weights);
        return scores.data<double>().ToArray();
    }

    /// <summary>Halves the Newton step until the loss falls; a scale of 0 says that it never did.</summary>
    private static (double Scale, Tensor Weights, double Loss) Backtrack(
        Tensor design, Tensor targets, Tensor ridge, Tensor weights, Tensor direction, double loss)
    {
        for (var scale = 1.0; scale > 1e-4; scale /= 2)
        {
            var updated = weights - direction * scale;
            var updatedLoss = Loss(design, targets, ridge, updated);
            if (updatedLoss <= loss)
                return (scale, updated, updatedLoss);
        }
        return (0, weights, loss);
    }

    private static double Loss(Tensor design, Tensor targets, Tensor ridge, Tensor weights)
    {
        using var scope = NewDisposeScope();
        var score = design.mv(weights);
        return ((nn.functional.softplus(score) - targets * score).sum() + (ridge * weights.square()).sum() / 2).ToDouble();
    }

    private static Tensor Targets(ReadOnlySpan<bool> labels, Device device)
    {
        var values = new double[labels.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = labels[i] ? 1 : 0;
        return tensor(values, dtype: ScalarType.Float64, device: device);
    }
}
