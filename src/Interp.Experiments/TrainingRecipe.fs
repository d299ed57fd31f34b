namespace Interp

open System
open Interp.Autoencoders

/// What the trainer makes of a spec.
[<RequireQualifiedAccess>]
module internal TrainingRecipe =
    /// A kind of dictionary with the settings of a spec.
    let kindOf (spec: Spec) kind : SaeKind =
        match kind with
        | TopK -> SaeKind.TopK
        | MultiTopK -> TopKDictionary(MultiWeight = 0.125)
        | BatchTopK -> BatchTopKDictionary()
        | Matryoshka prefixes -> MatryoshkaDictionary(Array.ofList prefixes)
        | JumpReLU -> JumpReluDictionary(PreActivation = spec.Train.PreActivation)
        | JumpReLUTanh ->
            JumpReluDictionary(JumpPenalty.Tanh, StraightThrough = true, PreActivation = spec.Train.PreActivation)
        | Gated -> GatedDictionary()
        | ReLU -> ReluDictionary()
        | Transcoder -> TranscoderDictionary()
        | SkipTranscoder -> TranscoderDictionary(Skip = true)

    /// The kind of dictionary of a spec.
    let kind (spec: Spec) = kindOf spec spec.Sae.Kind

    /// Number of latents for a width; the largest whole number where there would be more.
    let latents width (spec: Spec) =
        match spec.Sae.Size with
        | Expansion factor -> int (min (int64 Int32.MaxValue) (int64 factor * int64 width))
        | Latents count -> count

    /// A spec as its training reads it: the K of a kind that has none is the default one.
    let read (spec: Spec) =
        if (kind spec).UsesK then
            spec
        else
            { spec with Sae.K = SaeSpec.Default.K }

    /// The recipe that the trainer gets.
    let ofSpec width (spec: Spec) =
        let kind = kind spec
        let latents = latents width spec

        let schedule =
            match spec.Train.KSchedule with
            | Constant -> KSchedule.Constant
            | Linear(from, until) -> LinearK(from, until)
            | Cosine(from, until) -> CosineK(from, until)
            | Exponential(from, until) -> ExponentialK(from, until)
            | Step(from, until) -> StepK(from, until)

        let peak =
            match spec.Train.LearningRate with
            | Rate rate -> Nullable rate
            | Law -> Nullable()

        let auxiliary: AuxiliaryLoss | null =
            match spec.Train.Aux with
            | None -> null
            | Some aux -> AuxiliaryLoss(Option.toNullable aux.KAux, aux.Coefficient, Form = spec.Train.AuxForm)

        let resampling: Resampling | null =
            match spec.Train.Resample with
            | None -> null
            | Some steps -> Resampling steps

        TrainingSpec(
            Resampling = resampling,
            Kind = kind,
            Sparsity = SparsityPenalty(spec.Train.Sparsity, spec.Train.SparsityWarmUp),
            Start = spec.Sae.Start,
            Latents = latents,
            K = (if kind.UsesK then spec.Sae.K else min spec.Sae.K latents),
            KSchedule = schedule,
            BatchSize = spec.Train.Batch,
            Passes = spec.Train.Passes,
            LearningRate =
                LearningRateSchedule(
                    peak,
                    spec.Train.WarmUp,
                    spec.Train.Decay,
                    spec.Train.DecayShape,
                    spec.Train.DecayTo
                ),
            LossSpace = spec.Train.LossSpace,
            MseScale = Option.toNullable spec.Train.LossScale,
            EncoderPenalty = spec.Train.EncoderPenalty,
            Optimiser = OptimiserSpec(WeightDecay = spec.Train.WeightDecay, Rule = spec.Train.Optimiser),
            ShuffleRows = Option.toNullable spec.Train.Shuffle,
            Clip = Option.toNullable spec.Train.Clip,
            Normalisation = spec.Sae.Normalise,
            PreBias = spec.Sae.PreBias,
            TiedDecoder = spec.Sae.TiedDecoder,
            DecoderRule = spec.Sae.DecoderRule,
            Auxiliary = auxiliary,
            Dead = DeadRule(int64 spec.Train.DeadWindow),
            Seed = int64 spec.Seed
        )
