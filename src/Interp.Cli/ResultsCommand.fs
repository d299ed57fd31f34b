/// `interp results`: stored tables, filtered, sorted, pivoted, aggregated and compared with a baseline.
module Interp.Cli.ResultsCommand

open Argu
open Interp
open Interp.Cli.Arguments
open Interp.Cli.Json
open Interp.Runtime

type ResultsOptions =
    | [<MainCommand>] Name of name: string
    | Where of conditions: string
    | Sort of column: string
    | Descending
    | Metric of name: string
    | Aggregate
    | Pivot of rows: string * columns: string
    | Value of metric: string
    | Against of conditions: string
    | Metrics
    | Csv
    | Markdown
    | Json

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | Name _ -> "name of a result, a folder, or a table.csv; without it all results are listed."
            | Where _ ->
                "only cells that meet all conditions, such as k=32,schedule=linear or fvu<0.1 (= != < <= > >= on an axis, seed, status or metric); exit code 1 when none does. Repeatable."
            | Sort _ -> "sort by an axis, seed, status, or the mean of a metric."
            | Descending -> "sort from large to small."
            | Metric _ ->
                "show this metric (default: those that the experiment names; all in the CSV and JSON of cells). Repeatable."
            | Aggregate -> "per group of seeds: mean, standard deviation, 95 % t-interval and number of seeds."
            | Pivot _ -> "two axes, one down and one across."
            | Value _ -> "the metric of --pivot (default fvu)."
            | Against _ ->
                "differences to the baseline that meets the conditions, such as k=32: paired by seed, with interval and corrected p."
            | Metrics -> "list every metric, which direction is better, and its meaning."
            | Csv -> "print CSV."
            | Markdown -> "print Markdown."
            | Json -> "print one JSON object."

let private examples =
    [
        "results"
        "results demo --where k=32,schedule=linear"
        "results demo --sort fvu"
        "results demo --pivot k schedule --value dead"
        "results demo --aggregate --metric fvu --json"
        "results demo --against schedule=constant --metric fvu --markdown"
        "results --metrics"
    ]

type private Form =
    | Console
    | AsCsv
    | AsMarkdown
    | AsJson

let private form (options: ParseResults<ResultsOptions>) =
    let asked =
        [
            if options.Contains Csv then
                AsCsv
            if options.Contains Markdown then
                AsMarkdown
            if options.Contains Json then
                AsJson
        ]

    match asked with
    | [] -> Console
    | [ form ] -> form
    | _ -> raise (InterpException "--csv, --markdown and --json exclude one another; give one of them.")

let private print form jsonField json table =
    match form with
    | Console -> ResultsOutput.view table
    | AsCsv -> printf "%s" (ResultTable.csv table)
    | AsMarkdown -> printf "%s" (ResultTable.markdown table)
    | AsJson -> printfn "%s" (render (Fields(json @ [ jsonField, ResultsOutput.rows table ])))

/// How many cells ended in each way, in words: those that ended well by their number alone.
let private outcomes (results: Results) =
    let count = results.Cells.Length

    let others =
        results.Cells
        |> List.map _.Outcome
        |> List.filter ((<>) "ok")
        |> List.countBy id
        |> List.map (fun (outcome, count) -> $", {count} {outcome}")
        |> String.concat ""

    (if count = 1 then "1 cell" else $"{count} cells") + others

let private shownMetrics (side: Side) =
    (side.Experiment |> Option.defaultValue (Experiment.create side.Name)).Metrics

let private listing name =
    let side = Sides.stored name

    Fields
        [
            "name", Text name
            "cells", Integer(int64 side.Results.Cells.Length)
            "outcomes",
            side.Results.Cells
            |> List.countBy _.Outcome
            |> List.map (fun (outcome, count) -> outcome, Integer(int64 count))
            |> Fields
            "metrics", shownMetrics side |> List.map (fun metric -> Text metric.Name) |> Items
        ]

/// A line for each result: its name, its cells, and the metrics that its experiment names.
let private names form =
    match form, Results.names () with
    | AsJson, names ->
        printfn
            "%s"
            (render (
                Fields
                    [
                        "names", Items(List.map Text names)
                        "results", Items(List.map listing names)
                    ]
            ))
    | Console, [] -> printfn "There are no results here yet; interp run configs/demo.fsx makes some."
    | _, names ->
        let sides = names |> List.map Sides.stored

        let widest (part: Side -> string) =
            sides |> List.map (part >> String.length) |> List.fold max 0

        let cells (side: Side) = outcomes side.Results
        let width, cellWidth = widest _.Name, widest cells

        for side in sides do
            let metrics = shownMetrics side |> List.map _.Name |> String.concat ", "
            printfn "%s  %s  %s" (side.Name.PadRight width) ((cells side).PadRight cellWidth) metrics

let private conditions option text =
    match ResultQuery.parse text with
    | Ok conditions -> conditions
    | Error error -> raise (InterpException $"{option}: {error}")

let private query (options: ParseResults<ResultsOptions>) (results: Results) =
    let wanted = options.GetResults Where |> List.collect (conditions "--where")

    let found = ResultQuery.where wanted results

    if found.Cells.IsEmpty && not results.Cells.IsEmpty then
        eprintfn "No cell of %s meets the conditions." results.Name

    match options.TryGetResult Sort with
    | Some column -> ResultQuery.sort column (options.Contains Descending) found
    | None when options.Contains Descending -> raise (InterpException "--descending needs --sort COLUMN.")
    | None -> found

let private show (options: ParseResults<ResultsOptions>) form name =
    let side = Sides.stored name
    let results = query options side.Results

    let metrics, ofCells =
        match options.GetResults Metric with
        | [] -> shownMetrics side, results.Columns
        | names ->
            let metrics = names |> List.map (Results.metric results)
            metrics, metrics

    let heading = [ "name", Text results.Name ]

    match options.TryGetResult Pivot, options.Contains Aggregate, options.TryGetResult Against with
    | None, false, None when options.Contains Value -> raise (InterpException "--value needs --pivot ROWS COLUMNS.")
    | None, false, None ->
        match form with
        | Console when results.Cells.IsEmpty -> ()
        | Console -> ResultsOutput.table metrics results
        | AsCsv -> printf "%s" (Results.csvOf ofCells results)
        | AsMarkdown -> printf "%s" (ResultSummary.markdown (ResultSummary.failures results) metrics results)
        | AsJson -> printfn "%s" (render (ResultsOutput.json ofCells results))
    | Some(rows, columns), false, None ->
        let metric =
            options.TryGetResult Value |> Option.map (Results.metric results) |> Option.defaultValue Metric.fvu

        ResultViews.pivot rows columns metric results
        |> print form "rows" (heading @ [ "pivot", Items [ Text rows; Text columns ]; "value", Text metric.Name ])
    | None, true, None -> ResultViews.aggregate metrics results |> print form "groups" heading
    | None, false, Some baseline ->
        ResultViews.against (conditions "--against" baseline) metrics results
        |> print form "contrasts" (heading @ [ "against", Text baseline ])
    | _ -> raise (InterpException "--pivot, --aggregate and --against exclude one another; give one of them.")

    if results.Cells.IsEmpty then 1 else 0

let private run arguments =
    let options = parse<ResultsOptions> "results" examples arguments
    let form = form options

    match options.TryGetResult Name with
    | _ when options.Contains Metrics ->
        print form "metrics" [] ResultViews.metrics
        0
    | None ->
        names form
        0
    | Some name -> show options form name

let command =
    {
        Name = "results"
        Summary = "stored result tables: filter, sort, pivot, aggregate, compare with a baseline"
        Examples = examples
        Run = run
    }
