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
        /// Hook point, and how text becomes contexts.
        Extract: ExtractSpec
        /// The dictionary: kind, K, size.
        Sae: SaeSpec
        /// How the dictionary is trained.
        Train: TrainSpec
        /// How many held-out tokens the metrics read.
        Evaluate: EvaluateSpec
        /// Seed of the start weights and of the order of the data.
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
