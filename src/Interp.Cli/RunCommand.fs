/// `interp run` and `interp plan`: what an experiment would do, and doing it.
module Interp.Cli.RunCommand

open System
open System.IO
open Interp
open Interp.Cli.Arguments
open Interp.Cli.ExperimentOptions
open Interp.Cli.Json
open Interp.Runtime

let private runExamples =
    [
        "run configs/demo.fsx"
        "run configs/demo.fsx --set sae.k=16,32 --name small"
        "run configs/ksearch-smollm2.fsx --model model.gguf --corpus text.jsonl.gz"
    ]

/// Says once that a named result is of another experiment, before it is lost.
let private tellOverwritten (experiment: Experiment) =
    match Results.tryReadFile experiment.Name "spec.json" with
    | Some text when text <> ExperimentFile.print experiment ->
        eprintfn
            "%s holds the result of another experiment, which this run writes over; --name NAME keeps both."
            (Results.folder experiment.Name)
    | _ -> ()

let private run arguments =
    let prepared = prepare "run" runExamples arguments
    let experiment = prepared.Experiment

    match Plan.make prepared.Options prepared.Inputs prepared.Store experiment with
    | plan when plan |> List.forall (fun planned -> planned.State = Hit) ->
        eprintfn "All %d stages are in the store." plan.Length
    | plan ->
        eprintfn "%s" (Plan.summary prepared.Options plan)

        match Plan.misfits prepared.Options prepared.Store plan with
        | [] -> ()
        | misfits -> raise (InterpException(String.concat "\n" misfits))

    tellOverwritten experiment

    Interruption.stoppable prepared.Typed (fun cancel ->
        let results =
            Runner.run prepared.Inputs prepared.Store (Progress.reporter ()) prepared.Options cancel experiment

        StoreNeeds.noteResults prepared.Store "results"
        Report.write prepared.Inputs prepared.Store prepared.Command experiment results

        if prepared.Json then
            printfn "%s" (render (ResultsOutput.json results.Columns results))
        else
            ResultsOutput.table experiment.Metrics results

            printfn
                "Stored in %s: table.csv, table.md, curves.csv, density.csv, spec.json, provenance.json, two plots."
                (Results.folder results.Name)

        if results.Cells |> List.forall (fun cell -> cell.Status = "ok") then
            0
        else
            1)

let run' =
    {
        Name = "run"
        Summary = "run an experiment, or what of it is not in the store, and print its table"
        Examples = runExamples
        Run = run
    }

let private planExamples =
    [ "plan configs/demo.fsx"; "plan configs/demo.fsx --set sae.k=12 --json" ]

let private plan arguments =
    let prepared = prepare "plan" planExamples arguments

    let plan =
        Plan.make prepared.Options prepared.Inputs prepared.Store prepared.Experiment

    if prepared.Json then
        let stage (planned: PlannedStage) =
            Fields
                [
                    "name", Text planned.Stage.Name
                    "key", Text planned.Stage.Key
                    "state", Text(Plan.stateName planned.State)
                    "reason", Text planned.Reason
                    "cells", Items(planned.Stage.Cells |> List.map Text)
                    "seconds", Number planned.Cost.Seconds
                    "disk_bytes", Integer planned.Cost.DiskBytes
                    "memory_bytes", Integer planned.Cost.MemoryBytes
                ]

        let total = Plan.total prepared.Options plan

        printfn
            "%s"
            (render (
                Fields
                    [
                        "stages", Items(List.map stage plan)
                        "seconds", Number total.Seconds
                        "disk_bytes", Integer total.DiskBytes
                        "memory_bytes", Integer total.MemoryBytes
                        "passes",
                        Items(
                            Plan.trainingPasses prepared.Options plan
                            |> List.map (fun pass -> Items(pass |> List.map (fun planned -> Text planned.Stage.Key)))
                        )
                        "problems",
                        Items(
                            Plan.problems plan
                            |> List.map (fun (problem, cells) ->
                                Fields [ "problem", Text problem; "cells", Items(List.map Text cells) ])
                        )
                        "misfits", Items(Plan.misfits prepared.Options prepared.Store plan |> List.map Text)
                    ]
            ))
    else
        printfn "%s" (Plan.describe prepared.Options prepared.Store plan)

    if Plan.canRun prepared.Options prepared.Store plan then
        0
    else
        1

let plan' =
    {
        Name = "plan"
        Summary =
            "what a run would do: hit, or miss and why, with time, disk and memory; exit code 1 when some of it cannot run"
        Examples = planExamples
        Run = plan
    }
