/// Result tables on the console and as JSON.
module Interp.Cli.ResultsOutput

open Interp
open Spectre.Console
open Interp.Cli.Json

let json (results: Results) =
    let cell (cell: CellResult) =
        Fields
            [
                "cell", Text cell.Cell
                "axes", Fields(cell.Axes |> List.map (fun (axis, value) -> axis, Text value))
                "seed", Integer(int64 cell.Seed)
                "status", Text cell.Outcome
                "status_text", Text cell.Status
                "metrics", Fields(cell.Metrics |> Map.toList |> List.map (fun (name, value) -> name, Number value))
            ]

    Fields [ "name", Text results.Name; "cells", Items(List.map cell results.Cells) ]

/// Prints the table of means over seeds.
let table metrics (results: Results) =
    let header, rows = Results.rows metrics results
    let axes = results.Axes.Length
    let table = Table(Border = TableBorder.Simple)

    header
    |> List.iteri (fun i title ->
        let column = TableColumn(Markup.Escape title)
        column.NoWrap <- rows |> List.forall (fun row -> row[i].Length >= title.Length)
        column.Alignment <- if i < axes then Justify.Left else Justify.Right
        table.AddColumn column |> ignore)

    for row in rows do
        table.AddRow(row |> List.map Markup.Escape |> Array.ofList) |> ignore

    if System.Console.IsOutputRedirected then
        AnsiConsole.Profile.Width <- 240

    AnsiConsole.Write table
