namespace Interp

open System
open System.Globalization
open Interp.Runtime

/// How a cell's entry compares with what is asked for; numbers as numbers.
type Comparison =
    /// =
    | Equal
    /// !=
    | Unequal
    /// &lt;
    | Less
    /// &lt;=
    | AtMost
    /// &gt;
    | Greater
    /// &gt;=
    | AtLeast

/// What cells are asked for: a column, how it compares, and with what.
type Condition =
    {
        /// An axis, `seed`, `status` or a metric.
        Column: string
        /// How the entry compares.
        Comparison: Comparison
        /// What the entry is compared with; empty asks for cells without an entry.
        Value: string
    }

/// Filters and sorts results. A column is an axis, `seed`, `status` or a metric.
[<RequireQualifiedAccess>]
module ResultQuery =
    let private comparisons =
        [
            "!=", Unequal
            "<=", AtMost
            ">=", AtLeast
            "=", Equal
            "<", Less
            ">", Greater
        ]

    let private condition (text: string) =
        comparisons
        |> List.choose (fun (sign, comparison) ->
            match text.IndexOf(sign, StringComparison.Ordinal) with
            | at when at > 0 -> Some(at, sign, comparison)
            | _ -> None)
        // The first sign of the text; of two at one place the longer, which comes first in the list.
        |> List.sortBy (fun (at, _, _) -> at)
        |> List.tryHead
        |> Option.map (fun (at, sign, comparison) ->
            {
                Column = text.Substring(0, at).Trim()
                Comparison = comparison
                Value = text.Substring(at + sign.Length).Trim()
            })

    /// Reads `k=32,schedule=linear,fvu<0.1`: conditions that all hold.
    let parse (text: string) =
        let parts =
            text.Split ',' |> List.ofArray |> List.map (fun part -> part, condition part)

        match parts |> List.tryFind (snd >> Option.isNone) with
        | Some(part, _) ->
            Error
                $"The condition '{part}' compares nothing; give COLUMN=VALUE, or one of != < <= > >= in the place of =."
        | None -> Ok(List.choose snd parts)

    let private columns (results: Results) =
        results.Axes @ [ "seed"; "status" ] @ (results.Columns |> List.map _.Name)

    /// Refuses a column that the results do not have.
    let internal check (results: Results) column =
        let known = columns results

        if not (List.contains column known) then
            let hint =
                match NearestName.Of(column, known) with
                | null ->
                    let axes = String.concat ", " (results.Axes @ [ "seed"; "status" ])
                    $"it has {axes} and the metrics of interp results --metrics."
                | near -> $"did you mean {near}?"

            raise (InterpException $"{results.Name} has no column '{column}'; {hint}")

    let private number (text: string) =
        match Double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture) with
        | true, value -> Some value
        | _ -> None

    /// What a cell has in a column: text, and the number that it is.
    let private entry column (cell: CellResult) =
        let ofText text = Some(text, number text)

        match column with
        | "seed" -> ofText (cell.Seed.ToString CultureInfo.InvariantCulture)
        | "status" -> ofText cell.Status
        | _ ->
            match cell.Axes |> List.tryFind (fst >> (=) column), Map.tryFind column cell.Metrics with
            | Some(_, value), _ -> ofText value
            | None, Some value -> Some(value.ToString("R", CultureInfo.InvariantCulture), Some value)
            | None, None -> None

    let private holds condition cell =
        let ordered compare =
            match entry condition.Column cell, number condition.Value with
            | Some(_, Some value), Some bound -> compare value bound
            | _ -> false

        let equal =
            match entry condition.Column cell, number condition.Value with
            | Some(_, Some value), Some wanted -> value = wanted
            | Some(text, _), _ ->
                text = condition.Value || condition.Column = "status" && cell.Outcome = condition.Value
            | None, _ -> condition.Value = ""

        match condition.Comparison with
        | Equal -> equal
        | Unequal -> not equal
        | Less -> ordered (<)
        | AtMost -> ordered (<=)
        | Greater -> ordered (>)
        | AtLeast -> ordered (>=)

    /// Whether a cell meets all conditions.
    let internal meets conditions cell =
        conditions |> List.forall (fun condition -> holds condition cell)

    /// The cells that meet all conditions.
    let where (conditions: Condition list) (results: Results) =
        for condition in conditions do
            check results condition.Column

            if
                not (condition.Comparison.IsEqual || condition.Comparison.IsUnequal)
                && (number condition.Value).IsNone
            then
                raise (
                    InterpException
                        $"The condition on {condition.Column} compares with '{condition.Value}'; give a number after < <= > >=."
                )

        { results with
            Cells = results.Cells |> List.filter (meets conditions)
        }

    let private metricNamed column =
        Metric.tryFind column |> Option.filter (fun _ -> column <> "seed")

    /// Sorts by a column: groups of seeds by their mean of a metric, cells by an axis or their seed. Numbers come by size, before
    /// words; what has no entry comes last in both directions.
    let sort column descending (results: Results) =
        check results column

        let key =
            match metricNamed column with
            | Some metric when not (List.contains column results.Axes) ->
                let means =
                    Results.groups results
                    |> List.map (fun cells -> cells.Head.Group, Results.estimate metric cells |> Option.map _.Mean)
                    |> Map.ofList

                fun (cell: CellResult) -> means[cell.Group] |> Option.map (fun mean -> "", Some mean)
            | _ -> entry column

        let compare (a: CellResult) (b: CellResult) =
            let order = if descending then (fun value -> -value) else id

            match key a, key b with
            | None, None -> 0
            | None, _ -> 1
            | _, None -> -1
            | Some(_, Some x), Some(_, Some y) -> order (compare x y)
            | Some(_, Some _), Some(_, None) -> -1
            | Some(_, None), Some(_, Some _) -> 1
            | Some(x, None), Some(y, None) -> order (String.CompareOrdinal(x, y))

        { results with
            Cells = List.sortWith compare results.Cells
        }
