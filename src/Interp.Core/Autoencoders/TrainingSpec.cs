using Interp.Autoencoders.Kernels;
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

/// <summary>How encoder and decoder start. The encoder bias starts at 0.</summary>
public enum StartWeights
{
    /// <summary>Decoder rows uniform on the unit sphere, the encoder equal to the decoder.</summary>
    Tied,

    /// <summary>Decoder rows are tokens of the data without the pre-bias, set to unit norm, the encoder equal to the decoder
    /// (Anthropic, October 2025); the same token is not taken twice.</summary>
    Data,

    /// <summary>Encoder rows normal with variance 2/d; the decoder equal to them, then every column, that is every dimension of the
    /// model, set to unit norm over the latents (the original replication).</summary>
    Original,
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

/// <summary>When a step looks who is dead.</summary>
public enum DeadCount
{
    /// <summary>After the counters have moved by its own forward pass (openai/sparse_autoencoder); a latent that fired has silence of one step.</summary>
    AfterForward,

    /// <summary>Before its forward pass; afterwards a latent that fired has silence 0 (SAELens).</summary>
    BeforeForward,
}

/// <summary>Where the loss is measured.</summary>
public enum LossSpace
{
    /// <summary>In the encoder's space, after the input normalisation.</summary>
    Encoder,

    /// <summary>In the model's own scale, after the normalisation has been undone.</summary>
    Raw,
}

/// <summary>The form of AuxK. ê is what the helpers decode, e = x - x̂.</summary>
public enum AuxiliaryForm
{
    /// <summary>mean((ê-e)²) / mean((mean over tokens of e - e)²), e detached, helpers after a ReLU (openai/sparse_autoencoder).</summary>
    Normalised,

    /// <summary>Mean over tokens of ‖ê-e‖², e detached, helpers without a ReLU (SAELens).</summary>
    SumOverWidth,

    /// <summary>mean((ê+b-e)²) with a gradient through e as well (the original replication).</summary>
    Undetached,
}

/// <summary>The coefficient of a kind's sparsity penalty over a run.</summary>
/// <param name="Coefficient">λ after the warm-up.</param>
/// <param name="WarmUp">Fraction of the run in which it rises from 0: step t has λ·t/(WarmUp · total).</param>
public sealed record SparsityPenalty(double Coefficient = 1, double WarmUp = 0.05)
{
    /// <summary>The coefficient at a step, counted from 0.</summary>
    public double At(int step, int totalSteps)
    {
        var warm = WarmUp * totalSteps;
        return step < warm ? Coefficient * step / warm : Coefficient;
    }
}

/// <summary>When a latent counts as dead: its counter, (fired ? 0 : counter) + the step or its tokens, exceeds the window.</summary>
/// <param name="Window">Steps or tokens.</param>
/// <param name="Unit">Which of the two.</param>
/// <param name="FiredAbove">A latent fired in a step when a selected value exceeds this.</param>
/// <param name="Counted">When a step looks who is dead.</param>
public sealed record DeadRule(long Window, DeadUnit Unit = DeadUnit.Tokens, double FiredAbove = 0, DeadCount Counted = DeadCount.AfterForward)
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
/// <param name="Form">The formula.</param>
public sealed record AuxiliaryLoss(int? K = null, double Coefficient = 1.0 / 32, bool ScaleByDead = false, bool BiasGradient = false, AuxiliaryForm Form = AuxiliaryForm.Normalised)
{
    /// <summary>Latents per token for an input width.</summary>
    internal int Room(int width) => K ?? Math.Max(1, width / 2);
}

/// <summary>How gradients move parameters; m is the running mean of gradients, v that of their squares.</summary>
public enum Optimiser
{
    /// <summary>p ← p - rate·m̂/(√v̂ + ε), with bias correction (Kingma &amp; Ba 2015); with weight decay it is AdamW (Loshchilov &amp; Hutter 2019).</summary>
    Adam,

    /// <summary>p ← p - rate·sign(m) (Bernstein et al. 2018); wants a lower rate than Adam.</summary>
    Signum,
}

/// <summary>An optimiser with its constants.</summary>
/// <param name="Beta1">Decay of the mean of gradients.</param>
/// <param name="Beta2">Decay of the mean of squared gradients.</param>
/// <param name="Epsilon">Added to √v̂.</param>
/// <param name="WeightDecay">Decoupled weight decay: p ← p·(1 - rate·decay) before each step.</param>
/// <param name="Rule">Which optimiser.</param>
public sealed record OptimiserSpec(double Beta1 = 0.9, double Beta2 = 0.999, double Epsilon = 6.25e-10, double WeightDecay = 0, Optimiser Rule = Optimiser.Adam);

/// <summary>Everything that determines the training of an autoencoder, apart from its data.</summary>
public sealed partial record TrainingSpec
{
    /// <summary>A recipe for trainings by hand; experiments give every value by themselves.</summary>
    public static TrainingSpec Default { get; } = new();

    /// <summary>The kind of dictionary.</summary>
    public SaeKind Kind { get; init; } = SaeKind.TopK;

    /// <summary>The sparsity penalty of the kinds that have one instead of a K.</summary>
    public SparsityPenalty Sparsity { get; init; } = new();

    /// <summary>Where the loss is measured.</summary>
    public LossSpace LossSpace { get; init; } = LossSpace.Encoder;

    /// <summary>Coefficient of Σ E², a part of the loss; 0: none.</summary>
    public double EncoderPenalty { get; init; }

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

    /// <summary>The data is shuffled within windows of so many rows, and input normalisation and start weights come from the first; null:
    /// all rows together. Training while extracting holds one window in memory.</summary>
    public int? ShuffleRows { get; init; }

    /// <summary>Learning rate; runs of some hundred to some thousand steps want several times what <see cref="LearningRateSchedule.Law"/> gives.</summary>
    public LearningRateSchedule LearningRate { get; init; } = new(Peak: 1e-3, WarmUp: 0.05, Decay: 0.2);

    /// <summary>The optimiser.</summary>
    public OptimiserSpec Optimiser { get; init; } = new();

    /// <summary>All gradients are multiplied by min(1, Clip / (their joint norm + 1e-6)); null: never.</summary>
    public double? Clip { get; init; }

    /// <summary>What happens to a token before the encoder, undone after the decoder.</summary>
    public InputNormalisation Normalisation { get; init; } = InputNormalisation.Centred;

    /// <summary>Start of the decoder bias.</summary>
    public PreBias PreBias { get; init; } = PreBias.Mean;

    /// <summary>Start of encoder and decoder.</summary>
    public StartWeights Start { get; init; } = StartWeights.Tied;

    /// <summary>Encoder and decoder stay one matrix.</summary>
    public bool TiedDecoder { get; init; }

    /// <summary>Norm of the decoder's rows.</summary>
    public DecoderRule DecoderRule { get; init; } = DecoderRule.UnitAfterStep;

    /// <summary>
    /// The main loss is this · mean((x̂-x)²). Null, the default: divided by the batch's mean squared deviation from its mean,
    /// which makes it the batch's fraction of variance unexplained, free of the data's scale and the same in all experiments; for
    /// the kinds with a sparsity penalty, times the width, as their papers have it.
    /// </summary>
    public double? MseScale { get; init; }

    /// <summary>AuxK; null: none.</summary>
    public AuxiliaryLoss? Auxiliary { get; init; }

    /// <summary>Resampling of dead latents; null: none.</summary>
    public Resampling? Resampling { get; init; }

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
        Require(ShuffleRows is null || ShuffleRows >= BatchSize, $"The data is shuffled within {ShuffleRows} rows; give at least a batch ({BatchSize}), or nothing.");
        Require(LearningRate.Peak is null or (>= 0 and < double.PositiveInfinity), $"The learning rate is {LearningRate.Peak}; give a number from 0 on.");
        Require(LearningRate.WarmUp is >= 0 and <= 1 && LearningRate.Decay is >= 0 and <= 1, "Warm-up and decay are fractions of the run; give numbers from 0 to 1.");
        Require(Optimiser.WeightDecay >= 0, $"The weight decay is {Optimiser.WeightDecay}; give 0 or more.");
        Require(Clip is null or > 0, $"The gradient is clipped at {Clip}; give a number above 0, or nothing.");
        Require(Resampling is null or { Every: >= 1, Until: >= 0 and <= 1 } && (Resampling is null || !Kind.IsTranscoder), "Dead latents are resampled every so many steps, up to a fraction of the run, of anything but a transcoder; give 1 or more steps and a fraction from 0 to 1.");
        Require(Auxiliary?.K is null or >= 1, $"AuxK uses {Auxiliary?.K} latents; give 1 or more.");
        Require(Sparsity.Coefficient >= 0 && Sparsity.WarmUp is >= 0 and <= 1, $"The sparsity penalty is {Sparsity.Coefficient} after a warm-up of {Sparsity.WarmUp} of the run; give a coefficient of 0 or more and a fraction from 0 to 1.");
        Require(!TiedDecoder || Start != StartWeights.Original, "The original start weights differ between encoder and decoder, so these cannot be tied; choose another start.");
        Require(LossSpace == LossSpace.Encoder || !Kind.IsTranscoder, $"A {Kind.Name} has no way back to the scale of what it reads, so its loss cannot be measured there; measure it in the encoder's space.");
        Require(EncoderPenalty >= 0, $"The penalty on the encoder is {EncoderPenalty}; give 0 or more.");
        Require(!TiedDecoder || Kind.SubtractsBias, $"A {Kind.Name} has an output of its own, so its decoder cannot be tied; set TiedDecoder to false.");
        problems.AddRange(Kind.Problems(Latents));
        return problems;
    }

    /// <summary>Rows of a shuffling window of a source.</summary>
    internal int Window(long rows) => (int)Math.Min(ShuffleRows ?? rows, rows);

    /// <summary>The largest k of the schedule; for the kinds without a K half of the latents, as many as are active at the start.</summary>
    public int LargestK => Kind.UsesK ? Math.Max(K, Math.Min(KSchedule.From, Latents)) : Latents / 2;

    /// <summary>Entries per token that the fused kernel keeps at the largest k, those of a second reconstruction included.</summary>
    public long LargestEntries => LargestK + (Kind.Rule<float>(Latents)?.Second is { } second ? Math.Min((second.Factor ?? 1L) * LargestK, Latents) : 0);

    /// <summary>Whether the fused kernel computes a step at the largest k densely, with a number for every token and latent.</summary>
    /// <param name="output">Width of what is reconstructed.</param>
    public bool IsDenseAtLargestK(int output) => DenseChunks<float>.Pays(LargestK, 1, Latents, output);

    /// <summary>Whether the fused kernel has this recipe's loss.</summary>
    public bool IsFused => Kind.Rule<float>(Latents) is { } rule
        && (!CpuKernel<float>.IsIndirect(this) || (rule.IsPlain && MseScale is not null && (LossSpace == LossSpace.Encoder || Auxiliary is null or { Form: AuxiliaryForm.Undetached })));

    /// <exception cref="InterpException">The first of <see cref="Problems"/>.</exception>
    public void Validate()
    {
        if (Problems() is [var problem, ..])
            throw new InterpException(problem);
    }
}
