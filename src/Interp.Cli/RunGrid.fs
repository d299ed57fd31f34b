/// The grid of a run as a table: a row per cell, a column per kind of stage.
module Interp.Cli.RunGrid

open System
open Interp

/// How far a stage is.
type Mark =
    | Waits
    /// The share that is done.
    | Runs of float
    /// Another process computes it.
    | Elsewhere
    | Done
    | Diverged
    | Failed

let private text mark =
    match mark with
    | Waits -> "·"
    | Runs share -> $"{Math.Floor(100.0 * share)} %%"
    | Elsewhere -> "elsewhere"
    | Done -> "✓"
    | Diverged -> "diverged"
    | Failed -> "failed"

let private isOver mark =
    List.contains mark [ Done; Diverged; Failed ]

/// Header and rows for at most so many rows: where there are more cells, those that are not over come first.
let lines (stages: Stage list) (markOf: Stage -> Mark) rows =
    let columns = stages |> List.map _.Name |> List.distinct
    let cells = stages |> List.collect _.Cells |> List.distinct

    let marks cell =
        columns
        |> List.map (fun column ->
            stages
            |> List.tryFind (fun stage -> stage.Name = column && List.contains cell stage.Cells)
            |> Option.map markOf
            |> Option.defaultValue Waits)

    let table = cells |> List.map (fun cell -> cell, marks cell)
    let over, others = table |> List.partition (snd >> List.forall isOver)

    let shown =
        if table.Length <= rows then
            table
        else
            List.truncate (max 1 (rows - 1)) (others @ over)

    let width = ("cell" :: List.map fst shown) |> List.map String.length |> List.max

    let line (name: string) (fields: string list) =
        let fields =
            List.map2 (fun (column: string) (field: string) -> field.PadLeft(max 9 column.Length)) columns fields
            |> String.concat " "

        $"{name.PadRight width}  {fields}"

    [
        line "cell" columns
        for cell, marks in shown do
            line cell (List.map text marks)
        if shown.Length < table.Length then
            $"… {table.Length - shown.Length} more cells, {over.Length} of {table.Length} are over"
    ]
