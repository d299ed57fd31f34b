/// Result tables on the console and as JSON.
module Interp.Cli.ResultsOutput

open Interp
open Spectre.Console
open Interp.Cli.Json

let json (metrics: Metric list) (results: Results) =
    let shown = metrics |> List.map _.Name |> set

    let cell (cell: CellResult) =
        Fields
            [
                "cell", Text cell.Cell
                "axes", Fields(cell.Axes |> List.map (fun (axis, value) -> axis, Text value))
                "seed", Integer(int64 cell.Seed)
                "status", Text cell.Outcome
                "status_text", Text cell.Status
                "error", cell.Error |> Option.map Text |> Option.defaultValue Null
                "metrics",
                Fields
                    [
                        for name, value in Map.toList cell.Metrics do
                            if shown.Contains name then
                                name, Number value
                    ]
            ]

    Fields [ "name", Text results.Name; "cells", Items(List.map cell results.Cells) ]

let private printTable (header: string list) isNumber (rows: string list list) =
    let table = Table(Border = TableBorder.Simple)

    header
    |> List.iteri (fun i title ->
        let column = TableColumn(Markup.Escape title)
        column.NoWrap <- rows |> List.forall (fun row -> row[i].Length >= title.Length)
        column.Alignment <- if isNumber i then Justify.Right else Justify.Left
        table.AddColumn column |> ignore)

    for row in rows do
        table.AddRow(row |> List.map Markup.Escape |> Array.ofList) |> ignore

    if System.Console.IsOutputRedirected then
        AnsiConsole.Profile.Width <- 240

    AnsiConsole.Write table

/// Prints the table of means over seeds, and why cells failed.
let table metrics (results: Results) =
    let header, rows = ResultSummary.rows metrics results
    let axes = results.Axes.Length
    printTable header (fun i -> i >= axes) rows
    ResultSummary.failures results |> List.iter (printfn "%s")

/// Prints a table that was asked for, with its caption.
let view (table: ResultTable) =
    let isNumber i =
        table.Rows |> List.forall (fun row -> ResultTable.isNumeric row[i])

    printTable table.Header isNumber (table.Rows |> List.map (List.map ResultTable.text))

    if table.Caption <> "" then
        printfn "%s" table.Caption

let private entry =
    function
    | Blank -> Null
    | Word word -> Text word
    | Count count -> Integer(int64 count)
    | Value(_, value)
    | Probability value -> Number value
    | Spread(_, estimate) ->
        let optional value =
            value |> Option.map Number |> Option.defaultValue Null

        Fields
            [
                "mean", Number estimate.Mean
                "sd", optional estimate.Deviation
                "low", optional (Option.map fst estimate.Interval)
                "high", optional (Option.map snd estimate.Interval)
                "n", Integer(int64 estimate.Count)
            ]

/// The rows of a table as objects.
let rows (table: ResultTable) =
    table.Rows |> List.map (fun row -> List.zip table.Header (List.map entry row) |> Fields) |> Items
