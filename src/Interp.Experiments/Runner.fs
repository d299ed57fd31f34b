namespace Interp

open System
open System.Collections.Generic
open System.IO
open System.Threading
open Interp.Autoencoders
open Interp.Runtime

/// What a run tells as it goes.
[<NoEquality; NoComparison>]
type RunEvent =
    /// A stage begins: it, its number and how many there are to run.
    | Started of stage: Stage * number: int * total: int
    /// Done and total (tokens), and a few words.
    | Advanced of stage: Stage * done': int64 * total: int64 * words: string
    /// A sentence that whoever started the run should read.
    | Warned of stage: Stage * message: string
    | Finished of stage: Stage * seconds: float
    /// The loss was no longer a number at this step; the last good state is in the checkpoint.
    | Diverged of stage: Stage * step: int * checkpoint: string
    | Failed of stage: Stage * message: string

/// Ends the run, where a failure ends a cell.
type private Divergence(message) =
    inherit InterpException(message)

/// Runs the stages of a plan that are not in the store, and collects the cells' results.
[<RequireQualifiedAccess>]
module Runner =
    let private runStage (context: StageContext) =
        match context.Stage.Name with
        | "extract" -> ExtractStage.run context
        | "baseline" -> BaselineStage.run context
        | "train" -> TrainStage.run context
        | _ -> EvaluateStage.run context

    let private require (inputs: Inputs) (experiment: Experiment) =
        experiment.Cells
        |> List.map _.Spec
        |> List.distinctBy (fun spec -> spec.Model, spec.Corpus.Source, spec.Device)
        |> List.iter inputs.Require

    /// The step at which a training in the store diverged, and its last good checkpoint.
    let private divergence (store: Store) (stage: Stage) =
        if stage.Name <> "train" then
            None
        else
            let folder = store.Folder stage.Name stage.Key
            let numbers = Numbers.read (Path.Combine(folder, "training.json"))

            if numbers["diverged"] > 0.0 then
                let checkpoints = Path.Combine(folder, "checkpoints")

                Some(
                    int numbers["steps"],
                    TrainingCheckpoints.PathOf(checkpoints, TrainingCheckpoints.NewestStep checkpoints)
                )
            else
                None

    let private resultOf (store: Store) (failures: Dictionary<string, string>) (inputs: Inputs) (cell: Cell) =
        let evaluate = Stage.ofCell inputs cell |> List.last

        if failures.ContainsKey cell.Name then
            Results.failedCell cell
        else
            Path.Combine(store.Folder evaluate.Name evaluate.Key, "metrics.json")
            |> Numbers.read
            |> Results.ofNumbers cell

    /// Runs an experiment that is valid. Trainings on the CPU go through the data together, as many as fit the memory. Failed training
    /// and evaluation leave a failed cell; everything else is an error.
    let run
        (inputs: Inputs)
        (store: Store)
        (report: RunEvent -> unit)
        (options: RunOptions)
        (cancel: CancellationToken)
        (experiment: Experiment)
        =
        require inputs experiment
        use opened = new Opened()
        let failures = Dictionary<string, string>()

        let report event = lock failures (fun () -> report event)

        let fail (stage: Stage) message =
            report (Failed(stage, message))

            lock failures (fun () ->
                for cell in stage.Cells do
                    failures[cell] <- message)

        let known, missing =
            Stage.ofExperiment inputs experiment
            |> List.partition (fun stage -> store.Contains stage.Name stage.Key)

        let stopAt (stage: Stage) (step: int, checkpoint: string) =
            raise (
                Divergence
                    $"{stage.Cells.Head} diverged at step {step}, its last good checkpoint is {checkpoint}; lower train.learningRate, or go on without it by --on-divergence continue."
            )

        if options.StopOnDivergence then
            for stage in known do
                divergence store stage |> Option.iter (stopAt stage)

        let runOne cancel place (number, stage: Stage) =
            if not (stage.Cells |> List.forall failures.ContainsKey) then
                report (Started(stage, number, missing.Length))
                let clock = Diagnostics.Stopwatch.StartNew()

                let work folder =
                    runStage
                        {
                            Inputs = inputs
                            Store = store
                            Stage = stage
                            Work = folder
                            Progress = fun done' total words -> report (Advanced(stage, done', total, words))
                            Warn = fun message -> report (Warned(stage, message))
                            Cancel = cancel
                            Opened = opened
                            Live = options.Live
                            KeepCheckpoints = options.KeepCheckpoints
                            Place = place
                        }

                try
                    store.Make stage.Name stage.Key stage.Inputs work

                    match divergence store stage with
                    | Some(step, checkpoint) ->
                        report (Diverged(stage, step, checkpoint))

                        if options.StopOnDivergence then
                            stopAt stage (step, checkpoint)
                    | None -> report (Finished(stage, clock.Elapsed.TotalSeconds))
                with
                | :? Divergence -> reraise ()
                | :? InterpException as error when stage.Name = "train" || stage.Name = "evaluate" ->
                    fail stage error.Message

        let pass (stages: (int * Stage) list) =
            match stages with
            | [ stage ] -> runOne cancel None stage
            | stages ->
                let stages = Array.ofList stages

                TrainingPass.Run(
                    stages.Length,
                    (fun place -> runOne place.Cancel (Some place) stages[place.Number]),
                    cancel
                )

        for name in Stage.names do
            let stages =
                missing
                |> List.indexed
                |> List.map (fun (i, stage) -> i + 1, stage)
                |> List.filter (fun (_, stage) -> stage.Name = name)

            let together, alone =
                stages |> List.partition (fun (_, stage) -> name = "train" && stage.Spec.Device = "cpu")

            let shared = Cost.shared options inputs store (List.map snd together)

            together
            |> Plan.passes options shared (snd >> _.Needs) (fun (_, stage) -> Cost.trainingMemory inputs stage.Spec)
            |> List.iter pass

            alone |> List.iter (runOne cancel None)

        {
            Name = experiment.Name
            Cells = experiment.Cells |> List.map (resultOf store failures inputs)
        },
        [ for pair in failures -> pair.Key, pair.Value ]
