/// Differences on the console and as JSON.
module internal Interp.Cli.DiffOutput

open Interp
open Spectre.Console
open Interp.Cli.Json

let private colour =
    function
    | "improved" -> "green"
    | "regressed"
    | "failed"
    | "same key, other output" -> "red"
    | "same"
    | "within noise"
    | "other key"
    | "differs" -> "grey"
    | _ -> "yellow"

/// Lines in columns; Spectre leaves the colours out where the terminal has none or NO_COLOR is set.
let print (lines: DiffLine list) =
    let width part =
        lines |> List.map (part >> String.length) |> List.fold max 0

    let layer, place, what = width _.Layer, width _.Place, width _.What

    // A terminal breaks lines that are too long by itself, and a file has none that are.
    AnsiConsole.Profile.Width <- 1000

    for line in lines do
        let change =
            if line.From = "" && line.To = "" then
                ""
            else
                $"{line.From} → {line.To}  "

        let note = if line.Note = "" then "" else $"  ({line.Note})"

        let before =
            $"{line.Layer.PadRight layer}  {line.Place.PadRight place}  {line.What.PadRight what}  {change}"

        AnsiConsole.MarkupLine(
            $"{Markup.Escape before}[{colour line.Status}]{Markup.Escape line.Status}[/]{Markup.Escape note}"
        )

let private optional convert value =
    match value with
    | Some value -> convert value
    | None -> Null

let private estimate (estimate: Estimate) =
    Fields
        [
            "mean", Number estimate.Mean
            "sd", optional Number estimate.Deviation
            "n", Integer(int64 estimate.Count)
        ]

/// The whole diff, every metric included.
let json before after (diff: Diff) =
    let texts = List.map Text >> Items
    let names (cells: Cell list) = cells |> List.map _.Name |> texts

    let field (change: FieldChange) =
        Fields
            [
                "path", Text change.Path
                "from", ofCanon change.From
                "to", ofCanon change.To
                "cells", texts (List.map fst change.Cells)
            ]

    let stage (change: StageChange) =
        Fields
            [
                "stage", Text change.Stage
                "from", optional Text change.From
                "to", optional Text change.To
                "reason", Text change.Reason
                "cells", texts change.Cells
            ]

    let metric (change: MetricChange) =
        Fields
            [
                "group", Text change.Group
                "metric", Text change.Metric.Name
                "before", optional estimate change.Before
                "after", optional estimate change.After
                "status", Text(MetricDiff.statusName change.Status)
                "test", optional (fun tested -> Text(if tested.Test = Paired then "paired" else "welch")) change.Tested
                "p", optional (fun tested -> Number tested.P) change.Tested
                "p_corrected", optional Number change.Corrected
            ]

    let artifact (change: ArtifactChange) =
        Fields
            [
                "stage", Text change.Stage
                "key", Text change.Key
                "from", Text change.From
                "to", Text change.To
                "cells", texts change.Cells
            ]

    let environment (change: EnvironmentChange) =
        Fields
            [
                "name", Text change.Name
                "from", optional Text change.From
                "to", optional Text change.To
            ]

    Fields
        [
            "before", Text before
            "after", Text after
            "same", Flag(not (Diff.differs diff))
            "identical", Flag(Diff.isEmpty diff)
            "tests", Integer(int64 (Diff.tests diff))
            "correction", Text "holm"
            "config",
            Fields
                [
                    "changed", Items(List.map field diff.Config.Changed)
                    "removed", names diff.Config.Removed
                    "added", names diff.Config.Added
                ]
            "plan", Items(List.map stage diff.Plan)
            "metrics", Items(List.map metric diff.Metrics)
            "artifacts", Items(List.map artifact diff.Artifacts)
            "environment", Items(List.map environment diff.Environment)
        ]
