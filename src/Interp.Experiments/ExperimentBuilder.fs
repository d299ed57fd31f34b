namespace Interp

/// The same values as the pipeline gives, for those who like `experiment "name" { ... }`: each word is the function of that
/// name in `Experiment` or `Sweep`.
type ExperimentBuilder internal (name: string) =
    /// An experiment of one cell with the default spec, before the first word.
    member _.Yield(_: unit) = Experiment.create name
    /// The same where no word follows.
    member _.Zero() = Experiment.create name

    /// Which language model is read.
    [<CustomOperation "model">]
    member _.Model(experiment, source) = Experiment.model source experiment

    /// Which activations: hook point and text.
    [<CustomOperation "activations">]
    member _.Activations(experiment, hook, corpus) =
        Experiment.activations hook corpus experiment

    /// What a transcoder reads, what it reconstructs, and text.
    [<CustomOperation "transcode">]
    member _.Transcode(experiment, hook, target, corpus) =
        Experiment.transcode hook target corpus experiment

    /// Edits of the extraction.
    [<CustomOperation "extract">]
    member _.Extract(experiment, change) = Experiment.extract change experiment

    /// Edits of the dictionary.
    [<CustomOperation "sae">]
    member _.Sae(experiment, change) = Experiment.sae change experiment

    /// Edits of the training.
    [<CustomOperation "train">]
    member _.Train(experiment, change) = Experiment.train change experiment

    /// Which metrics the printed table shows.
    [<CustomOperation "evaluate">]
    member _.Evaluate(experiment, metrics) = Experiment.evaluate metrics experiment

    /// How much held-out text the metrics read.
    [<CustomOperation "evaluateOn">]
    member _.EvaluateOn(experiment, deadTokens, lossTokens) =
        Experiment.evaluateOn deadTokens lossTokens experiment

    /// An edit of the spec of every cell.
    [<CustomOperation "edit">]
    member _.Edit(experiment, change) = Experiment.edit change experiment

    /// A stage of one's own: name, version and function of the evaluated cell.
    [<CustomOperation "stage">]
    member _.Stage(experiment, name, version, measure) =
        Experiment.stage name version measure experiment

    /// An axis of values and what each sets.
    [<CustomOperation "over">]
    member _.Over(experiment, axis, values: 'T list, edit) = Sweep.over axis values edit experiment

    /// An axis of named edits.
    [<CustomOperation "cases">]
    member _.Cases(experiment, axis, choices) = Sweep.cases axis choices experiment

    /// Cells drawn from ranges by a seed.
    [<CustomOperation "random">]
    member _.Random(experiment, seed, count, draws) =
        Sweep.random seed count draws experiment

    /// Every cell with seeds 1 to this many.
    [<CustomOperation "seeds">]
    member _.Seeds(experiment, count) = Sweep.seeds count experiment

    /// Only cells that meet this.
    [<CustomOperation "where">]
    member _.Where(experiment, predicate) = Sweep.filter predicate experiment

    /// Any other sweep, such as `sweep (Sweep.union [ ... ])`.
    [<CustomOperation "sweep">]
    member _.Sweep(experiment: Experiment, sweep: Experiment -> Experiment) = sweep experiment

/// The beginning of the computation expression.
[<AutoOpen>]
module ExperimentBuilder =
    /// Begins the description of an experiment: `experiment "name" { model Assets.world; ... }`.
    let experiment name = ExperimentBuilder name
