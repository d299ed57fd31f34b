namespace Interp

open System
open System.Globalization

/// The two plots of a result.
[<RequireQualifiedAccess>]
module internal Plots =
    // Colour-blind safe, in the order of Okabe and Ito.
    let private colours =
        [|
            "#0072B2"
            "#D55E00"
            "#009E73"
            "#CC79A7"
            "#E69F00"
            "#56B4E9"
            "#7A4B9A"
            "#8C8C00"
        |]

    let private dashes = [| ""; "6 4"; "2 3"; "10 3 2 3"; "12 4" |]

    let private number (text: string) =
        Double.Parse(text, CultureInfo.InvariantCulture)

    let private kOf (axes: (string * string) list) =
        axes |> List.tryFind (fst >> (=) "k") |> Option.map snd

    let private others (axes: (string * string) list) =
        axes |> List.filter (fst >> (<>) "k") |> List.map snd |> List.filter ((<>) "")

    let private nameOf axes =
        match others axes with
        | [] -> "all"
        | values -> String.concat ", " values

    /// Per step the mean over seeds of a column of the curves.
    let private meanCurve column (curves: string list list) =
        curves
        |> List.collect (List.tail >> List.map (fun line -> line.Split ','))
        |> List.groupBy (fun fields -> number fields[1])
        |> List.map (fun (tokens, rows) -> tokens, rows |> List.averageBy (fun fields -> number fields[column]))
        |> List.filter (snd >> Double.IsFinite)
        |> List.sortBy fst

    /// Validation loss over training: a colour per K, a line style per other axis.
    let private training (curves: (Cell * string list) list) =
        let ks = curves |> List.map (fun (cell, _) -> kOf cell.Axes) |> List.distinct
        let styles = curves |> List.map (fun (cell, _) -> nameOf cell.Axes) |> List.distinct

        let colour (cell: Cell) =
            let index =
                if ks.Length > 1 then
                    List.findIndex ((=) (kOf cell.Axes)) ks
                else
                    List.findIndex ((=) (nameOf cell.Axes)) styles

            colours[index % colours.Length]

        let style (cell: Cell) =
            if ks.Length > 1 then
                dashes[List.findIndex ((=) (nameOf cell.Axes)) styles % dashes.Length]
            else
                ""

        let lines =
            curves
            |> List.groupBy (fun (cell, _) -> cell.Group)
            |> List.map (fun (group, members) ->
                let cell = fst (List.head members)

                {
                    Label = if group = "" then "all seeds" else group
                    Colour = colour cell
                    Dashes = style cell
                    Points = meanCurve 5 (List.map snd members)
                    Markers = false
                })

        {
            Title = "Validation loss at the target K"
            X = "training tokens"
            Y = "FVU on held-out tokens"
            XTicks = None
            LogY = true
            Lines = lines
        }

    /// A metric against K, a line per schedule and other axes.
    let private againstK (metric: Metric) (results: Results) =
        let value (cells: CellResult list) =
            Results.estimate metric cells |> Option.map _.Mean

        let groups =
            Results.groups results
            |> List.choose (fun cells ->
                let axes = (List.head cells).Axes

                match kOf axes |> Option.map Double.TryParse, value cells with
                | Some(true, k), Some value -> Some(nameOf axes, (k, value))
                | _ -> None)
            |> List.groupBy fst

        {
            Title = $"{metric.Label} with and without schedule"
            X = "K"
            Y = metric.Label
            XTicks = groups |> List.collect (snd >> List.map (snd >> fst)) |> List.distinct |> List.sort |> Some
            LogY = false
            Lines =
                groups
                |> List.mapi (fun i (name, points) ->
                    {
                        Label = name
                        Colour = colours[i % colours.Length]
                        Dashes = ""
                        Points = points |> List.map snd |> List.sortBy fst
                        Markers = true
                    })
        }

    /// File names and SVG texts.
    let ofResults results curves =
        [
            "validation-loss.svg", Svg.draw [ training curves ]
            "schedule.svg", Svg.draw [ againstK Metric.fvu results; againstK Metric.dead results ]
        ]
