namespace Interp

/// What the change of a metric is called.
type MetricStatus =
    /// The same numbers, seed by seed.
    | Same
    /// A corrected p of 0.05 or more.
    | WithinNoise
    /// More than noise, in the better direction.
    | Improved
    /// More than noise, against it.
    | Regressed
    /// It differs, and no direction is better or too few seeds say how much is noise.
    | Changed
    /// The sides measure it by different rulers: another model, text, hook, count of tokens or version of the evaluation.
    | Incomparable
    /// One side has no number.
    | Missing
    /// Cells failed or diverged on one side only, and with them the number.
    | FailedCell

/// A metric of a group on both sides.
type MetricChange =
    {
        /// The cells that differ in nothing but the seed.
        Group: string
        /// The metric.
        Metric: Metric
        /// The first side's seeds; none where it has no number.
        Before: Estimate option
        /// Estimate of the second side; none where it has no number.
        After: Estimate option
        /// What the change is called.
        Status: MetricStatus
        /// None where a side has fewer than two seeds, or nothing was to be tested.
        Tested: Tested option
        /// P after Holm's correction over all tests of the diff.
        Corrected: float option
    }

/// Metrics of two results, group by group, with the noise of their seeds.
[<RequireQualifiedAccess>]
module internal MetricDiff =
    /// The word that tables and JSON have for a status.
    let statusName =
        function
        | Same -> "same"
        | WithinNoise -> "within noise"
        | Improved -> "improved"
        | Regressed -> "regressed"
        | Changed -> "changed"
        | Incomparable -> "incomparable"
        | Missing -> "missing"
        | FailedCell -> "failed"

    let private mirrorStatus =
        function
        | Improved -> Regressed
        | Regressed -> Improved
        | status -> status

    /// The change from the other side.
    let mirror change =
        { change with
            Before = change.After
            After = change.Before
            Status = mirrorStatus change.Status
        }

    /// Settings that say what the metrics are measured on.
    let private rulerPaths =
        [
            "model"
            "corpus.source"
            "corpus.textField"
            "corpus.chat"
            "corpus.distinct"
            "corpus.order"
            "extract.hook"
            "extract.target"
            "extract.contextLength"
            "extract.bos"
            "extract.packing"
            "extract.skipPositions"
            "extract.skipNorm"
        ]

    /// Whether two specs measure on the same activations of the same tokens.
    let sameRuler (before: Spec) (after: Spec) =
        SpecFields.pick rulerPaths before = SpecFields.pick rulerPaths after

    /// The column that counts what a metric was measured on.
    let private rulerColumn (metric: Metric) =
        match metric.Name with
        | "dead" -> Some Metric.deadTokens
        | "dead_counter" -> Some Metric.deadWindow
        | name when
            name.StartsWith "ce_"
            || name.StartsWith "kl"
            || name.StartsWith "delta_ce"
            || name.StartsWith "top1"
            ->
            Metric.tryFind "loss_tokens"
        | name when metric.Better <> Neither && name <> "tail_drop" -> Metric.tryFind "validation_tokens"
        | _ -> None

    let private sameColumn before after (column: Metric) =
        let counts cells =
            Results.values column cells |> Map.toList |> List.map snd |> List.distinct

        counts before = counts after

    /// Whether the values are the same: seed by seed, or one constant under other seeds.
    let private unchanged (a: Map<int, float>) (b: Map<int, float>) =
        let distinct (values: Map<int, float>) =
            values.Values |> Seq.distinct |> List.ofSeq

        a = b
        || (a.Keys |> List.ofSeq <> (b.Keys |> List.ofSeq) && (distinct a).Length = 1 && distinct a = distinct b)

    /// Cells that did not end well and have none of some metrics, by seed.
    let private failures (lacks: CellResult -> bool) (cells: CellResult list) =
        cells
        |> List.filter (fun cell -> cell.Status <> "ok" && lacks cell)
        |> List.map (fun cell -> cell.Seed, cell.Status)
        |> List.sort

    /// Whether cells failed on one side only, and a metric with them. A cell may fail after its evaluation: where that took no metric
    /// away, all metrics stand for it, so that it is seen.
    let private failedOnOneSide (metrics: Metric list) before after =
        let differ lacks =
            failures lacks before <> failures lacks after

        let has (metric: Metric) (cell: CellResult) = cell.Metrics.ContainsKey metric.Name

        let isMeasured metric =
            before @ after |> List.exists (has metric)

        let isLost metric =
            isMeasured metric && differ (has metric >> not)

        if List.exists isLost metrics then
            isLost
        else
            fun _ -> differ (fun _ -> true)

    /// One metric of one group; what tests say is not yet in the status of what only noise could excuse.
    let private compare comparable group failed before after (metric: Metric) =
        let a, b = Results.values metric before, Results.values metric after

        let sameMeasure =
            comparable && (rulerColumn metric |> Option.forall (sameColumn before after))

        let status =
            if failed metric then FailedCell
            elif a.IsEmpty && b.IsEmpty then Same
            elif a.IsEmpty || b.IsEmpty then Missing
            elif unchanged a b then Same
            elif not sameMeasure then Incomparable
            else Changed

        {
            Group = group
            Metric = metric
            Before = Results.estimate metric before
            After = Results.estimate metric after
            Status = status
            Tested = if status = Changed then Significance.test a b else None
            Corrected = None
        }

    let private judged (change: MetricChange) p =
        let mean (estimate: Estimate option) =
            estimate |> Option.map _.Mean |> Option.defaultValue nan

        let status =
            if p >= Significance.level then
                WithinNoise
            else
                match change.Metric.Better, mean change.After > mean change.Before with
                | Neither, _ -> Changed
                | Higher, true
                | Lower, false -> Improved
                | Higher, false
                | Lower, true -> Regressed

        { change with
            Status = status
            Corrected = Some p
        }

    /// All metrics of all groups, those of the first result first. `comparable` tells whether a group is measured by the same
    /// ruler on both sides.
    let make (comparable: string -> bool) (before: Results) (after: Results) =
        let cellsOf (results: Results) group =
            results.Cells |> List.filter (fun cell -> cell.Group = group)

        let metrics = before.Columns @ after.Columns |> List.distinctBy _.Name
        let groups = before.Cells @ after.Cells |> List.map _.Group |> List.distinct

        let changes =
            [
                for group in groups do
                    let a, b = cellsOf before group, cellsOf after group

                    let failed = failedOnOneSide metrics a b

                    for metric in metrics do
                        if a.IsEmpty || b.IsEmpty then
                            {
                                Group = group
                                Metric = metric
                                Before = Results.estimate metric a
                                After = Results.estimate metric b
                                Status = Missing
                                Tested = None
                                Corrected = None
                            }
                        else
                            compare (comparable group) group failed a b metric
            ]

        let corrected =
            changes |> List.choose (fun change -> change.Tested |> Option.map _.P) |> Significance.holm

        let judge remaining (change: MetricChange) =
            match change.Tested, remaining with
            | Some _, p :: rest -> judged change p, rest
            | _ -> change, remaining

        List.mapFold judge corrected changes |> fst
