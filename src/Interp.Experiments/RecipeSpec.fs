namespace Interp

open Interp.Autoencoders

/// Number of latents.
type DictionarySize =
    /// A multiple of the width of the activations.
    | Expansion of int
    /// A number of latents, whatever the width.
    | Latents of int

/// The kind of dictionary.
type SaeKindSpec =
    /// The K largest pre-activations of each token.
    | TopK
    /// TopK and, with an eighth of the weight, the same loss at 4 K.
    | MultiTopK
    /// The K largest on average: as many times K as the batch has tokens, wherever they are.
    | BatchTopK
    /// BatchTopK whose prefixes of these sizes reconstruct by themselves.
    | Matryoshka of prefixes: int list
    /// Thresholds per latent with an L0 penalty.
    | JumpReLU
    /// Thresholds per latent with a tanh penalty.
    | JumpReLUTanh
    /// A gate says which latents are active, and a second path how much, with an L1 penalty on the gate.
    | Gated
    /// ReLU with an L1 penalty weighted by decoder norms.
    | ReLU
    /// Reads one hook and reconstructs another, the target of the extraction.
    | Transcoder
    /// The same with a linear way past the latents.
    | SkipTranscoder

    /// Whether it reconstructs another hook than it reads.
    member kind.HasTarget = kind.IsTranscoder || kind.IsSkipTranscoder

/// The autoencoder.
type SaeSpec =
    {
        /// Which latents are active, and what the loss asks of them.
        Kind: SaeKindSpec
        /// Active latents per token at the end of training and afterwards.
        K: int
        /// Number of latents.
        Size: DictionarySize
        /// What is done to activations before the encoder, and undone behind the decoder.
        Normalise: InputNormalisation
        /// Start of the decoder bias.
        PreBias: PreBias
        /// Start of encoder and decoder.
        Start: StartWeights
        /// Whether encoder and decoder stay one matrix.
        TiedDecoder: bool
        /// What keeps the decoder's rows at unit norm.
        DecoderRule: DecoderRule
    }

    /// What is not said otherwise.
    static member Default =
        {
            Kind = TopK
            K = 32
            Size = Expansion 8
            Normalise = InputNormalisation.Centred
            PreBias = PreBias.Mean
            Start = StartWeights.Tied
            TiedDecoder = false
            DecoderRule = DecoderRule.UnitAfterStep
        }

/// k over the run: from a starting value to the target within a fraction of the steps.
type KScheduleSpec =
    /// The target from the first step.
    | Constant
    /// Down on a straight line.
    | Linear of from: int * until: float
    /// Down on half a wave of a cosine.
    | Cosine of from: int * until: float
    /// Down by the same factor each step.
    | Exponential of from: int * until: float
    /// The exponential one in four stairs of equal length.
    | Step of from: int * until: float

/// Peak of the learning rate.
type LearningRateSpec =
    /// The same at every size.
    | Rate of float
    /// 2e-4 / sqrt(latents / 2^14).
    | Law

/// AuxK: dead latents reconstruct the error.
type AuxSpec =
    {
        /// Factor of its loss.
        Coefficient: float
        /// Latents per token; half the width when absent.
        KAux: int option
    }

    /// What is not said otherwise.
    static member Default =
        {
            Coefficient = 1.0 / 32.0
            KAux = None
        }

/// The training recipe.
type TrainSpec =
    {
        /// Tokens of a step.
        Batch: int
        /// Passes over the training tokens, each a fresh permutation.
        Passes: int
        /// Peak of the learning rate.
        LearningRate: LearningRateSpec
        /// Fraction of the steps in which the rate rises from 0.
        WarmUp: float
        /// Fraction of the steps, at the end, in which it falls.
        Decay: float
        /// Global gradient norm; not clipped when absent.
        Clip: float option
        /// How many latents a token may use, step by step.
        KSchedule: KScheduleSpec
        /// AuxK; none when absent.
        Aux: AuxSpec option
        /// Coefficient of the sparsity penalty of the kinds without a K.
        Sparsity: float
        /// Fraction of the steps in which that coefficient rises from 0.
        SparsityWarmUp: float
        /// Coefficient of JumpReLU's pre-activation loss, which pulls dead latents back.
        PreActivation: float
        /// Steps between two resamplings of dead latents; none when absent.
        Resample: int option
        /// How a gradient becomes a step.
        Optimiser: Optimiser
        /// Decoupled from the gradient, so that Adam with it is AdamW.
        WeightDecay: float
        /// Training tokens within which the data is shuffled; all of them when absent.
        Shuffle: int option
        /// A latent silent for more tokens than this counts as dead.
        DeadWindow: int
        /// Where the loss is measured.
        LossSpace: LossSpace
        /// Factor of the mean squared error; when absent, it is divided by the batch's variance.
        LossScale: float option
        /// What AuxK minimises.
        AuxForm: AuxiliaryForm
        /// Coefficient of the sum of the squares of the encoder's weights in the loss.
        EncoderPenalty: float
        /// Shape of the decay of the learning rate.
        DecayShape: DecayShape
        /// Fraction of the learning rate at which the decay ends.
        DecayTo: float
        /// Points of the validation curves, evenly over the steps.
        ValidationPoints: int
        /// Held-out tokens that each point of the curves is measured on.
        CurveTokens: int
    }

    /// What is not said otherwise.
    static member Default =
        {
            Batch = 512
            Passes = 1
            LearningRate = Rate 2e-3
            WarmUp = 0.05
            Decay = 0.2
            Clip = None
            KSchedule = Constant
            Aux = Some AuxSpec.Default
            Sparsity = 1.0
            SparsityWarmUp = 0.25
            PreActivation = 0.0
            Resample = None
            Optimiser = Optimiser.Adam
            WeightDecay = 0.0
            Shuffle = None
            DeadWindow = 15_000
            LossSpace = LossSpace.Encoder
            LossScale = None
            AuxForm = AuxiliaryForm.Normalised
            EncoderPenalty = 0.0
            DecayShape = DecayShape.Linear
            DecayTo = 0.0
            ValidationPoints = 20
            CurveTokens = 8192
        }
