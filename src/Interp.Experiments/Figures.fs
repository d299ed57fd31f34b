namespace Interp

open System
open System.Globalization

/// A curve's name and how it is drawn.
type LegendEntry =
    {
        Label: string
        Colour: string
        /// Plotly's name of the stroke: solid, dash, dot, dashdot or longdash.
        Dash: string
    }

/// A chart as Plotly reads it, with its legend.
type Figure =
    {
        Title: string
        Note: string
        Legend: LegendEntry list
        /// Plotly's traces.
        Data: Canon
        /// Plotly's layout, without colours: the page gives those.
        Layout: Canon
    }

/// The charts of a report.
[<RequireQualifiedAccess>]
module Figures =
    // Colour-blind safe, after Okabe and Ito, and legible on white and on black.
    let private colours =
        [|
            "#2b8cc4"
            "#d55e00"
            "#009e73"
            "#cc79a7"
            "#e69f00"
            "#56b4e9"
            "#9a6fc0"
            "#9c9c1f"
        |]

    let private dashes = [| "solid"; "dash"; "dot"; "dashdot"; "longdash" |]

    let private number (text: string) =
        match Double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture) with
        | true, value -> Some value
        | _ -> None

    let private texts values = values |> List.map Canon.Text |> Canon.Items

    let private numbers values =
        values
        |> List.map (fun value ->
            if Double.IsFinite value then
                Canon.Number value
            else
                Canon.Null)
        |> Canon.Items

    let private split (cell: CellResult) =
        let ks, others = cell.Axes |> List.filter (fun (_, value) -> value <> "") |> List.partition (fst >> (=) "k")
        let names = others |> List.map snd
        ks |> List.tryHead |> Option.bind (snd >> number), (if names.IsEmpty then "all" else String.concat ", " names)

    /// One colour per K and one stroke per value of the other axes; one colour per group where there is one K.
    let private entries (results: Results) =
        let groups = Results.groups results |> List.map List.head
        let ks = groups |> List.map (split >> fst) |> List.distinct
        let others = groups |> List.map (split >> snd) |> List.distinct
        let place value values = List.findIndex ((=) value) values

        groups
        |> List.mapi (fun i cell ->
            let k, other = split cell

            let colour, dash =
                if ks.Length > 1 then
                    place k ks, place other others
                else
                    i, i / colours.Length

            cell.Group,
            {
                Label = if cell.Group = "" then "all seeds" else cell.Group.Replace(",", ", ")
                Colour = colours[colour % colours.Length]
                Dash = dashes[dash % dashes.Length]
            })

    let private axis title fields =
        Canon.Fields([ "title", Canon.Fields [ "text", Canon.Text title ] ] @ fields)

    let private logarithmic = [ "type", Canon.Text "log" ]

    /// Ticks at 1, 2 and 5 of each decade, written in full.
    let private byDecade =
        logarithmic @ [ "dtick", Canon.Text "D2"; "tickformat", Canon.Text "~g" ]

    let private line entry =
        Canon.Fields [ "color", Canon.Text entry.Colour; "dash", Canon.Text entry.Dash; "width", Canon.Number 2.0 ]

    /// A metric against K, or by group where there is one K; bars are standard deviations over seeds.
    let againstK (metric: Metric) (results: Results) =
        let points =
            Results.groups results
            |> List.choose (fun cells ->
                Results.estimate metric cells |> Option.map (fun estimate -> List.head cells, estimate))

        let ks = points |> List.choose (fst >> split >> fst) |> List.distinct |> List.sort

        let trace (entry: LegendEntry) lines x (estimates: Estimate list) =
            Canon.Fields
                [
                    "type", Canon.Text "scatter"
                    "mode", Canon.Text(if lines then "lines+markers" else "markers")
                    "name", Canon.Text entry.Label
                    "x", x
                    "y", numbers (estimates |> List.map _.Mean)
                    "line", line entry
                    "marker", Canon.Fields [ "color", Canon.Text entry.Colour; "size", Canon.Number 8.0 ]
                    "error_y",
                    Canon.Fields
                        [
                            "type", Canon.Text "data"
                            "array", numbers (estimates |> List.map (_.Deviation >> Option.defaultValue 0.0))
                            "thickness", Canon.Number 1.5
                        ]
                ]

        let layout x =
            Canon.Fields [ "xaxis", x; "yaxis", axis metric.Label [] ]

        let legend, data, x =
            if ks.Length > 1 then
                let series = points |> List.groupBy (fst >> split >> snd)

                let entries =
                    series
                    |> List.mapi (fun i (name, _) ->
                        {
                            Label = name
                            Colour = colours[i % colours.Length]
                            Dash = dashes[i / colours.Length % dashes.Length]
                        })

                let traces =
                    List.map2
                        (fun entry (_, points) ->
                            let points =
                                points
                                |> List.choose (fun (cell, estimate) ->
                                    split cell |> fst |> Option.map (fun k -> k, estimate))
                                |> List.sortBy fst

                            trace entry true (points |> List.map fst |> numbers) (List.map snd points))
                        entries
                        series

                entries,
                traces,
                axis
                    "K"
                    (logarithmic
                     @ [
                         "tickvals", numbers ks
                         "ticktext", ks |> List.map (fun k -> k.ToString CultureInfo.InvariantCulture) |> texts
                     ])
            else
                let entry = { Label = metric.Label; Colour = colours[0]; Dash = "solid" }
                let names = points |> List.map (fun (cell, _) -> if cell.Group = "" then "all" else cell.Group)
                [], [ trace entry false (texts names) (List.map snd points) ], axis "" [ "type", Canon.Text "category" ]

        {
            Title = if ks.Length > 1 then $"{metric.Label} against K" else metric.Label
            Note =
                match metric.Better with
                | Lower -> "Lower is better; bars are the standard deviation over seeds."
                | Higher -> "Higher is better; bars are the standard deviation over seeds."
                | Neither -> "Bars are the standard deviation over seeds."
            Legend = legend
            Data = Canon.Items data
            Layout = layout x
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
        let groupOf = results.Cells |> List.map (fun cell -> cell.Cell, cell.Group) |> Map.ofList

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
        let entries = entries results |> List.filter (fun (group, _) -> List.exists (fst >> (=) group) series)
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
        |> List.map (fun (group, bins) -> group, bins |> List.map (fun (from, latents) -> 10.0 ** (from + 0.25), latents))
        |> curves
            "Density of latents"
            "Latents by the share of held-out tokens on which they are active, in bins of half a decade, mean over seeds; dead ones are left out."
            "hvh"
            (axis "share of tokens" (logarithmic @ [ "exponentformat", Canon.Text "power" ]))
            (axis "latents" [ "rangemode", Canon.Text "tozero" ])
            results

    /// Whether there is anything to draw.
    let isEmpty figure =
        match figure.Data with
        | Canon.Items traces -> traces.IsEmpty
        | _ -> true
