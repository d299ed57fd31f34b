using static TorchSharp.torch;

namespace Interp.Pretraining;

/// <summary>Adam with bias correction and decoupled weight decay, for one parameter at a time.</summary>
internal static class AdamW
{
    /// <summary>
    /// m ← β₁m + (1-β₁)g; v ← β₂v + (1-β₂)g²; p ← p(1 - ηλ) - η·m/(1-β₁ᵗ) / (√(v/(1-β₂ᵗ)) + ε), in place, with λ for
    /// matrices alone. The gradient is scaled in place first.
    /// </summary>
    /// <param name="recipe">Supplies β, ε and λ.</param>
    /// <param name="parameter">p.</param>
    /// <param name="gradient">g before scaling.</param>
    /// <param name="mean">m.</param>
    /// <param name="square">v.</param>
    /// <param name="learningRate">η.</param>
    /// <param name="step">t, from 1.</param>
    /// <param name="gradientScale">Factor of the gradient.</param>
    public static void Update(LanguageModelRecipe recipe, Tensor parameter, Tensor gradient, Tensor mean, Tensor square,
        double learningRate, int step, double gradientScale)
    {
        using var scope = NewDisposeScope();
        gradient.mul_(gradientScale);
        mean.mul_(recipe.Beta1).add_(gradient, alpha: 1 - recipe.Beta1);
        square.mul_(recipe.Beta2).addcmul_(gradient, gradient, value: 1 - recipe.Beta2);
        if (parameter.dim() > 1)
            parameter.mul_(1 - learningRate * recipe.WeightDecay);
        var denominator = square.sqrt().div_(Math.Sqrt(1 - Math.Pow(recipe.Beta2, step))).add_(recipe.Epsilon);
        parameter.addcdiv_(mean, denominator, value: -learningRate / (1 - Math.Pow(recipe.Beta1, step)));
    }
}
