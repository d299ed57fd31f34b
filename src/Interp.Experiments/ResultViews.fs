namespace Interp

open Interp.Runtime

/// How a group of seeds differs from the group that it is held against, in one metric.
type Contrast =
    {
        /// The cells that differ in nothing but the seed.
        Group: string
        /// The group that it is held against.
        Baseline: string
        /// The metric.
        Metric: Metric
        /// Mean of the baseline over its seeds.
        BaselineMean: float
        /// Mean of the group over its seeds.
        Mean: float
        /// Of the differences by seed where both groups have the same seeds; without interval otherwise.
        Difference: Estimate
        /// None where a side has one seed, or nothing differs.
        Tested: Tested option
        /// P corrected for all contrasts that were tested together.
        Corrected: float option
    }

/// Tables of results: seeds aggregated, two axes against each other, groups against a baseline.
[<RequireQualifiedAccess>]
module ResultViews =
    let private name group = if group = "" then "all" else group

    /// Per group and metric: mean, standard deviation, t-interval and number of seeds.
    let aggregate (metrics: Metric list) (results: Results) =
        let row (cells: CellResult list) (metric: Metric) =
            Results.estimate metric cells
            |> Option.map (fun estimate ->
                let value =
                    Option.map (fun value -> Value(metric, value)) >> Option.defaultValue Blank

                [
                    Word(name cells.Head.Group)
                    Word metric.Name
                    Value(metric, estimate.Mean)
                    value estimate.Deviation
                    value (estimate.Interval |> Option.map fst)
                    value (estimate.Interval |> Option.map snd)
                    Count estimate.Count
                ])

        {
            Header = [ "group"; "metric"; "mean"; "sd"; "low"; "high"; "n" ]
            Rows =
                [
                    for cells in Results.groups results do
                        yield! metrics |> List.choose (row cells)
                ]
            Caption =
                "Over seeds: standard deviation with n - 1, low and high of Student's t-interval of the mean at 95 %."
        }

    let private axis (results: Results) axis =
        ResultQuery.check results axis

        if not (List.contains axis results.Axes) then
            let axes = String.concat ", " results.Axes
            raise (InterpException $"'{axis}' is no axis of {results.Name}; its axes are {axes}.")

    let private valueOf axis (cell: CellResult) =
        cell.Axes |> List.tryFind (fst >> (=) axis) |> Option.map snd |> Option.defaultValue ""

    /// One axis down, another across, and a metric's mean over seeds in each place. Cells that differ in yet another axis share no
    /// place: that is refused, since their mean would say nothing.
    let pivot rows columns (metric: Metric) (results: Results) =
        axis results rows
        axis results columns

        let values axis =
            results.Cells |> List.map (valueOf axis) |> List.distinct

        let down, across = values rows, values columns

        let place row column =
            let cells =
                results.Cells |> List.filter (fun cell -> valueOf rows cell = row && valueOf columns cell = column)

            match cells |> List.map _.Group |> List.distinct with
            | first :: second :: _ ->
                raise (
                    InterpException
                        $"Several groups are at {rows}={row}, {columns}={column}: {first} and {second}; choose among them with --where."
                )
            | _ ->
                Results.estimate metric cells
                |> Option.map (fun estimate -> Spread(metric, estimate))
                |> Option.defaultValue Blank

        {
            Header = $"{rows} \\ {columns}" :: (across |> List.map (fun value -> if value = "" then "–" else value))
            Rows = down |> List.map (fun row -> Word row :: List.map (place row) across)
            Caption = $"{metric.Label}: {metric.Meaning}; mean ± standard deviation over seeds."
        }

    /// Every group against the baseline that agrees with it in all axes which the conditions do not name.
    let contrasts (conditions: Condition list) (metrics: Metric list) (results: Results) =
        conditions |> List.iter (fun condition -> ResultQuery.check results condition.Column)
        let named = conditions |> List.map _.Column

        let rest (cell: CellResult) =
            cell.Axes |> List.filter (fun (axis, value) -> value <> "" && not (List.contains axis named))

        let baselines, others =
            Results.groups results |> List.partition (List.forall (ResultQuery.meets conditions))

        if baselines.IsEmpty then
            raise (
                InterpException
                    $"No group of {results.Name} is the baseline that --against names; see interp results {results.Name}."
            )

        let contrast (cells: CellResult list) (metric: Metric) (baseline: CellResult list) =
            let before, after = Results.values metric baseline, Results.values metric cells

            match Results.estimate metric baseline, Results.estimate metric cells with
            | Some a, Some b ->
                let difference =
                    match Significance.differences before after |> Option.bind Significance.estimate with
                    | Some paired -> paired
                    | None ->
                        {
                            Mean = b.Mean - a.Mean
                            Deviation = None
                            Interval = None
                            Count = min a.Count b.Count
                        }

                Some
                    {
                        Group = cells.Head.Group
                        Baseline = baseline.Head.Group
                        Metric = metric
                        BaselineMean = a.Mean
                        Mean = b.Mean
                        Difference = difference
                        Tested =
                            if before = after then
                                None
                            else
                                Significance.test before after
                        Corrected = None
                    }
            | _ -> None

        let found =
            [
                for cells in others do
                    match baselines |> List.filter (fun baseline -> rest baseline.Head = rest cells.Head) with
                    | [] -> ()
                    | [ baseline ] -> yield! metrics |> List.choose (fun metric -> contrast cells metric baseline)
                    | first :: second :: _ ->
                        raise (
                            InterpException
                                $"--against fits {first.Head.Group} and {second.Head.Group}; name one baseline for {cells.Head.Group}."
                        )
            ]

        let corrected =
            found |> List.choose (fun contrast -> contrast.Tested |> Option.map _.P) |> Significance.holm

        let give remaining (contrast: Contrast) =
            match contrast.Tested, remaining with
            | Some _, p :: rest -> { contrast with Corrected = Some p }, rest
            | _ -> contrast, remaining

        List.mapFold give corrected found |> fst

    /// The contrasts as a table.
    let against conditions metrics results =
        let contrasts = contrasts conditions metrics results

        let row (contrast: Contrast) =
            let value =
                Option.map (fun value -> Value(contrast.Metric, value)) >> Option.defaultValue Blank

            [
                Word(name contrast.Group)
                Word(name contrast.Baseline)
                Word contrast.Metric.Name
                Value(contrast.Metric, contrast.BaselineMean)
                Value(contrast.Metric, contrast.Mean)
                Value(contrast.Metric, contrast.Difference.Mean)
                value (contrast.Difference.Interval |> Option.map fst)
                value (contrast.Difference.Interval |> Option.map snd)
                contrast.Corrected |> Option.map Probability |> Option.defaultValue Blank
                Word(
                    match contrast.Tested with
                    | Some { Test = Paired } -> "paired"
                    | Some { Test = Welch } -> "Welch"
                    | None when contrast.Difference.Mean = 0.0 -> "same"
                    | None -> "one seed"
                )
                Count contrast.Difference.Count
            ]

        {
            Header =
                [
                    "group"
                    "against"
                    "metric"
                    "baseline"
                    "mean"
                    "difference"
                    "low"
                    "high"
                    "p"
                    "test"
                    "n"
                ]
            Rows = List.map row contrasts
            Caption =
                let tests =
                    contrasts |> List.filter (fun contrast -> contrast.Tested.IsSome) |> List.length

                let p =
                    match tests with
                    | 0 -> "nothing was tested, since that takes two seeds on both sides and a difference."
                    | tests -> $"p is two-sided, {Significance.correction tests} of this table."

                $"Differences by seed, with their t-interval at 95 %%; {p}"
        }

    /// Every metric with its meaning and the direction that is better.
    let metrics =
        {
            Header = [ "metric"; "label"; "better"; "meaning" ]
            Rows =
                Metric.all
                |> List.map (fun metric ->
                    [
                        Word metric.Name
                        Word metric.Label
                        Word(Metric.better metric)
                        Word metric.Meaning
                    ])
            Caption = ""
        }
