namespace Interp

open System
open System.Collections.Generic
open System.IO
open System.Threading
open Interp.Runtime

/// What a run tells as it goes.
[<NoEquality; NoComparison>]
type RunEvent =
    /// A stage begins: it, its number and how many there are to run.
    | Started of stage: Stage * number: int * total: int
    /// Done and total (tokens), and a few words.
    | Advanced of done': int64 * total: int64 * words: string
    | Finished of stage: Stage * seconds: float
    | Failed of stage: Stage * message: string

/// Runs the stages of a plan that are not in the store, and collects the cells' results.
[<RequireQualifiedAccess>]
module Runner =
    let private runStage (context: StageContext) =
        match context.Stage.Name with
        | "extract" -> ExtractStage.run context
        | "baseline" -> BaselineStage.run context
        | "train" -> TrainStage.run context
        | _ -> EvaluateStage.run context

    /// Refuses at once what would fail later: weights, text, tokenizer, device.
    let private require (inputs: Inputs) (experiment: Experiment) =
        for spec in
            experiment.Cells
            |> List.map _.Spec
            |> List.distinctBy (fun spec -> spec.Model, spec.Corpus.Source, spec.Device) do
            if not (inputs.HasWeights spec) then
                raise (
                    InterpException
                        $"{inputs.ModelPath spec} holds no weights (.safetensors); download the whole model, or name another one with --model."
                )

            use model = inputs.OpenModel spec
            model.CheckWeights() |> ignore
            inputs.Documents spec |> ignore
            let tokenizer = inputs.Tokenizer spec

            if tokenizer.VocabularySize > model.Config.VocabularySize then
                raise (
                    InterpException
                        $"The tokenizer of {inputs.ModelPath spec} has {tokenizer.VocabularySize} tokens, but the model's vocabulary has {model.Config.VocabularySize}; use the tokenizer that belongs to the model."
                )

            Devices.Parse spec.Device |> ignore

    let private resultOf (store: Store) (failures: Dictionary<string, string>) (inputs: Inputs) (cell: Cell) =
        let evaluate = Stage.ofCell inputs cell |> List.last

        let status, metrics =
            if failures.ContainsKey cell.Name then
                "failed", Map.empty
            else
                let numbers =
                    Numbers.read (Path.Combine(store.Folder evaluate.Name evaluate.Key, "metrics.json"))

                (if numbers["diverged"] > 0.0 then "diverged" else "ok"),
                Metric.all
                |> List.choose (fun metric ->
                    Map.tryFind metric.Name numbers |> Option.map (fun value -> metric.Name, value))
                |> Map.ofList

        {
            Cell = cell.Name
            Axes = cell.Axes
            Seed = cell.Spec.Seed
            Status = status
            Metrics = metrics
        }

    /// Runs an experiment that is valid. Failed training and evaluation leave a failed cell; everything else is an error.
    let run
        (inputs: Inputs)
        (store: Store)
        (report: RunEvent -> unit)
        (cancel: CancellationToken)
        (experiment: Experiment)
        =
        require inputs experiment
        let opened = Dictionary()
        let failures = Dictionary<string, string>()

        let fail (stage: Stage) message =
            report (Failed(stage, message))

            for cell in stage.Cells do
                failures[cell] <- message

        try
            let missing =
                Stage.ofExperiment inputs experiment
                |> List.filter (fun stage -> not (store.Contains stage.Name stage.Key))

            missing
            |> List.iteri (fun i stage ->
                if not (stage.Cells |> List.forall failures.ContainsKey) then
                    report (Started(stage, i + 1, missing.Length))
                    let clock = Diagnostics.Stopwatch.StartNew()

                    let work folder =
                        runStage
                            {
                                Inputs = inputs
                                Store = store
                                Stage = stage
                                Work = folder
                                Progress = fun done' total words -> report (Advanced(done', total, words))
                                Cancel = cancel
                                Opened = opened
                            }

                    try
                        store.Make stage.Name stage.Key stage.Inputs work
                        report (Finished(stage, clock.Elapsed.TotalSeconds))
                    with :? InterpException as error when stage.Name = "train" || stage.Name = "evaluate" ->
                        fail stage error.Message)

            {
                Name = experiment.Name
                Cells = experiment.Cells |> List.map (resultOf store failures inputs)
            },
            [ for pair in failures -> pair.Key, pair.Value ]
        finally
            for store in opened.Values do
                store.Dispose()
