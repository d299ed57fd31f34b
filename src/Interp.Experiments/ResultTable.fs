namespace Interp

open System.Globalization
open Deedle

/// An entry of a table that was asked for.
type Entry =
    /// Text, such as a place on an axis.
    | Word of string
    /// A whole number.
    | Count of int
    /// A number of a metric, shown with its decimals.
    | Value of Metric * float
    /// Mean and standard deviation of a metric over seeds, shown with its decimals.
    | Spread of Metric * Estimate
    /// The p of a test, shown with three decimals.
    | Probability of float
    /// No entry: an empty place.
    | Blank

/// A table made from results, for a console, a file or a program.
type ResultTable =
    {
        /// Names of the columns.
        Header: string list
        /// Entries, as many in each row as the header has.
        Rows: Entry list list
        /// What the entries are, in a sentence.
        Caption: string
    }

/// Tables as text, Markdown, CSV and frames.
[<RequireQualifiedAccess>]
module ResultTable =
    let private invariant format (value: float) =
        value.ToString((format: string), CultureInfo.InvariantCulture)

    /// An entry as people read it.
    let text entry =
        match entry with
        | Word word -> word
        | Count count -> count.ToString CultureInfo.InvariantCulture
        | Value(metric, value) -> invariant ("F" + string metric.Decimals) value
        | Spread(metric, estimate) -> ResultSummary.show metric estimate
        | Probability p -> Significance.show p
        | Blank -> ""

    /// An entry as a number where it is one, as programs read it.
    let number entry =
        match entry with
        | Value(_, value)
        | Probability value -> Some value
        | Spread(_, estimate) -> Some estimate.Mean
        | Count count -> Some(float count)
        | Word _
        | Blank -> None

    /// Whether an entry stands at the right of its column.
    let internal isNumeric (entry: Entry) = not entry.IsWord

    let private csvEntry (entry: Entry) =
        match entry, number entry with
        | Count _, _
        | _, None -> text entry
        | _, Some value -> invariant "R" value

    /// Full precision, one line per row.
    let csv (table: ResultTable) =
        table.Header :: List.map (List.map csvEntry) table.Rows
        |> List.map (List.map Results.csvField >> String.concat ",")
        |> fun lines -> String.concat "\n" lines + "\n"

    let private cell (text: string) = text.Replace("|", "\\|")

    /// The table for a page or a pull request, its caption below.
    let markdown (table: ResultTable) =
        let line cells = "| " + String.concat " | " cells + " |"

        let rule =
            table.Header
            |> List.mapi (fun i _ ->
                if table.Rows |> List.forall (fun row -> isNumeric row[i]) then
                    "---:"
                else
                    "---")

        [ line (List.map cell table.Header); line rule ]
        @ List.map (List.map (text >> cell) >> line) table.Rows
        @ (if table.Caption = "" then [] else [ ""; table.Caption ])
        |> fun lines -> String.concat "\n" lines + "\n"

    /// The table as a Deedle frame: numbers as numbers, the rows counted from 0.
    let frame (table: ResultTable) : Frame<int, string> =
        table.Rows
        |> List.mapi (fun i row ->
            i
            => Series.ofObservations (
                List.zip table.Header row
                |> List.choose (fun (name, entry) ->
                    match entry, number entry with
                    | Blank, _ -> None
                    | _, Some value -> Some(name => box value)
                    | _ -> Some(name => box (text entry)))
            ))
        |> Frame.ofRows
