namespace Interp

open System
open System.Globalization
open System.IO
open Deedle
open Interp.Formats
open Interp.Runtime

/// What came of one cell.
type CellResult =
    {
        /// The cell's name, such as k=32,schedule=linear,seed=1.
        Cell: string
        /// Its places on the axes, without the seed.
        Axes: (string * string) list
        /// Seed of the cell.
        Seed: int
        /// ok, failed, or diverged at step N.
        Status: string
        /// Why it failed, in a line; none where it did not, or that was not noted.
        Error: string option
        /// What was measured, also of a cell that failed afterwards.
        Metrics: Map<string, float>
    }

    /// ok, failed or diverged.
    member cell.Outcome = cell.Status.Split(' ')[0]

    /// All axes but the seed.
    member cell.Group =
        cell.Axes
        |> List.filter (fun (_, value) -> value <> "")
        |> List.map (fun (axis, value) -> $"{axis}={value}")
        |> String.concat ","

/// What came of an experiment.
type Results =
    {
        /// Of the experiment, or what the result was asked for by.
        Name: string
        /// Its cells, in the order of the experiment.
        Cells: CellResult list
    }

    /// Axes of any cell, without the seed.
    member results.Axes =
        results.Cells |> List.collect (fun cell -> List.map fst cell.Axes) |> List.distinct

    /// Every metric, and those that stages of the experiment's own gave.
    member results.Columns =
        results.Cells |> Seq.collect (fun cell -> Map.keys cell.Metrics) |> Metric.andOwn

/// Result tables: CSV for programs and diffs, Markdown and console for people, Deedle frames for FSI.
[<RequireQualifiedAccess>]
module Results =
    let internal csvField (text: string) =
        if text |> Seq.exists (fun c -> c = ',' || c = '"' || c = '\n' || c = '\r') then
            "\"" + text.Replace("\"", "\"\"") + "\""
        else
            text

    let private errorColumn = "error"

    /// Six decimals, or none for a count; the culture is invariant, so the same value is the same text everywhere.
    let private number (metric: Metric) (value: float) =
        value.ToString((if metric.Decimals = 0 then "0" else "0.000000"), CultureInfo.InvariantCulture)

    /// The CSV of some metrics.
    let internal csvOf (metrics: Metric list) (results: Results) =
        let axes = results.Axes
        let hasErrors = results.Cells |> List.exists _.Error.IsSome

        let row cell =
            (axes
             |> List.map (fun axis ->
                 cell.Axes |> List.tryFind (fst >> (=) axis) |> Option.map snd |> Option.defaultValue ""))
            @ [ cell.Seed.ToString CultureInfo.InvariantCulture; cell.Status ]
            @ (metrics
               |> List.map (fun metric ->
                   Map.tryFind metric.Name cell.Metrics |> Option.map (number metric) |> Option.defaultValue ""))
            @ (if hasErrors then
                   [ Option.defaultValue "" cell.Error ]
               else
                   [])

        let header =
            axes
            @ [ "seed"; "status" ]
            @ (metrics |> List.map _.Name)
            @ (if hasErrors then [ errorColumn ] else [])

        header :: List.map row results.Cells
        |> List.map (List.map csvField >> String.concat ",")
        |> fun lines -> String.concat "\n" lines + "\n"

    /// One row per cell: axes, seed, status, one column per metric, and where cells failed the reason.
    let csv (results: Results) = csvOf results.Columns results

    let internal splitCsv (line: string) =
        let rec fields at acc (field: Text.StringBuilder) quoted =
            if at = line.Length then
                List.rev (field.ToString() :: acc)
            else
                match line[at], quoted with
                | '"', true when at + 1 < line.Length && line[at + 1] = '"' ->
                    fields (at + 2) acc (field.Append '"') true
                | '"', _ -> fields (at + 1) acc field (not quoted)
                | ',', false -> fields (at + 1) (field.ToString() :: acc) (Text.StringBuilder()) false
                | c, _ -> fields (at + 1) acc (field.Append c) quoted

        fields 0 [] (Text.StringBuilder()) false

    /// Reads what `csv` wrote.
    let parse name (text: string) =
        let fail what =
            raise (InterpException $"The table of {name} {what}; run the experiment again.")

        match text.Split('\n', StringSplitOptions.RemoveEmptyEntries) |> List.ofArray |> List.map splitCsv with
        | header :: rows ->
            let axisCount =
                match List.tryFindIndex ((=) "seed") header with
                | Some at -> at
                | None -> fail "has no column seed"

            let read row =
                if List.length row <> header.Length then
                    fail "has rows of different lengths"

                let fields = List.zip header row
                let seed = Map.ofList(fields)["seed"]

                let axes =
                    fields |> List.take axisCount |> List.filter (fun (_, value) -> value <> "")

                let name =
                    axes @ [ "seed", seed ] |> List.map (fun (axis, value) -> $"{axis}={value}") |> String.concat ","

                {
                    Cell = name
                    Axes = axes
                    Seed =
                        match Int32.TryParse(seed, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) with
                        | true, seed -> seed
                        | _ -> fail $"has the seed '{seed}'"
                    Status = Map.ofList(fields)["status"]
                    Error = fields |> List.tryFind (fst >> (=) errorColumn) |> Option.map snd |> Option.filter ((<>) "")
                    Metrics =
                        fields
                        |> List.skip (axisCount + 2)
                        |> List.choose (fun (name, text) ->
                            match Double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture) with
                            | true, value -> Some(name, value)
                            | _ -> None)
                        |> Map.ofList
                }

            {
                Name = name
                Cells = List.map read rows
            }
        | [] -> fail "is empty"

    /// Where the result of a name lies.
    let folder name = Path.Combine("results", name)

    /// Names of the stored results.
    let names () =
        if Directory.Exists "results" then
            Directory.GetDirectories "results"
            |> Array.filter (fun folder -> File.Exists(Path.Combine(folder, "table.csv")))
            |> Array.map (fun folder -> (DirectoryInfo folder).Name)
            |> Array.sortWith (fun a b -> String.CompareOrdinal(a, b))
            |> List.ofArray
        else
            []

    /// Reads a file of a stored result by its name, its folder, or its table.csv; none where there is no such file.
    let internal tryReadFile (name: string) file =
        let beside =
            if name.EndsWith("table.csv", StringComparison.Ordinal) then
                [
                    Path.Combine(Option.ofObj (Path.GetDirectoryName name) |> Option.defaultValue "", file)
                ]
            else
                []

        [ Path.Combine(folder name, file); Path.Combine(name, file) ] @ beside
        |> List.tryFind File.Exists
        |> Option.map File.ReadAllText

    /// The stored results of a name, a folder or a table.csv.
    let load (name: string) =
        match tryReadFile name "table.csv" with
        | Some text -> parse name text
        | None ->
            let hint =
                match NearestName.Of(name, names ()) with
                | null -> "run its experiment first, or give a folder with a table.csv"
                | near -> $"did you mean {near}?"

            raise (InterpException $"There are no results '{name}'; {hint}")

    /// A cell's result, from the numbers that evaluation and stages of the experiment's own left.
    let internal ofNumbers (cell: Cell) (own: Map<string, float> list) (numbers: Map<string, float>) =
        let status =
            if (Map.tryFind "diverged" numbers |> Option.defaultValue 0.0) > 0.0 then
                let step = int numbers["steps"]
                $"diverged at step {step}"
            else
                "ok"

        let measured =
            Metric.all
            |> List.choose (fun metric ->
                Map.tryFind metric.Name numbers |> Option.map (fun value -> metric.Name, value))

        {
            Cell = cell.Name
            Axes = cell.Axes
            Seed = cell.Spec.Seed
            Status = status
            Error = None
            Metrics = List.collect Map.toList own @ measured |> Map.ofList
        }

    /// The result of a cell that failed, with the reason and what was measured before.
    let internal failed (message: string) result =
        { result with
            Status = "failed"
            Error = Some(message.ReplaceLineEndings(" ").Trim())
        }

    /// A column of results by its metric's name; an unknown one is an error that names the nearest.
    let metric (results: Results) name =
        results.Columns
        |> List.tryFind (fun metric -> metric.Name = name)
        |> Option.defaultWith (fun () -> Metric.find name)

    /// Cells by name, with the columns of table.csv that have a number.
    let frame (results: Results) : Frame<string, string> =
        let row cell =
            let axes = cell.Axes |> List.map (fun (axis, value) -> axis => box value)

            let metrics =
                cell.Metrics |> Map.toList |> List.map (fun (name, value) -> name => box value)

            cell.Cell
            => Series.ofObservations (
                axes
                @ [ "seed" => box cell.Seed; "status" => box cell.Status ]
                @ (cell.Error |> Option.map (fun error -> errorColumn => box error) |> Option.toList)
                @ metrics
            )

        let rows = results.Cells |> Seq.map row |> Frame.ofRows
        let there = set rows.ColumnKeys

        results.Axes @ [ "seed"; "status" ] @ (results.Columns |> List.map _.Name) @ [ errorColumn ]
        |> List.filter there.Contains
        |> fun columns -> Frame.sliceCols columns rows

    /// A metric's values by seed.
    let values (metric: Metric) (cells: CellResult list) =
        cells
        |> List.choose (fun cell -> Map.tryFind metric.Name cell.Metrics |> Option.map (fun value -> cell.Seed, value))
        |> Map.ofList

    /// What the seeds of a group say about a metric.
    let estimate metric cells =
        values metric cells |> Map.toList |> List.map snd |> Significance.estimate

    /// Groups of cells that differ in nothing but the seed, in their order.
    let groups (results: Results) =
        results.Cells |> List.groupBy _.Group |> List.map snd

    /// Writes a file of a result in one go.
    let internal write name file text =
        AtomicFile.WriteText(Path.Combine(folder name, file), text)
