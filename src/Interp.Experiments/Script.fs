namespace Interp

open System
open System.IO
open System.Reflection
open System.Threading
open Interp.Runtime

/// What a config ends with, and what scripts in F# Interactive do with an experiment: the commands of the program as functions. Under
/// `dotnet fsi FILE.fsx` an error of theirs is its sentence and exit code 2, as of a command; elsewhere it is an exception.
[<RequireQualifiedAccess>]
module Script =
    let private isFsi =
        lazy
            (match Assembly.GetEntryAssembly() with
             | null -> false
             | entry -> entry.GetName().Name = "fsi")

    /// Whether F# Interactive runs a file, and ends with it, rather than reading what is typed.
    let private runsFile =
        lazy
            (isFsi.Value
             && Environment.GetCommandLineArgs()
                |> Seq.skip 1
                |> Seq.exists (fun argument -> argument.EndsWith(".fsx", StringComparison.OrdinalIgnoreCase)))

    let private orExit work =
        try
            work ()
        with :? InterpException as error when runsFile.Value ->
            eprintfn "%s" error.Message
            exit 2

    let private refuse errors =
        if not (List.isEmpty errors) then
            raise (InterpException(String.concat "\n" errors))

    /// The experiment itself; under `dotnet fsi FILE.fsx` it prints its plan before that.
    let main (experiment: Experiment) =
        if isFsi.Value then
            orExit (fun () ->
                refuse (Validation.experiment experiment)
                printfn "%s" (Plan.explain experiment))

        experiment

    /// Runs what of an experiment is not in the store, writes `results/NAME/` and returns its table. What is wrong with the
    /// experiment is one error with a line for each mistake.
    let run (experiment: Experiment) =
        orExit (fun () ->
            let store = Store.Open None
            let inputs = Inputs store.Root
            refuse (Validation.experiment experiment @ Validation.models inputs.Config experiment)

            let results =
                Runner.run inputs store ignore RunOptions.Default CancellationToken.None experiment

            Report.write inputs store $"Script.run {experiment.Name}" experiment results
            results)

    /// Paths of the SVG plots that a run left beside its table.
    let plots (results: Results) =
        Directory.GetFiles(Results.folder results.Name, "*.svg") |> Array.sort |> List.ofArray

    /// How the stored results of two experiments differ, a line per difference: settings first.
    let diff (before: Experiment) (after: Experiment) =
        let side (experiment: Experiment) =
            { Sides.stored experiment.Name with
                Experiment = Some experiment
            }

        let shown = before.Metrics @ after.Metrics |> List.map _.Name |> List.distinct

        orExit (fun () ->
            Diff.make (side before) (side after) |> DiffText.lines (Some shown) |> List.map DiffText.print)
