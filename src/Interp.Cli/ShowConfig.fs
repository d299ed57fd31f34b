/// The config half of `interp show`: an experiment, cell by cell.
module Interp.Cli.ShowConfig

open System
open Argu
open Interp
open Interp.Cli.Arguments
open Interp.Cli.Json
open Interp.Runtime

type private Options =
    | [<MainCommand; ExactlyOnce>] Config of path: string
    | Set of edit: string
    | Store of folder: string
    | Json

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | Config _ -> "a .fsx script whose last value is the experiment, or a spec.json."
            | Set _ -> "PATH=VALUE, as for interp run. Repeatable."
            | Store _ -> "folder of the store (default $INTERP_STORE, else .interp)."
            | Json -> "print one JSON object."

/// Whether an argument names a config rather than a key.
let isConfig (argument: string) =
    [ ".fsx"; ".json" ]
    |> List.exists (fun ending -> argument.EndsWith(ending, StringComparison.OrdinalIgnoreCase))

let private shown value =
    match value with
    | Canon.Text text -> text
    | Canon.Null -> "none"
    | value -> Canonical.encode value

let private digest (cell: Cell) =
    Canonical.digest (SpecFields.toCanon cell.Spec)

let private toJson (experiment: Experiment) =
    let cell (cell: Cell) =
        Fields
            [
                "cell", Text cell.Name
                "axes", Fields [ for axis, value in cell.Axes -> axis, Text value ]
                "seed", Integer(int64 cell.Spec.Seed)
                "digest", Text(digest cell)
                "spec", ofCanon (SpecFields.toCanon cell.Spec)
            ]

    Fields
        [
            "name", Text experiment.Name
            "metrics", Items [ for metric in experiment.Metrics -> Text metric.Name ]
            "cells", Items(List.map cell experiment.Cells)
        ]

/// The settings of all cells that are not the default, then each cell with its digest and what sets it apart.
let private lines (experiment: Experiment) =
    let specs = experiment.Cells |> List.map _.Spec

    let varying, common =
        SpecFields.all
        |> List.partition (fun field -> specs |> List.distinctBy field.Get |> List.length > 1)

    let settings indent (fields: SpecField list) spec =
        [ for field in fields -> $"{indent}{field.Path} = {shown (field.Get spec)}" ]

    let changed =
        match specs with
        | [] -> []
        | first :: _ ->
            let fields =
                common |> List.filter (fun field -> field.Get first <> field.Get Spec.Default)

            "all cells (what is not named has its default)" :: settings "    " fields first

    [
        $"{experiment.Name}: {experiment.Cells.Length} cells"
        ""
        yield! changed

        for cell in experiment.Cells do
            ""
            $"{cell.Name}  {(digest cell).Substring(0, 12)}"
            yield! settings "    " varying cell.Spec
    ]

/// Prints the experiment of a config.
let run examples arguments =
    let options = parse<Options> "show" examples arguments
    let store = Store.Open(options.TryGetResult Store)

    let edits =
        options.GetResults Set
        |> List.map (fun text ->
            match Overrides.parse text with
            | Ok edit -> edit
            | Error error -> raise (InterpException error))

    let experiment =
        ConfigScript.load store.Root (options.GetResult Config) |> Overrides.applyOrFail edits

    match Validation.experiment experiment with
    | [] -> ()
    | errors -> raise (InterpException(String.concat "\n" errors))

    if options.Contains Json then
        printfn "%s" (render (toJson experiment))
    else
        lines experiment |> List.iter (printfn "%s")

    0
