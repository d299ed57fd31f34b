namespace Interp

open Interp.Activations
open Interp.Autoencoders
open Interp.Hooks

/// One point of a sweep.
type Cell =
    {
        /// Axis and value, in the order in which the axes were added; the seed is not among them.
        Axes: (string * string) list
        Spec: Spec
    }

    /// What makes the cell the group it is in: all axes but the seed.
    member cell.Group =
        cell.Axes |> List.map (fun (axis, value) -> $"{axis}={value}") |> String.concat ","

    /// Such as k=32,schedule=linear,seed=1.
    member cell.Name =
        let seed = string cell.Spec.Seed

        if cell.Axes.IsEmpty then
            $"seed={seed}"
        else
            $"{cell.Group},seed={seed}"

/// A named set of cells. Edits apply to every cell; sweeps multiply them.
[<NoComparison>]
type Experiment =
    {
        Name: string
        /// Columns of the tables that people read; table.csv has all of them.
        Metrics: Metric list
        /// Stages of one's own, which every cell passes after its evaluation.
        Stages: OwnStage list
        Cells: Cell list
    }

[<RequireQualifiedAccess>]
module Experiment =
    /// One cell with the default spec.
    let create name =
        {
            Name = name
            Metrics = [ Metric.fvu; Metric.l0; Metric.dead; Metric.deadCounter; Metric.ceRecovered ]
            Stages = []
            Cells = [ { Axes = []; Spec = Spec.Default } ]
        }

    /// Applies an edit to the spec of every cell.
    let edit (change: Spec -> Spec) experiment =
        { experiment with
            Cells = experiment.Cells |> List.map (fun cell -> { cell with Spec = change cell.Spec })
        }

    let model source =
        edit (fun spec -> { spec with Model = source })

    /// Which activations: hook point and text.
    let activations (hook: string) corpus =
        edit (fun spec ->
            { spec with
                Corpus = corpus
                Extract.Hook = Codec.hookName hook
            })

    /// What a transcoder reads, what it reconstructs (a later hook point), and text; `Sae.kind SkipTranscoder` gives it a skip connection.
    let transcode hook target corpus =
        activations hook corpus
        >> edit (fun spec ->
            { spec with
                Extract.Target = Some(Codec.hookName target)
                Sae.Kind = Transcoder
            })

    let extract (change: Spec -> Spec) = edit change
    let sae (change: Spec -> Spec) = edit change
    let train (change: Spec -> Spec) = edit change

    /// Which metrics the printed table shows.
    let evaluate metrics (experiment: Experiment) = { experiment with Metrics = metrics }

    /// A stage of one's own: numbers of each evaluated cell, by the names of their columns. It is planned, kept, compared and
    /// made again like the others; raise its version whenever it gives other numbers.
    let stage name version measure experiment =
        { experiment with
            Stages = experiment.Stages @ [ OwnStage.Create(name, version, measure) ]
        }

    /// How much held-out text the metrics read.
    let evaluateOn deadTokens lossTokens =
        edit (fun spec ->
            { spec with
                Evaluate.DeadTokens = deadTokens
                Evaluate.LossTokens = lossTokens
            })

/// Models that come with the repository.
[<RequireQualifiedAccess>]
module Assets =
    let world = WorldModel

[<RequireQualifiedAccess>]
module Model =
    /// A Hugging Face folder, a .gguf file, or org/name of a model that was downloaded; `--model PATH` names another one.
    let path path = ModelPath path

[<RequireQualifiedAccess>]
module Hook =
    /// The residual stream after a block.
    let residPost layer = HookPoint.ResidPost(layer).ToString()

    /// What a block's MLP reads: the residual stream after the norm.
    let mlpIn layer =
        HookPoint(HookSite.MlpIn, layer).ToString()

    /// What a block's MLP adds to the residual stream.
    let mlpOut layer =
        HookPoint(HookSite.MlpOut, layer).ToString()

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
    let withoutBos = bos BosRule.None

    /// How documents fill contexts.
    let packing style (spec: Spec) = { spec with Extract.Packing = style }

[<RequireQualifiedAccess>]
module Sae =
    let kind kind (spec: Spec) = { spec with Sae.Kind = kind }

    /// Latents per token; on average for BatchTopK and Matryoshka, without meaning for the kinds with a penalty.
    let k k (spec: Spec) = { spec with Sae.K = k }
    let topK value = k value

    /// Latents as a multiple of the width.
    let expansion factor (spec: Spec) =
        { spec with
            Sae.Size = Expansion factor
        }

    let latents count (spec: Spec) = { spec with Sae.Size = Latents count }
    let normalise kind (spec: Spec) = { spec with Sae.Normalise = kind }
    let preBias start (spec: Spec) = { spec with Sae.PreBias = start }
    let start weights (spec: Spec) = { spec with Sae.Start = weights }
    let tied (spec: Spec) = { spec with Sae.TiedDecoder = true }

    /// What keeps the decoder's rows at unit norm.
    let decoderRule rule (spec: Spec) = { spec with Sae.DecoderRule = rule }

[<RequireQualifiedAccess>]
module Train =
    let batch tokens (spec: Spec) = { spec with Train.Batch = tokens }
    let passes count (spec: Spec) = { spec with Train.Passes = count }

    let learningRate rate (spec: Spec) =
        { spec with
            Train.LearningRate = Rate rate
        }

    /// 2e-4 / sqrt(latents / 2^14).
    let learningRateLaw (spec: Spec) = { spec with Train.LearningRate = Law }

    /// Fractions of the steps.
    let warmUp fraction (spec: Spec) = { spec with Train.WarmUp = fraction }
    let decay fraction (spec: Spec) = { spec with Train.Decay = fraction }
    let clip norm (spec: Spec) = { spec with Train.Clip = Some norm }

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

    let optimiser rule (spec: Spec) = { spec with Train.Optimiser = rule }

    let weightDecay rate (spec: Spec) = { spec with Train.WeightDecay = rate }

    /// Where the squared error is measured.
    let lossSpace space (spec: Spec) = { spec with Train.LossSpace = space }

    /// Factor of the mean squared error, which else is divided by the batch's variance.
    let lossScale factor (spec: Spec) =
        { spec with
            Train.LossScale = Some factor
        }

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
    let PerTokenLayerNorm = InputNormalisation.PerTokenLayerNorm
    let PerTokenNorm = InputNormalisation.PerTokenNorm
    let Centred = InputNormalisation.Centred
    let DatasetScale = InputNormalisation.DatasetScale
    let ZeroBias = PreBias.Zero
    let DataMean = PreBias.Mean
    let GeometricMedian = PreBias.GeometricMedian
    let DataStart = StartWeights.Data
    let OriginalStart = StartWeights.Original
    let TiedStart = StartWeights.Tied
    let UnitAfterStep = DecoderRule.UnitAfterStep
    let EncoderSpace = LossSpace.Encoder
    let RawSpace = LossSpace.Raw
    let NormalisedAux = AuxiliaryForm.Normalised
    let UndetachedAux = AuxiliaryForm.Undetached
    let Separated = PackingStyle.Separated
    let OneDocument = PackingStyle.OneDocument
