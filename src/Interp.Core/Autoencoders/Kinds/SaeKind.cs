using System.Numerics;
using Interp.Autoencoders.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Autoencoders;

/// <summary>A kind of dictionary: how latents become active, and which loss is minimised. One file each in this folder.</summary>
public abstract record SaeKind
{
    /// <summary>The k largest pre-activations per token.</summary>
    public static SaeKind TopK { get; } = new TopKDictionary();

    /// <summary>What users call it.</summary>
    public abstract string Name { get; }

    /// <summary>Whether K and its schedule say how many latents are active; if not, <see cref="TrainingSpec.Sparsity"/> does.</summary>
    public virtual bool UsesK => true;

    /// <summary>Whether it reconstructs something else than what it reads; if not, the decoder bias is subtracted before the encoder.</summary>
    public virtual bool IsTranscoder => false;

    /// <summary>Whether the decoder bias is subtracted before the encoder.</summary>
    public bool SubtractsBias => !IsTranscoder;

    /// <summary>What is wrong with this kind's settings for a dictionary of so many latents, each a sentence.</summary>
    public virtual IEnumerable<string> Problems(int latents) => [];

    /// <summary>How the fused kernel takes its step with a dictionary of so many latents; null: it does not.</summary>
    internal virtual StepRule<T>? Rule<T>(int latents) where T : unmanaged, IBinaryFloatingPointIeee754<T> => null;

    /// <summary>Whether the K largest are found among pre-activations times decoder norms.</summary>
    internal virtual bool RanksByNorm => false;

    /// <summary>Tensors besides the encoder, the decoder and their biases.</summary>
    internal virtual IReadOnlyList<ExtraTensor> Extras => [];

    /// <summary>The factor of mean((x̂-x)²) when the spec gives none.</summary>
    /// <param name="variance">Σ (y - mean of y)² over a batch of targets.</param>
    /// <param name="numbers">How many numbers the batch has.</param>
    /// <param name="width">Width of a target.</param>
    internal virtual double DefaultScale(double variance, long numbers, int width) => variance > 0 ? numbers / variance : 0;

    /// <summary>Brings parameters back into their range before a forward pass.</summary>
    internal virtual void Constrain(TrainerState state)
    {
    }

    /// <summary>Which latents are active, as values that autograd follows.</summary>
    internal abstract Activations Forward(StepGraph graph);

    /// <summary>The terms of the loss; the first is the main one.</summary>
    /// <param name="graph">The step.</param>
    /// <param name="active">What <see cref="Forward"/> gave.</param>
    /// <param name="dead">Which latents are dead [M], bool.</param>
    internal virtual IEnumerable<LossTerm> Terms(StepGraph graph, Activations active, Tensor dead)
    {
        yield return new(LossTerm.Main, graph.Error(active.Reconstruction));
        if (AuxiliaryTerm.Of(graph, active, dead) is { } helped)
            yield return new(LossTerm.Auxiliary, helped);
    }

    /// <summary>Moves running estimates after the loss has been computed; without gradients.</summary>
    /// <param name="state">What is trained.</param>
    /// <param name="smallest">The smallest active value of the batch, in the units in which latents are compared.</param>
    internal virtual void Observe(TrainerState state, double smallest)
    {
    }

    /// <summary>What is added to the decoded latents of tokens as they enter the encoder.</summary>
    internal virtual Tensor Finish(SparseAutoencoder autoencoder, Tensor tokens, Tensor decoded) => decoded;

    /// <summary>When a latent is active outside training; null: the K largest are.</summary>
    internal virtual LatentGate? Gate(SparseAutoencoder autoencoder) => null;
}

/// <summary>A tensor that one kind of dictionary has besides the common four.</summary>
/// <param name="Name">Name in checkpoints and, where SAELens has it, in folders.</param>
/// <param name="Shape">Shape for a number of latents, the width read and the width written.</param>
/// <param name="Start">The value that it starts with everywhere.</param>
/// <param name="IsTrained">Whether the optimiser moves it.</param>
internal sealed record ExtraTensor(string Name, Func<int, int, int, long[]> Shape, double Start = 0, bool IsTrained = true)
{
    public static ExtraTensor PerLatent(string name, double start = 0) => new(name, (latents, _, _) => [latents], start);
}

/// <summary>A term of the loss with its coefficient.</summary>
/// <param name="Name">What it is called in logs.</param>
/// <param name="Value">A scalar that autograd follows.</param>
internal readonly record struct LossTerm(string Name, Tensor Value)
{
    public const string Main = "main";
    public const string Auxiliary = "aux";
    public const string Sparsity = "sparsity";
    public const string PreActivation = "pre_act";
    public const string Weight = "weight";
}

/// <summary>What the forward pass of a kind gives.</summary>
/// <param name="Pre">Pre-activations [n, M], in the units in which latents are compared.</param>
/// <param name="Latents">Values of the latents [n, M], 0 where inactive.</param>
/// <param name="Reconstruction">x̂ [n, d] in the encoder's space.</param>
/// <param name="Norm">What latents are divided by before the decoder [M]; null: nothing.</param>
internal sealed record Activations(Tensor Pre, Tensor Latents, Tensor Reconstruction, Tensor? Norm = null);

/// <summary>
/// When a latent is active, and its value: pre-activation p = u·E + c is active where p &gt; <paramref name="Threshold"/>; the value is p,
/// or relu((p - c)·exp(<paramref name="LogScale"/>) + <paramref name="Bias"/>) where those are given (Gated).
/// </summary>
/// <param name="Threshold">[M].</param>
/// <param name="LogScale">[M] or null.</param>
/// <param name="Bias">[M] or null.</param>
internal sealed record LatentGate(Tensor Threshold, Tensor? LogScale = null, Tensor? Bias = null);
