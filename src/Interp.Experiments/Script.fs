namespace Interp

open System.IO
open System.Reflection
open System.Threading
open Interp.Runtime

/// What a config ends with, and what scripts in F# Interactive do with an experiment: the commands of the program as functions.
[<RequireQualifiedAccess>]
module Script =
    let private isFsi =
        lazy
            (match Assembly.GetEntryAssembly() with
             | null -> false
             | entry -> entry.GetName().Name = "fsi")

    /// The experiment itself; under `dotnet fsi FILE.fsx` it prints its plan before that.
    let main (experiment: Experiment) =
        if isFsi.Value then
            match Validation.experiment experiment with
            | [] -> printfn "%s" (Plan.explain experiment)
            | errors -> errors |> List.iter (eprintfn "%s")

        experiment

    /// Runs what of an experiment is not in the store, writes `results/NAME/` and returns its table. What is wrong with the
    /// experiment is one exception with a line per error.
    let run (experiment: Experiment) =
        let store = Store.Open None
        let inputs = Inputs store.Root

        match Validation.experiment experiment @ Validation.models inputs.Config experiment with
        | [] -> ()
        | errors -> raise (InterpException(String.concat "\n" errors))

        let results =
            Runner.run inputs store ignore RunOptions.Default CancellationToken.None experiment

        Report.write inputs store $"Script.run {experiment.Name}" experiment results
        results

    /// The plots that a run left, as paths.
    let plots (results: Results) =
        Directory.GetFiles(Results.folder results.Name, "*.svg") |> Array.sort |> List.ofArray

    /// How the stored results of two experiments differ, a line per difference: settings first.
    let diff (before: Experiment) (after: Experiment) =
        let side (experiment: Experiment) =
            { Sides.stored experiment.Name with
                Experiment = Some experiment
            }

        let shown = before.Metrics @ after.Metrics |> List.map _.Name |> List.distinct
        Diff.make (side before) (side after) |> DiffText.lines (Some shown) |> List.map DiffText.print
