using static TorchSharp.torch;

namespace Interp.Autoencoders.Kernels;

/// <summary>
/// Computes one optimiser step. For TopK the gradients are derived by hand: with u = x - b, p = u·Eᵀ + c, the support S
/// of the k largest positive p, z = p on S, and the residual r = z·D - u (which is x̂ - x):
/// main loss s·mean(r²), G = 2s/(n·d)·r, dD[j] = Σᵢ zᵢⱼ·Gᵢ, g = ⟨Gᵢ, D[j]⟩ on S, dE[j] = Σᵢ gᵢⱼ·uᵢ, dc[j] = Σᵢ gᵢⱼ,
/// db = Σᵢ Gᵢ - Σⱼ dc[j]·E[j]. AuxK adds entries of the same kind whose G is that of its own reconstruction.
/// </summary>
internal interface ISaeKernel : IDisposable
{
    /// <summary>How users call it.</summary>
    string Name { get; }

    /// <summary>Updates parameters, moments and dead counters by one batch.</summary>
    /// <param name="state">What is trained, on the device that this kernel serves.</param>
    /// <param name="input">The batch and the settings of this step.</param>
    /// <param name="spec">The recipe.</param>
    /// <param name="record">Where to leave the gradients; null: nowhere.</param>
    KernelReport Step(TrainerState state, in StepInput input, TrainingSpec spec, StepGradients? record = null);

    /// <summary>Thread seconds per part of the steps since the last call; empty where nobody measures.</summary>
    IReadOnlyDictionary<StepPart, double> TakeParts() => new Dictionary<StepPart, double>();
}

/// <summary>What a step works on.</summary>
/// <param name="Raw">The batch [n, d] in the model's own scale, of the state's precision.</param>
/// <param name="Tokens">The batch as it enters the encoder, contiguous.</param>
/// <param name="Target">What is to be reconstructed [n, d'], contiguous; null: the batch as it enters the encoder.</param>
/// <param name="K">Number of active latents of this step.</param>
/// <param name="Sparsity">Coefficient of the sparsity penalty in this step.</param>
/// <param name="LearningRate">Learning rate of this step.</param>
internal readonly record struct StepInput(Tensor Raw, NormalisedTokens Tokens, Tensor? Target, int K, double Sparsity, double LearningRate);

/// <summary>What a step found.</summary>
/// <param name="Terms">The terms of the loss with their coefficients, the main one first.</param>
/// <param name="Fvu">The batch's fraction of variance unexplained, in the encoder's space.</param>
/// <param name="GradientNorms">Norm of each gradient after the projection and before clipping, in the order of <see cref="TrainerState.Parameters"/>.</param>
/// <param name="Dead">Dead latents as this step's loss took them.</param>
/// <param name="Active">Mean number of active latents per token.</param>
internal readonly record struct KernelReport(IReadOnlyList<KeyValuePair<string, double>> Terms, double Fvu, IReadOnlyList<double> GradientNorms, int Dead, double Active);

/// <summary>The gradients of one step, in the order of <see cref="TrainerState.Parameters"/>.</summary>
/// <param name="Raw">As they leave the backward pass.</param>
/// <param name="Final">As they enter clipping: the decoder's projected off its rows, where the spec asks for it.</param>
internal sealed record StepGradients(IReadOnlyList<Tensor> Raw, IReadOnlyList<Tensor> Final) : IDisposable
{
    /// <summary>Zeros of the parameters' shapes.</summary>
    public static StepGradients For(TrainerState state) => new(
        [.. state.Parameters.Select(p => zeros_like(p.Value).DetachFromDisposeScope())],
        [.. state.Parameters.Select(p => zeros_like(p.Value).DetachFromDisposeScope())]);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in Raw.Concat(Final))
            tensor.Dispose();
    }
}
