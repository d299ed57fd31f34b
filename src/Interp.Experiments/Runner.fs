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
    /// All stages of the run, with those that are in the store; told again when others may have come from elsewhere.
    | Planned of stages: Stage list * known: Stage list
    /// Another process computes a stage; told again and again until it is there.
    | Waiting of stage: Stage
    /// A stage begins: it, its number and how many there are to run.
    | Started of stage: Stage * number: int * total: int
    /// A stage goes on: tokens done and in all, and a few words such as the loss.
    | Advanced of stage: Stage * done': int64 * total: int64 * words: string
    /// A sentence that whoever started the run should read.
    | Warned of stage: Stage * message: string
    /// A stage is in the store, after so many seconds.
    | Finished of stage: Stage * seconds: float
    /// The loss was no longer a number at this step; the last good state is in the checkpoint.
    | Diverged of stage: Stage * step: int * checkpoint: string
    /// A stage failed, and with it its cells; the rest goes on.
    | Failed of stage: Stage * message: string

/// Ends the run, where a failure ends a cell.
type private Divergence(message) =
    inherit InterpException(message)

/// Runs the stages of a plan that are not in the store, and collects the cells' results.
[<RequireQualifiedAccess>]
module Runner =
    /// What keeps each spec from running, found before any does: weights, text, tokenizer or device. No spec that can run is an error.
    let private problems (inputs: Inputs) (experiment: Experiment) =
        let place (spec: Spec) =
            spec.Model,
            spec.Corpus.Source,
            spec.Corpus.TextField,
            spec.Corpus.Chat,
            spec.Extract.Hook,
            spec.Extract.Target,
            spec.Device

        let problems =
            experiment.Cells
            |> List.map _.Spec
            |> List.distinctBy place
            |> List.map (fun spec -> place spec, inputs.Problem spec)

        if problems |> List.forall (snd >> Option.isSome) then
            raise (InterpException(problems |> List.choose snd |> List.distinct |> String.concat "\n"))

        let problems = readOnlyDict problems
        fun (stage: Stage) -> problems[place stage.Spec]

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

    /// What a cell came to, a failed one by what was measured before it failed.
    let private resultOf
        (store: Store)
        (failures: Dictionary<string, string>)
        (inputs: Inputs)
        experiment
        (cell: Cell)
        =
        let numbersOf (stage: Stage) =
            if store.Contains stage.Name stage.Key then
                Some(Numbers.read (Path.Combine(store.Folder stage.Name stage.Key, "metrics.json")))
            else
                None

        let own = Stage.ownOf inputs experiment cell |> List.choose numbersOf

        let measured =
            Stage.ofCell inputs cell |> List.last |> numbersOf |> Option.defaultValue Map.empty

        let result = Results.ofNumbers cell own measured

        match failures.TryGetValue cell.Name with
        | true, message -> Results.failed message result
        | _ -> result

    /// Runs an experiment that is valid, and returns its results. Trainings on the CPU go through the
    /// data together, as many as fit the memory. A stage that fails, fails its cells, and is not tried again before the options say so;
    /// an extraction or baseline without which there is no cell is an error.
    let run
        (inputs: Inputs)
        (store: Store)
        (report: RunEvent -> unit)
        (options: RunOptions)
        (cancel: CancellationToken)
        (experiment: Experiment)
        =
        let problemOf = problems inputs experiment
        use _ = store.Use()
        use opened = new Opened()
        let failures = Dictionary<string, string>()

        let report event = lock failures (fun () -> report event)

        let hasFailed (stage: Stage) =
            lock failures (fun () -> stage.Cells |> List.forall failures.ContainsKey)

        let remember (stage: Stage) message =
            lock failures (fun () ->
                for cell in stage.Cells do
                    failures[cell] <- message)

        let stages = Stage.ofExperiment inputs experiment

        let known, missing =
            stages |> List.partition (fun stage -> store.Contains stage.Name stage.Key)

        let tellKnown () =
            report (Planned(stages, stages |> List.filter (fun stage -> store.Contains stage.Name stage.Key)))

        tellKnown ()

        if options.RetryFailed then
            for stage in missing do
                store.Forget stage.Name stage.Key

        let stopAt (stage: Stage) (step: int, checkpoint: string) =
            raise (
                Divergence
                    $"{stage.Cells.Head} diverged at step {step}, its last good checkpoint is {checkpoint}; lower train.learningRate, or go on without it by --on-divergence continue."
            )

        if options.StopOnDivergence then
            for stage in known do
                divergence store stage |> Option.iter (stopAt stage)

        let number =
            missing |> List.mapi (fun i stage -> (stage.Name, stage.Key), i + 1) |> readOnlyDict

        let compute cancel place (stage: Stage) =
            let clock = Diagnostics.Stopwatch.StartNew()

            let work folder =
                StageWork.run
                    {
                        Inputs = inputs
                        Store = store
                        Stage = stage
                        Work = folder
                        Logs = Path.Combine(store.Root, "logs")
                        Progress = fun done' total words -> report (Advanced(stage, done', total, words))
                        Warn = fun message -> report (Warned(stage, message))
                        Cancel = cancel
                        Opened = opened
                        Live = options.Live
                        KeepCheckpoints = options.KeepCheckpoints
                        Place = place
                    }

                Provenance.write inputs options experiment.Name stage folder clock.Elapsed.TotalSeconds

            try
                store.Complete stage.Name stage.Key stage.Inputs work

                match divergence store stage with
                | Some(step, checkpoint) ->
                    report (Diverged(stage, step, checkpoint))

                    if options.StopOnDivergence then
                        stopAt stage (step, checkpoint)
                | None -> report (Finished(stage, clock.Elapsed.TotalSeconds))
            with
            | :? Divergence -> reraise ()
            | :? InterpException as error when
                List.contains stage.Name [ "train"; "evaluate" ]
                || stage.Own.IsSome
                || stage.Cells.Length < experiment.Cells.Length
                ->
                // The function of a stage of one's own may be another by the next run.
                if stage.Own.IsNone then
                    store.Fail stage.Name stage.Key error.Message

                report (Failed(stage, error.Message))
                remember stage error.Message

        let runOne cancel place (stage: Stage) =
            if not (hasFailed stage) then
                report (Started(stage, number[stage.Name, stage.Key], missing.Length))

                match problemOf stage, store.Failure stage.Name stage.Key with
                | Some problem, _ ->
                    report (Failed(stage, problem))
                    remember stage problem
                | None, Some message ->
                    report (Failed(stage, $"{message} (as before; --retry-failed tries again)"))
                    remember stage message
                | None, None -> compute cancel place stage

        let runTogether (stages: Stage list) =
            match stages with
            | [ stage ] -> runOne cancel None stage
            | stages when stages.Head.Name = "train" ->
                let stages = Array.ofList stages

                TrainingPass.Run(
                    stages.Length,
                    (fun place -> runOne place.Cancel (Some place) stages[place.Number]),
                    cancel
                )
            | stages ->
                let stages = Array.ofList stages
                Workers.For(stages.Length, (fun number -> runOne cancel None stages[number]), cancel)

        let batches (stages: Stage list) =
            let onCpu, others =
                stages |> List.partition (fun stage -> stage.Spec.Device = "cpu")

            let together =
                match onCpu with
                | [] -> []
                | first :: _ when first.Name = "train" ->
                    let shared = Cost.shared options inputs store onCpu
                    onCpu |> Plan.passes options shared _.Needs (fun stage -> Cost.trainingMemory inputs stage.Spec)
                | first :: _ when first.Name = "extract" -> List.map List.singleton onCpu
                | _ ->
                    let memory stage =
                        (Cost.ofStage options inputs store stage).MemoryBytes

                    StageQueue.sideBySide (Plan.room options) memory onCpu

            together @ List.map List.singleton others

        for name in Stage.namesOf experiment do
            missing
            |> List.filter (fun stage -> stage.Name = name && not (hasFailed stage))
            |> batches
            |> StageQueue.run store cancel (Waiting >> report) runTogether

            tellKnown ()

        {
            Name = experiment.Name
            Cells = experiment.Cells |> List.map (resultOf store failures inputs experiment)
        }
