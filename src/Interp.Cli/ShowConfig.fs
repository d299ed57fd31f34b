/// The config half of `interp show`: an experiment, cell by cell.
module Interp.Cli.ShowConfig

open Interp
open Interp.Cli.Json

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

/// Prints the experiment of a config, with edits.
let print (store: Store) path edits asJson =
    let experiment, errors = ExperimentOptions.edited store path edits [] None
    ExperimentOptions.refuse errors

    if asJson then
        printfn "%s" (render (toJson experiment))
    else
        lines experiment |> List.iter (printfn "%s")
