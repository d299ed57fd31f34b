namespace Interp

open Interp.Activations
open Interp.Autoencoders

/// Which language model is read.
type ModelSource =
    /// The model that comes with the repository.
    | WorldModel
    /// A Hugging Face folder, a .gguf file, or org/name of a model that was downloaded.
    | ModelPath of string

/// Which text is read.
type TextSource =
    /// Documents of the embedded world.
    | WorldText
    /// A .txt, .jsonl, .csv, .tsv (each also .gz) or .parquet file, or a folder of them.
    | TextFile of path: string
    /// What is piped in; its kind by an ending such as .csv, or by its first bytes when that is empty.
    | StandardInput of ending: string
    /// Sources by their weights, which are shares of tokens.
    | Mixed of (float * TextSource) list
    /// Activations that are there already, by name, each with how often a pass of training reads a token of it.
    | StoredActivations of (string * float) list

/// Which fields of a record hold a conversation.
type ChatSource =
    /// A list of turns with role and content.
    | MessageList of field: string
    /// What the user says, and what the assistant answers.
    | PromptAndResponse of prompt: string * response: string

/// The text and how many tokens of it count.
type CorpusSpec =
    {
        Source: TextSource
        /// The field of a record that holds the text.
        TextField: string
        /// The fields that hold conversations, which the model's chat template writes; records without them are taken by their text.
        Chat: ChatSource option
        /// Whether documents that repeat an earlier one are left out.
        Distinct: bool
        /// Seed of the documents' order; that of the source when absent.
        Order: int option
        TrainTokens: int
        /// Held-out tokens on which the reconstruction is measured.
        ValidationTokens: int
    }

    static member Default =
        {
            Source = WorldText
            TextField = "text"
            Chat = None
            Distinct = false
            Order = None
            TrainTokens = 200_000
            ValidationTokens = 50_000
        }

/// How activations are extracted, and which tokens are left out.
type ExtractSpec =
    {
        /// TransformerLens name of the hook point.
        Hook: string
        /// The hook point that a transcoder reconstructs; the first one itself when absent.
        Target: string option
        /// Tokens of a context, the one that begins it included.
        ContextLength: int
        /// Whether a context begins with the tokenizer's BOS token: as the tokenizer adds it, always, or never.
        Bos: BosRule
        /// How documents fill contexts.
        Packing: PackingStyle
        /// Leading positions of each context that do not count.
        SkipPositions: int
        /// Tokens whose norm exceeds this multiple of the median norm do not count; none when absent.
        SkipNorm: float option
        /// Contexts of one forward pass; part of the key because it can move a bit.
        BatchContexts: int
    }

    static member Default =
        {
            Hook = "blocks.2.hook_resid_post"
            Target = None
            ContextLength = 128
            Bos = BosRule.Tokenizer
            Packing = PackingStyle.Continuous
            SkipPositions = 0
            SkipNorm = None
            BatchContexts = 8
        }

/// Number of latents.
type DictionarySize =
    /// A multiple of the width of the activations.
    | Expansion of int
    | Latents of int

/// The kind of dictionary.
type SaeKindSpec =
    | TopK
    /// TopK and, with an eighth of the weight, the same loss at 4 K.
    | MultiTopK
    | BatchTopK
    /// BatchTopK whose prefixes of these sizes reconstruct by themselves.
    | Matryoshka of prefixes: int list
    /// Thresholds per latent with an L0 penalty.
    | JumpReLU
    /// Thresholds per latent with a tanh penalty.
    | JumpReLUTanh
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
        Kind: SaeKindSpec
        /// Active latents per token at the end of training and afterwards.
        K: int
        Size: DictionarySize
        Normalise: InputNormalisation
        PreBias: PreBias
        /// Start of encoder and decoder.
        Start: StartWeights
        TiedDecoder: bool
        DecoderRule: DecoderRule
    }

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
    | Constant
    | Linear of from: int * until: float
    | Cosine of from: int * until: float
    | Exponential of from: int * until: float
    | Step of from: int * until: float

/// Peak of the learning rate.
type LearningRateSpec =
    | Rate of float
    /// 2e-4 / sqrt(latents / 2^14).
    | Law

/// AuxK: dead latents reconstruct the error.
type AuxSpec =
    {
        Coefficient: float
        /// Latents per token; half the width when absent.
        KAux: int option
    }

    static member Default =
        {
            Coefficient = 1.0 / 32.0
            KAux = None
        }

/// The training recipe.
type TrainSpec =
    {
        Batch: int
        Passes: int
        LearningRate: LearningRateSpec
        /// Fraction of the steps.
        WarmUp: float
        /// Fraction of the steps, at the end.
        Decay: float
        /// Global gradient norm; not clipped when absent.
        Clip: float option
        KSchedule: KScheduleSpec
        Aux: AuxSpec option
        /// Coefficient of the sparsity penalty of the kinds without a K.
        Sparsity: float
        /// Fraction of the steps in which that coefficient rises from 0.
        SparsityWarmUp: float
        /// Coefficient of JumpReLU's pre-activation loss, which pulls dead latents back.
        PreActivation: float
        /// Steps between two resamplings of dead latents; none when absent.
        Resample: int option
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
        AuxForm: AuxiliaryForm
        /// Coefficient of the sum of the squares of the encoder's weights in the loss.
        EncoderPenalty: float
        DecayShape: DecayShape
        /// Fraction of the learning rate at which the decay ends.
        DecayTo: float
        /// Points of the curves.
        ValidationPoints: int
        /// Held-out tokens of each point.
        CurveTokens: int
    }

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

/// What is measured on held-out documents.
type EvaluateSpec =
    {
        /// Held-out tokens that are encoded to find dead latents; fewer where there is less text.
        DeadTokens: int
        /// Held-out tokens on which cross-entropy is measured.
        LossTokens: int
    }

    static member Default =
        {
            DeadTokens = 200_000
            LossTokens = 30_000
        }

/// One cell of an experiment: everything that determines its numbers.
type Spec =
    {
        Model: ModelSource
        Corpus: CorpusSpec
        Extract: ExtractSpec
        Sae: SaeSpec
        Train: TrainSpec
        Evaluate: EvaluateSpec
        Seed: int
        /// cpu or cuda.
        Device: string
        /// float32, float64 or bfloat16.
        Precision: string
        /// automatic, cpu or aten.
        Kernel: string
    }

    static member Default =
        {
            Model = WorldModel
            Corpus = CorpusSpec.Default
            Extract = ExtractSpec.Default
            Sae = SaeSpec.Default
            Train = TrainSpec.Default
            Evaluate = EvaluateSpec.Default
            Seed = 1
            Device = "cpu"
            Precision = "float32"
            Kernel = "automatic"
        }
