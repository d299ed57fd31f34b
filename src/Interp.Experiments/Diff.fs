namespace Interp

open System
open System.Globalization
open MathNet.Numerics.Distributions
open MathNet.Numerics.Statistics

type MetricStatus =
    | Same
    | WithinNoise
    | Improved
    | Regressed
    /// Differs, and neither direction is better.
    | Changed
    /// One side has no number.
    | Missing
    /// One side's cell failed or diverged.
    | FailedCell

type MetricChange =
    {
        Group: string
        Metric: string
        Before: float option
        After: float option
        Status: MetricStatus
        /// Two-sided p of Welch's t-test over seeds; none where a side has one seed.
        P: float option
    }

type ConfigChange =
    {
        Path: string
        From: string
        To: string
        /// Groups in which it holds.
        Groups: string list
    }

/// How two results differ: the settings behind them, and the metrics, with the noise of seeds taken into account.
type Diff =
    {
        Config: ConfigChange list
        OnlyBefore: string list
        OnlyAfter: string list
        Metrics: MetricChange list
    }

[<RequireQualifiedAccess>]
module Diff =
    /// Below this p a difference is more than noise.
    let private level = 0.05

    let statusName =
        function
        | Same -> "same"
        | WithinNoise -> "within noise"
        | Improved -> "improved"
        | Regressed -> "regressed"
        | Changed -> "changed"
        | Missing -> "missing"
        | FailedCell -> "failed"

    /// Two-sided p of Welch's t-test; none where a side has fewer than two values or nothing varies.
    let welch (a: float list) (b: float list) =
        if a.Length < 2 || b.Length < 2 then
            None
        else
            let va = Statistics.Variance a / float a.Length
            let vb = Statistics.Variance b / float b.Length

            if va + vb = 0.0 then
                None
            else
                let t = abs (Statistics.Mean a - Statistics.Mean b) / sqrt (va + vb)

                let freedom =
                    (va + vb) ** 2.0 / (va ** 2.0 / float (a.Length - 1) + vb ** 2.0 / float (b.Length - 1))

                Some(2.0 * StudentT.CDF(0.0, 1.0, freedom, -t))

    let private compare group (metric: Metric) (before: CellResult list) (after: CellResult list) =
        let values (cells: CellResult list) =
            cells |> List.choose (fun cell -> Map.tryFind metric.Name cell.Metrics)

        let a, b = values before, values after

        let mean (values: float list) =
            if List.isEmpty values then
                None
            else
                Some(Statistics.Mean values)

        let failed = before @ after |> List.exists (fun cell -> cell.Status <> "ok")
        let p = welch a b

        let direction () =
            match metric.Better, Statistics.Mean b > Statistics.Mean a with
            | Neither, _ -> Changed
            | Higher, true
            | Lower, false -> Improved
            | _ -> Regressed

        let status =
            if failed then
                FailedCell
            elif a.IsEmpty && b.IsEmpty then
                Same
            elif a.IsEmpty || b.IsEmpty then
                Missing
            elif List.sort a = List.sort b then
                Same
            else
                match p with
                | Some p when p >= level -> WithinNoise
                | _ -> direction ()

        {
            Group = group
            Metric = metric.Name
            Before = mean a
            After = mean b
            Status = status
            P = p
        }

    let private show =
        function
        | Canon.Text text -> text
        | Canon.Null -> "none"
        | value -> Canonical.encode value

    let private configChanges (before: Experiment) (after: Experiment) =
        let pairs =
            before.Cells
            |> List.choose (fun cell ->
                after.Cells
                |> List.tryFind (fun other -> other.Name = cell.Name)
                |> Option.map (fun other -> cell, other))

        pairs
        |> List.collect (fun (a, b) ->
            SpecFields.diff a.Spec b.Spec |> List.map (fun (path, x, y) -> (path, show x, show y), a.Group))
        |> List.groupBy fst
        |> List.map (fun ((path, x, y), groups) ->
            {
                Path = path
                From = x
                To = y
                Groups = groups |> List.map snd |> List.distinct
            })

    /// Compares two results; the experiments behind them where their spec.json is there.
    let make (before: Results) (after: Results) (specs: (Experiment * Experiment) option) =
        let groups results =
            Results.groups results |> List.map (fun cells -> (List.head cells).Group, cells)

        let a, b = groups before, groups after
        let other = Map.ofList b

        {
            Config =
                match specs with
                | Some(before, after) -> configChanges before after
                | None -> []
            OnlyBefore = a |> List.map fst |> List.filter (fun group -> not (other.ContainsKey group))
            OnlyAfter = b |> List.map fst |> List.filter (fun group -> not (List.exists (fst >> (=) group) a))
            Metrics =
                [
                    for group, cells in a do
                        match Map.tryFind group other with
                        | Some others ->
                            for metric in List.distinct (before.Columns @ after.Columns) do
                                compare group metric cells others
                        | None -> ()
                ]
        }

    let isSame diff =
        diff.Config.IsEmpty
        && diff.OnlyBefore.IsEmpty
        && diff.OnlyAfter.IsEmpty
        && diff.Metrics |> List.forall (fun change -> change.Status = Same)

    let private number value =
        match value with
        | Some(value: float) -> value.ToString("0.######", CultureInfo.InvariantCulture)
        | None -> "–"

    let private noun group = if group = "" then "all" else group

    /// The differences as lines of text; none where nothing differs.
    let lines diff =
        let config (change: ConfigChange) =
            $"config   {change.Path}  {change.From} → {change.To}  ({change.Groups.Length} groups)"

        let metric change =
            let p =
                match change.P with
                | Some p -> " (p " + p.ToString("0.000", CultureInfo.InvariantCulture) + ")"
                | None -> ""

            $"metrics  {noun change.Group}  {change.Metric}  {number change.Before} → {number change.After}  {statusName change.Status}{p}"

        List.concat
            [
                diff.Config |> List.map config
                diff.OnlyBefore |> List.map (fun group -> $"cells    {noun group}  only in the first")
                diff.OnlyAfter |> List.map (fun group -> $"cells    {noun group}  only in the second")
                diff.Metrics |> List.filter (fun change -> change.Status <> Same) |> List.map metric
            ]
