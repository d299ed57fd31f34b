namespace Interp

open Interp.Hooks

/// One point of a sweep.
type Cell =
    {
        /// Axis and value, in the order in which the axes were added; the seed is not among them.
        Axes: (string * string) list
        /// Everything that determines its numbers.
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
        /// Name of its result's folder.
        Name: string
        /// Columns of the tables that people read; table.csv has all of them.
        Metrics: Metric list
        /// Stages of one's own, which every cell passes after its evaluation.
        Stages: OwnStage list
        /// The points of the grid, in the order of the table.
        Cells: Cell list
    }

/// Begins an experiment and edits all of its cells; `Sweep` multiplies them.
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

    /// Which language model is read.
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

    /// Edits of the extraction, such as `Extract.contextLength 256`.
    let extract (change: Spec -> Spec) = edit change

    /// Edits of the dictionary, such as `Sae.topK 32 >> Sae.expansion 8`.
    let sae (change: Spec -> Spec) = edit change

    /// Edits of the training, such as `Train.batch 512 >> Train.passes 3`.
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
    /// A small model of the Phi-3 family that was trained on the embedded world.
    let world = WorldModel

/// Models of your own.
[<RequireQualifiedAccess>]
module Model =
    /// A Hugging Face folder, a .gguf file, or org/name of a model that was downloaded; `--model PATH` names another one.
    let path path = ModelPath path

/// Names of hook points, as TransformerLens writes them.
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
