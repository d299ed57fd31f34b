using Interp.Runtime;

namespace Interp.Autoencoders;

/// <summary>Where the decoder bias, which is also subtracted before the encoder, starts.</summary>
public enum PreBias
{
    /// <summary>At 0.</summary>
    Zero,

    /// <summary>At the mean of the data as it enters the encoder, that is after the input normalisation.</summary>
    Mean,

    /// <summary>At the geometric median of the data as it enters the encoder.</summary>
    GeometricMedian,
}

/// <summary>What keeps the decoder's rows at unit norm.</summary>
public enum DecoderRule
{
    /// <summary>Nothing.</summary>
    Free,

    /// <summary>The gradient is projected off the rows; rows are set to unit norm after the optimiser step.</summary>
    UnitAfterStep,

    /// <summary>Rows are set to unit norm after the backward pass, then the gradient is projected, then the optimiser steps
    /// (openai/sparse_autoencoder), so that rows are not exactly unit after a step.</summary>
    UnitBeforeStep,
}

/// <summary>In what a latent's silence is counted.</summary>
public enum DeadUnit
{
    /// <summary>Optimiser steps.</summary>
    Steps,

    /// <summary>Tokens.</summary>
    Tokens,
}

/// <summary>When a latent counts as dead: its counter, (fired ? 0 : counter) + the step or its tokens, exceeds the window.</summary>
/// <param name="Window">Steps or tokens.</param>
/// <param name="Unit">Which of the two.</param>
/// <param name="FiredAbove">A latent fired in a step when a selected value exceeds this.</param>
public sealed record DeadRule(long Window, DeadUnit Unit = DeadUnit.Tokens, double FiredAbove = 0)
{
    /// <summary>What one step of a number of tokens adds to the counters.</summary>
    internal long Step(long tokens) => Unit == DeadUnit.Steps ? 1 : tokens;
}

/// <summary>
/// AuxK: dead latents reconstruct the error e = x - x̂, which is detached. Per token the <paramref name="K"/> largest
/// positive pre-activations of dead latents give ê without bias; the term is
/// coefficient · mean((ê-e)²) / mean((mean over tokens of e - e)²), 0 where the denominator is 0
/// (the form of openai/sparse_autoencoder).
/// </summary>
/// <param name="K">Latents per token; null: half the input's width.</param>
/// <param name="Coefficient">Weight of the term.</param>
/// <param name="ScaleByDead">Multiply by min(dead / K, 1).</param>
/// <param name="BiasGradient">The decoder bias takes part in ê and in the target: it cancels in the value but receives a gradient.</param>
public sealed record AuxiliaryLoss(int? K = null, double Coefficient = 1.0 / 32, bool ScaleByDead = false, bool BiasGradient = false)
{
    /// <summary>Latents per token for an input width.</summary>
    internal int Room(int width) => K ?? Math.Max(1, width / 2);
}

/// <summary>Adam with bias correction; with weight decay it is AdamW: p ← p·(1 - rate·decay) before each step.</summary>
/// <param name="Beta1">Decay of the mean of gradients.</param>
/// <param name="Beta2">Decay of the mean of squared gradients.</param>
/// <param name="Epsilon">Added to √v̂.</param>
/// <param name="WeightDecay">Decoupled weight decay.</param>
public sealed record AdamSpec(double Beta1 = 0.9, double Beta2 = 0.999, double Epsilon = 6.25e-10, double WeightDecay = 0);

/// <summary>Everything that determines the training of a TopK autoencoder, apart from its data.</summary>
public sealed record TrainingSpec
{
    /// <summary>The defaults that an experiment starts from.</summary>
    public static TrainingSpec Default { get; } = new();

    /// <summary>Number of latents.</summary>
    public int Latents { get; init; } = 1024;

    /// <summary>Target number of active latents per token.</summary>
    public int K { get; init; } = 32;

    /// <summary>The way to the target.</summary>
    public KSchedule KSchedule { get; init; } = KSchedule.Constant;

    /// <summary>Tokens per step.</summary>
    public int BatchSize { get; init; } = 512;

    /// <summary>Passes over the source, each a fresh permutation.</summary>
    public int Passes { get; init; } = 1;

    /// <summary>Learning rate; runs of some hundred to some thousand steps want several times what <see cref="LearningRateSchedule.Law"/> gives.</summary>
    public LearningRateSchedule LearningRate { get; init; } = new(Peak: 1e-3, WarmUp: 0.05, Decay: 0.2);

    /// <summary>The optimiser's constants.</summary>
    public AdamSpec Adam { get; init; } = new();

    /// <summary>All gradients are multiplied by min(1, Clip / (their joint norm + 1e-6)); null: never.</summary>
    public double? Clip { get; init; }

    /// <summary>What happens to a token before the encoder, undone after the decoder.</summary>
    public InputNormalisation Normalisation { get; init; } = InputNormalisation.Centred;

    /// <summary>Start of the decoder bias.</summary>
    public PreBias PreBias { get; init; } = PreBias.Mean;

    /// <summary>Encoder and decoder stay one matrix; they always start as one.</summary>
    public bool TiedDecoder { get; init; }

    /// <summary>Norm of the decoder's rows.</summary>
    public DecoderRule DecoderRule { get; init; } = DecoderRule.UnitAfterStep;

    /// <summary>
    /// The main loss is this · mean((x̂-x)²). Null, the default: divided by the batch's mean squared deviation from its mean,
    /// which makes it the batch's fraction of variance unexplained, free of the data's scale and the same in all experiments.
    /// </summary>
    public double? MseScale { get; init; }

    /// <summary>AuxK; null: none.</summary>
    public AuxiliaryLoss? Auxiliary { get; init; }

    /// <summary>When a latent is dead.</summary>
    public DeadRule Dead { get; init; } = new(50_000);

    /// <summary>Seed of the start weights and the order of the data.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>The problems of this spec, each a sentence; empty when there is none.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        void Require(bool holds, string sentence)
        {
            if (!holds)
                problems.Add(sentence);
        }
        Require(Latents >= 1, $"The dictionary has {Latents} latents; give 1 or more.");
        Require(K >= 1, $"K is {K}; give 1 or more.");
        Require(K <= Latents, $"K is {K}, more than the dictionary's {Latents} latents; lower K or enlarge the dictionary.");
        Require(KSchedule.From >= 0 && KSchedule.Until is >= 0 and <= 1, $"The K schedule goes from {KSchedule.From} until {KSchedule.Until} of the run; give a start of 1 or more and an end from 0 to 1.");
        Require(BatchSize >= 1 && Passes >= 1, $"Batch size {BatchSize} and {Passes} passes are not possible; give 1 or more of each.");
        Require(LearningRate.Peak is null or (>= 0 and < double.PositiveInfinity), $"The learning rate is {LearningRate.Peak}; give a number from 0 on.");
        Require(LearningRate.WarmUp is >= 0 and <= 1 && LearningRate.Decay is >= 0 and <= 1, "Warm-up and decay are fractions of the run; give numbers from 0 to 1.");
        Require(Clip is null or > 0, $"The gradient is clipped at {Clip}; give a number above 0, or nothing.");
        Require(Auxiliary?.K is null or >= 1, $"AuxK uses {Auxiliary?.K} latents; give 1 or more.");
        return problems;
    }

    /// <exception cref="InterpException">The first of <see cref="Problems"/>.</exception>
    public void Validate()
    {
        if (Problems() is [var problem, ..])
            throw new InterpException(problem);
    }
}
