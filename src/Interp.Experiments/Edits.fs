namespace Interp

open Interp.Activations
open Interp.Autoencoders

/// Edits of how activations are extracted.
[<RequireQualifiedAccess>]
module Extract =
    /// The hook point that is read.
    let hook hook (spec: Spec) =
        { spec with
            Extract.Hook = Codec.hookName hook
        }

    /// The hook point that a transcoder reconstructs.
    let target hook (spec: Spec) =
        { spec with
            Extract.Target = Some(Codec.hookName hook)
        }

    /// What is read is what is reconstructed.
    let withoutTarget (spec: Spec) = { spec with Extract.Target = None }

    /// Tokens of a context, BOS included.
    let contextLength length (spec: Spec) =
        { spec with
            Extract.ContextLength = length
        }

    /// Leading positions of each context that do not count.
    let skipPositions count (spec: Spec) =
        { spec with
            Extract.SkipPositions = count
        }

    /// Tokens whose norm exceeds this multiple of the median do not count.
    let skipNorm factor (spec: Spec) =
        { spec with
            Extract.SkipNorm = Some factor
        }

    /// Whether contexts begin with BOS.
    let bos rule (spec: Spec) = { spec with Extract.Bos = rule }

    /// Contexts begin with text.
    let withoutBos = bos BosRule.None

    /// How documents fill contexts.
    let packing style (spec: Spec) = { spec with Extract.Packing = style }

/// Edits of the dictionary.
[<RequireQualifiedAccess>]
module Sae =
    /// Which latents are active, and what the loss asks of them.
    let kind kind (spec: Spec) = { spec with Sae.Kind = kind }

    /// Latents per token; on average for BatchTopK and Matryoshka, without meaning for the kinds with a penalty.
    let k k (spec: Spec) = { spec with Sae.K = k }

    /// The same as `k`.
    let topK value = k value

    /// Latents as a multiple of the width.
    let expansion factor (spec: Spec) =
        { spec with
            Sae.Size = Expansion factor
        }

    /// Number of latents, whatever the width.
    let latents count (spec: Spec) = { spec with Sae.Size = Latents count }

    /// What is done to activations before the encoder, and undone behind the decoder.
    let normalise kind (spec: Spec) = { spec with Sae.Normalise = kind }

    /// Start of the decoder bias.
    let preBias start (spec: Spec) = { spec with Sae.PreBias = start }

    /// Start of encoder and decoder.
    let start weights (spec: Spec) = { spec with Sae.Start = weights }

    /// Encoder and decoder stay one matrix.
    let tied (spec: Spec) = { spec with Sae.TiedDecoder = true }

    /// What keeps the decoder's rows at unit norm.
    let decoderRule rule (spec: Spec) = { spec with Sae.DecoderRule = rule }

/// Edits of the training.
[<RequireQualifiedAccess>]
module Train =
    /// Tokens of a step.
    let batch tokens (spec: Spec) = { spec with Train.Batch = tokens }

    /// Passes over the training tokens, each a fresh permutation.
    let passes count (spec: Spec) = { spec with Train.Passes = count }

    /// Peak of the learning rate.
    let learningRate rate (spec: Spec) =
        { spec with
            Train.LearningRate = Rate rate
        }

    /// 2e-4 / sqrt(latents / 2^14).
    let learningRateLaw (spec: Spec) = { spec with Train.LearningRate = Law }

    /// Fraction of the steps in which the learning rate rises from 0.
    let warmUp fraction (spec: Spec) = { spec with Train.WarmUp = fraction }

    /// Fraction of the steps, at the end, in which it falls.
    let decay fraction (spec: Spec) = { spec with Train.Decay = fraction }

    /// Largest norm of all gradients together.
    let clip norm (spec: Spec) = { spec with Train.Clip = Some norm }

    /// K over the run, such as `Linear(from = 512, until = 0.25)`.
    let kSchedule schedule (spec: Spec) =
        { spec with Train.KSchedule = schedule }

    /// AuxK with this coefficient; half the width latents per token.
    let auxK coefficient (spec: Spec) =
        { spec with
            Train.Aux =
                Some
                    {
                        Coefficient = coefficient
                        KAux = None
                    }
        }

    /// Nothing revives dead latents.
    let withoutAuxK (spec: Spec) = { spec with Train.Aux = None }

    /// Coefficient of the sparsity penalty of the kinds without a K.
    let sparsity coefficient (spec: Spec) =
        { spec with
            Train.Sparsity = coefficient
        }

    /// Coefficient of JumpReLU's pre-activation loss.
    let preActivation coefficient (spec: Spec) =
        { spec with
            Train.PreActivation = coefficient
        }

    /// Dead latents are given directions of badly reconstructed tokens every so many steps.
    let resample steps (spec: Spec) =
        { spec with
            Train.Resample = Some steps
        }

    /// How a gradient becomes a step.
    let optimiser rule (spec: Spec) = { spec with Train.Optimiser = rule }

    /// Share of the weights that each step of rate 1 takes away, decoupled from the gradient.
    let weightDecay rate (spec: Spec) = { spec with Train.WeightDecay = rate }

    /// Where the squared error is measured.
    let lossSpace space (spec: Spec) = { spec with Train.LossSpace = space }

    /// Factor of the mean squared error, which else is divided by the batch's variance.
    let lossScale factor (spec: Spec) =
        { spec with
            Train.LossScale = Some factor
        }

    /// What AuxK minimises.
    let auxForm form (spec: Spec) = { spec with Train.AuxForm = form }

    /// Coefficient of the squares of the encoder's weights in the loss.
    let encoderPenalty coefficient (spec: Spec) =
        { spec with
            Train.EncoderPenalty = coefficient
        }

    /// Shape of the decay, and the fraction of the rate where it ends.
    let decayTo shape fraction (spec: Spec) =
        { spec with
            Train.DecayShape = shape
            Train.DecayTo = fraction
        }

    /// The data is shuffled within so many training tokens instead of all; a live run then keeps no more in memory.
    let shuffle tokens (spec: Spec) =
        { spec with
            Train.Shuffle = Some tokens
        }

    /// A latent silent for more training tokens than this counts as dead.
    let deadWindow tokens (spec: Spec) = { spec with Train.DeadWindow = tokens }

/// Short names for the choices of a spec.
[<AutoOpen>]
module Choices =
    /// Mean and deviation of each token's activation are taken out, and put back behind the decoder.
    let PerTokenLayerNorm = InputNormalisation.PerTokenLayerNorm

    /// Each token is scaled to a norm of √width, and back behind the decoder.
    let PerTokenNorm = InputNormalisation.PerTokenNorm

    /// The data's mean is subtracted, and one factor then makes the mean squared norm the width.
    let Centred = InputNormalisation.Centred

    /// One factor for all tokens makes the mean squared norm the width.
    let DatasetScale = InputNormalisation.DatasetScale

    /// The decoder bias starts at 0.
    let ZeroBias = PreBias.Zero

    /// The decoder bias starts at the mean of the data as it enters the encoder.
    let DataMean = PreBias.Mean

    /// The decoder bias starts at the geometric median of the data as it enters the encoder.
    let GeometricMedian = PreBias.GeometricMedian

    /// Start weights are directions of training tokens.
    let DataStart = StartWeights.Data

    /// Start weights are those of the original work.
    let OriginalStart = StartWeights.Original

    /// Start weights are random directions, the encoder equal to the decoder.
    let TiedStart = StartWeights.Tied

    /// The decoder's rows are brought to unit norm after each step.
    let UnitAfterStep = DecoderRule.UnitAfterStep

    /// The squared error is measured where the encoder reads.
    let EncoderSpace = LossSpace.Encoder

    /// The squared error is measured in the model's own scale.
    let RawSpace = LossSpace.Raw

    /// AuxK's squared error relative to the variance of what it reconstructs (openai/sparse_autoencoder).
    let NormalisedAux = AuxiliaryForm.Normalised

    /// AuxK with a gradient through its target as well (the original work).
    let UndetachedAux = AuxiliaryForm.Undetached

    /// Documents fill contexts without a gap, each with the token that ends a text behind it.
    let Separated = PackingStyle.Separated

    /// A context holds one document.
    let OneDocument = PackingStyle.OneDocument
