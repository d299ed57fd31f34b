namespace Interp

/// What is measured on held-out documents.
type EvaluateSpec =
    {
        /// Held-out tokens that are encoded to find dead latents; fewer where there is less text.
        DeadTokens: int
        /// Held-out tokens on which cross-entropy is measured.
        LossTokens: int
    }

    /// What is not said otherwise.
    static member Default =
        {
            DeadTokens = 200_000
            LossTokens = 30_000
        }

/// One cell of an experiment: everything that determines its numbers.
type Spec =
    {
        /// Which language model is read.
        Model: ModelSource
        /// Which text, and how much of it.
        Corpus: CorpusSpec
        /// Which activations.
        Extract: ExtractSpec
        /// The dictionary.
        Sae: SaeSpec
        /// How it is trained.
        Train: TrainSpec
        /// How much held-out text it is measured on.
        Evaluate: EvaluateSpec
        /// Of the start weights and the order of the data.
        Seed: int
        /// cpu or cuda.
        Device: string
        /// float32, float64 or bfloat16.
        Precision: string
        /// automatic, cpu or aten.
        Kernel: string
    }

    /// What is not said otherwise.
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
