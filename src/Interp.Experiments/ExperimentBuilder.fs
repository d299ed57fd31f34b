namespace Interp

/// The same values as the pipeline gives, for those who like `experiment "name" { ... }`: each word is the function of that
/// name in `Experiment` or `Sweep`.
type ExperimentBuilder internal (name: string) =
    member _.Yield(_: unit) = Experiment.create name
    member _.Zero() = Experiment.create name

    [<CustomOperation "model">]
    member _.Model(experiment, source) = Experiment.model source experiment

    [<CustomOperation "activations">]
    member _.Activations(experiment, hook, corpus) =
        Experiment.activations hook corpus experiment

    [<CustomOperation "transcode">]
    member _.Transcode(experiment, hook, target, corpus) =
        Experiment.transcode hook target corpus experiment

    [<CustomOperation "extract">]
    member _.Extract(experiment, change) = Experiment.extract change experiment

    [<CustomOperation "sae">]
    member _.Sae(experiment, change) = Experiment.sae change experiment

    [<CustomOperation "train">]
    member _.Train(experiment, change) = Experiment.train change experiment

    [<CustomOperation "evaluate">]
    member _.Evaluate(experiment, metrics) = Experiment.evaluate metrics experiment

    [<CustomOperation "evaluateOn">]
    member _.EvaluateOn(experiment, deadTokens, lossTokens) =
        Experiment.evaluateOn deadTokens lossTokens experiment

    [<CustomOperation "edit">]
    member _.Edit(experiment, change) = Experiment.edit change experiment

    [<CustomOperation "stage">]
    member _.Stage(experiment, name, version, measure) =
        Experiment.stage name version measure experiment

    [<CustomOperation "over">]
    member _.Over(experiment, axis, values: 'T list, edit) = Sweep.over axis values edit experiment

    [<CustomOperation "cases">]
    member _.Cases(experiment, axis, choices) = Sweep.cases axis choices experiment

    [<CustomOperation "random">]
    member _.Random(experiment, seed, count, draws) =
        Sweep.random seed count draws experiment

    [<CustomOperation "seeds">]
    member _.Seeds(experiment, count) = Sweep.seeds count experiment

    [<CustomOperation "where">]
    member _.Where(experiment, predicate) = Sweep.filter predicate experiment

    /// Any other sweep, such as `sweep (Sweep.union [ ... ])`.
    [<CustomOperation "sweep">]
    member _.Sweep(experiment: Experiment, sweep: Experiment -> Experiment) = sweep experiment

[<AutoOpen>]
module ExperimentBuilder =
    /// Begins the description of an experiment: `experiment "name" { model Assets.world; ... }`.
    let experiment name = ExperimentBuilder name
