namespace Interp

open System
open System.Globalization

/// A curve's name and how it is drawn.
type internal LegendEntry =
    {
        Label: string
        Colour: string
        /// Plotly's name of the stroke: solid, dash, dot, dashdot or longdash.
        Dash: string
    }

/// A chart as Plotly reads it, with its legend.
type internal Figure =
    {
        Title: string
        Note: string
        Legend: LegendEntry list
        /// Plotly's traces.
        Data: Canon
        /// Plotly's layout, without colours: the page gives those.
        Layout: Canon
    }

/// What the charts of a report are put together from.
module internal FigureParts =
    // Colour-blind safe, after Okabe and Ito, and legible on white and on black.
    let colours =
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

    let dashes = [| "solid"; "dash"; "dot"; "dashdot"; "longdash" |]

    let number (text: string) =
        match Double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture) with
        | true, value -> Some value
        | _ -> None

    let texts values =
        values |> List.map Canon.Text |> Canon.Items

    let numbers values =
        values
        |> List.map (fun value ->
            if Double.IsFinite value then
                Canon.Number value
            else
                Canon.Null)
        |> Canon.Items

    let valueOf axis (cell: CellResult) =
        cell.Axes |> List.tryFind (fst >> (=) axis) |> Option.map snd |> Option.defaultValue ""

    /// The axis that charts have across: K, or the one of most values where there is one K.
    let mainAxis (results: Results) =
        let count axis =
            results.Cells |> List.map (valueOf axis) |> List.distinct |> List.length

        if count "k" > 1 then
            "k"
        else
            results.Axes |> List.sortByDescending count |> List.tryHead |> Option.defaultValue "k"

    /// A cell's value on the main axis, and those on the others in words.
    let split main (cell: CellResult) =
        let others =
            cell.Axes |> List.filter (fun (axis, value) -> axis <> main && value <> "") |> List.map snd

        valueOf main cell, (if others.IsEmpty then "all" else String.concat ", " others)

    /// One colour per value of the main axis and one stroke per values of the others.
    let entries (results: Results) =
        let main = mainAxis results
        let groups = Results.groups results |> List.map List.head
        let mains = groups |> List.map (split main >> fst) |> List.distinct
        let others = groups |> List.map (split main >> snd) |> List.distinct
        let place value values = List.findIndex ((=) value) values

        groups
        |> List.map (fun cell ->
            let value, other = split main cell

            cell.Group,
            {
                Label =
                    if cell.Group = "" then
                        "all seeds"
                    else
                        cell.Group.Replace(",", ", ")
                Colour = colours[place value mains % colours.Length]
                Dash = dashes[(place other others + place value mains / colours.Length) % dashes.Length]
            })

    let axis title fields =
        Canon.Fields([ "title", Canon.Fields [ "text", Canon.Text title ] ] @ fields)

    let logarithmic = [ "type", Canon.Text "log" ]

    /// Ticks at 1, 2 and 5 of each decade, written in full.
    let byDecade =
        logarithmic @ [ "dtick", Canon.Text "D2"; "tickformat", Canon.Text "~g" ]

    let line entry =
        Canon.Fields
            [
                "color", Canon.Text entry.Colour
                "dash", Canon.Text entry.Dash
                "width", Canon.Number 2.0
            ]
