namespace Interp

open System
open System.Globalization
open Interp.FigureParts

/// The charts of a report.
[<RequireQualifiedAccess>]
module internal Figures =
    /// A metric against K or whatever else was swept; bars are standard deviations over seeds.
    let againstMain (metric: Metric) (results: Results) =
        let main = mainAxis results

        let points =
            Results.groups results
            |> List.choose (fun cells ->
                Results.estimate metric cells |> Option.map (fun estimate -> split main (List.head cells), estimate))

        let values = points |> List.map (fst >> fst) |> List.distinct
        let sizes = values |> List.choose number

        let isNumeric =
            sizes.Length = values.Length && sizes |> List.forall (fun size -> size > 0.0)

        let trace (entry: LegendEntry) (points: (string * Estimate) list) =
            let points =
                if isNumeric then
                    List.sortBy (fst >> number) points
                else
                    points

            let x = List.map fst points

            Canon.Fields
                [
                    "type", Canon.Text "scatter"
                    "mode", Canon.Text(if isNumeric then "lines+markers" else "markers")
                    "name", Canon.Text entry.Label
                    "x",
                    (if isNumeric then
                         x |> List.choose number |> numbers
                     else
                         texts x)
                    "y", points |> List.map (fun (_, estimate) -> estimate.Mean) |> numbers
                    "line", line entry
                    "marker", Canon.Fields [ "color", Canon.Text entry.Colour; "size", Canon.Number 8.0 ]
                    "error_y",
                    Canon.Fields
                        [
                            "type", Canon.Text "data"
                            "array",
                            points
                            |> List.map (fun (_, estimate) -> estimate.Deviation |> Option.defaultValue 0.0)
                            |> numbers
                            "thickness", Canon.Number 1.5
                        ]
                ]

        let series =
            points
            |> List.groupBy (fst >> snd)
            |> List.mapi (fun i (name, points) ->
                {
                    Label = name
                    Colour = colours[i % colours.Length]
                    Dash = dashes[i / colours.Length % dashes.Length]
                },
                points |> List.map (fun ((value, _), estimate) -> value, estimate))

        let title = if main = "k" then "K" else main

        let x =
            if isNumeric then
                let ticks = List.sort sizes

                axis
                    title
                    (logarithmic
                     @ [
                         "tickvals", numbers ticks
                         "ticktext", ticks |> List.map (fun size -> size.ToString CultureInfo.InvariantCulture) |> texts
                     ])
            else
                axis title [ "type", Canon.Text "category" ]

        {
            Title = $"{metric.Label} against {title}"
            Note =
                match metric.Better with
                | Lower -> "Lower is better; bars are the standard deviation over seeds."
                | Higher -> "Higher is better; bars are the standard deviation over seeds."
                | Neither -> "Bars are the standard deviation over seeds."
            Legend = List.map fst series
            Data = series |> List.map (fun (entry, points) -> trace entry points) |> Canon.Items
            Layout = Canon.Fields [ "xaxis", x; "yaxis", axis metric.Label [] ]
        }

    /// Rows of curves.csv or density.csv: cell, and its fields by name.
    let private rows (csv: string) =
        match csv.Split('\n', StringSplitOptions.RemoveEmptyEntries) |> List.ofArray |> List.map Results.splitCsv with
        | [] -> []
        | header :: rows ->
            rows
            |> List.filter (fun row -> row.Length = header.Length)
            |> List.map (List.zip header >> Map.ofList)

    /// Per group of seeds, the mean of a column at each place of another.
    let private means place column (results: Results) csv =
        let groupOf =
            results.Cells |> List.map (fun cell -> cell.Cell, cell.Group) |> Map.ofList

        rows csv
        |> List.choose (fun row ->
            match
                Map.tryFind "cell" row |> Option.bind (fun cell -> Map.tryFind cell groupOf),
                Map.tryFind place row |> Option.bind number,
                Map.tryFind column row |> Option.bind number
            with
            | Some group, Some x, Some y -> Some(group, (x, y))
            | _ -> None)
        |> List.groupBy fst
        |> List.map (fun (group, points) ->
            group,
            points
            |> List.map snd
            |> List.groupBy fst
            |> List.map (fun (x, same) -> x, List.averageBy snd same)
            |> List.sortBy fst)

    let private curves title note shape x y (results: Results) (series: (string * (float * float) list) list) =
        let entries =
            entries results |> List.filter (fun (group, _) -> List.exists (fst >> (=) group) series)

        let points = Map.ofList series

        {
            Title = title
            Note = note
            Legend = List.map snd entries
            Data =
                entries
                |> List.map (fun (group, entry) ->
                    Canon.Fields
                        [
                            "type", Canon.Text "scatter"
                            "mode", Canon.Text "lines"
                            "name", Canon.Text entry.Label
                            "x", points[group] |> List.map fst |> numbers
                            "y", points[group] |> List.map snd |> numbers
                            "line",
                            Canon.Fields
                                [
                                    "color", Canon.Text entry.Colour
                                    "dash", Canon.Text entry.Dash
                                    "width", Canon.Number 2.0
                                    "shape", Canon.Text shape
                                ]
                        ])
                |> Canon.Items
            Layout = Canon.Fields [ "xaxis", x; "yaxis", y ]
        }

    let private tokens = axis "training tokens" [ "rangemode", Canon.Text "tozero" ]

    /// Validation loss at the target K over training.
    let training results csv =
        means "tokens" "validation_fvu_at_k" results csv
        |> curves
            "Training curves"
            "Held-out loss at the target K, mean over seeds."
            "linear"
            tokens
            (axis "FVU on held-out tokens" byDecade)
            results

    /// Latents that the training counts as dead, over training.
    let dead results csv =
        means "tokens" "dead_counter" results csv
        |> curves
            "Dead latents over time"
            "Latents silent for longer than the window, mean over seeds."
            "linear"
            tokens
            (axis "dead latents" [ "rangemode", Canon.Text "tozero" ])
            results

    /// How often latents are active, in bins of half a decade.
    let density (results: Results) csv =
        means "log10_density_from" "latents" results csv
        |> List.map (fun (group, bins) ->
            group, bins |> List.map (fun (from, latents) -> 10.0 ** (from + 0.25), latents))
        |> curves
            "Density of latents"
            "Latents by the share of held-out tokens on which they are active, in bins of half a decade, mean over seeds; dead ones are left out."
            "hvh"
            (axis "share of tokens" (logarithmic @ [ "dtick", Canon.Number 1.0; "exponentformat", Canon.Text "power" ]))
            (axis "latents" [ "rangemode", Canon.Text "tozero" ])
            results

    /// Whether there is anything to draw.
    let isEmpty figure =
        match figure.Data with
        | Canon.Items traces -> traces.IsEmpty
        | _ -> true
