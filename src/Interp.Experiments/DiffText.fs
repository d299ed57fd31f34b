namespace Interp

/// A difference in words: where, what, from, to, and what to call it.
type internal DiffLine =
    {
        /// config, plan, metrics, artifacts or environment.
        Layer: string
        /// Which cells.
        Place: string
        /// A setting, stage, metric or name.
        What: string
        /// Before.
        From: string
        /// After.
        To: string
        /// What the change is called.
        Status: string
        /// Why, or how sure that is.
        Note: string
    }

/// A diff as lines, Markdown and a web page.
[<RequireQualifiedAccess>]
module internal DiffText =
    let private value =
        function
        | Canon.Text text -> text
        | Canon.Null -> "none"
        | other -> Canonical.encode other

    let private short (digest: string) =
        if digest.Length = 64 then
            digest.Substring(0, 8)
        else
            digest

    let private line layer place what from to' status note =
        {
            Layer = layer
            Place = place
            What = what
            From = from
            To = to'
            Status = status
            Note = note
        }

    /// Cells of one side: each by its name, or many in one line.
    let private onlyIn status (cells: Cell list) =
        let from, to' = if status = "removed" then "there", "–" else "–", "there"

        match cells with
        | first :: _ :: _ :: _ :: _ ->
            [
                line "config" $"{cells.Length} cells" "cells" from to' status $"{first.Name} …"
            ]
        | cells -> cells |> List.map (fun cell -> line "config" cell.Name "cell" from to' status "")

    let private config (diff: ConfigDiff) =
        [
            for change in diff.Changed do
                line
                    "config"
                    (Amounts.cells (List.map fst change.Cells))
                    change.Path
                    (value change.From)
                    (value change.To)
                    "changed"
                    ""
            yield! onlyIn "removed" diff.Removed
            yield! onlyIn "added" diff.Added
        ]

    let private stage (change: StageChange) =
        let key = Option.map short >> Option.defaultValue "–"

        let status =
            match change.From, change.To with
            | Some _, None -> "removed"
            | None, _ -> "added"
            | _ -> "other key"

        line "plan" (Amounts.cells change.Cells) change.Stage (key change.From) (key change.To) status change.Reason

    let private noun group = if group = "" then "all" else group

    let private number (metric: Metric) (estimate: Estimate option) =
        match estimate with
        | None -> "–"
        | Some estimate -> ResultSummary.show metric estimate

    let private count (change: MetricChange) =
        let n (estimate: Estimate option) =
            estimate |> Option.map _.Count |> Option.defaultValue 0

        match n change.Before, n change.After with
        | a, b when a = b -> $"n {a}"
        | a, b -> $"n {a} and {b}"

    let private metric (change: MetricChange) =
        let note =
            match change.Tested, change.Corrected with
            | Some tested, Some p ->
                let name = if tested.Test = Paired then "paired" else "Welch"
                $"p {Significance.show p}, {name}, {count change}"
            | _ when change.Status = Changed -> count change
            | _ -> ""

        line
            "metrics"
            (noun change.Group)
            change.Metric.Name
            (number change.Metric change.Before)
            (number change.Metric change.After)
            (MetricDiff.statusName change.Status)
            note

    /// The lines of one group: one for all metrics where they share a reason, else the shown metrics and whatever improved or
    /// regressed, and a count of the others.
    let private group shown (changes: MetricChange list) =
        let differing = changes |> List.filter (fun change -> change.Status <> Same)

        match differing |> List.map _.Status |> List.distinct with
        | [ (Missing | FailedCell | Incomparable) as status ] when differing.Length > 1 ->
            let place = noun differing.Head.Group

            let side pick =
                if differing |> List.exists (pick >> Option.isSome) then
                    "there"
                else
                    "–"

            [
                line
                    "metrics"
                    place
                    "all"
                    (side (fun (change: MetricChange) -> change.Before))
                    (side (fun (change: MetricChange) -> change.After))
                    (MetricDiff.statusName status)
                    ""
            ]
        | _ ->
            let isShown (change: MetricChange) =
                match shown with
                | None -> true
                | Some names ->
                    List.contains change.Metric.Name names || change.Status = Improved || change.Status = Regressed

            let inFull, others = List.partition isShown differing

            let rest =
                others
                |> List.countBy _.Status
                |> List.map (fun (status, count) -> $"{count} {MetricDiff.statusName status}")
                |> String.concat ", "

            List.map metric inFull
            @ (if others.IsEmpty then
                   []
               else
                   [
                       line "metrics" (noun others.Head.Group) $"{others.Length} more" "" "" rest ""
                   ])

    /// Every difference. `shown` are the metrics to show; None shows all.
    let lines (shown: string list option) (diff: Diff) =
        [
            yield! config diff.Config
            yield! List.map stage diff.Plan
            for _, changes in List.groupBy (fun (change: MetricChange) -> change.Group) diff.Metrics do
                yield! group shown changes
            for change in diff.Artifacts do
                line
                    "artifacts"
                    (Amounts.cells change.Cells)
                    $"{change.Stage} {short change.Key}"
                    (short change.From)
                    (short change.To)
                    "same key, other output"
                    "lost determinism"
            for change in diff.Environment do
                let text = Option.defaultValue "–"
                line "environment" "" change.Name (text change.From) (text change.To) "differs" ""
        ]

    /// A difference as one line of text.
    let print (line: DiffLine) =
        let change =
            if line.From = "" && line.To = "" then
                ""
            else
                $"{line.From} → {line.To}"

        [ line.Layer; line.Place; line.What; change; line.Status; line.Note ]
        |> List.filter ((<>) "")
        |> String.concat "  "

    /// What the statuses rest on, and the verdict, in a sentence.
    let verdict (diff: Diff) =
        let tests =
            match Diff.tests diff with
            | 0 -> ""
            | tests ->
                $" p is two-sided, {Significance.correction tests} of this diff; below 0.05 it is more than noise."

        let word =
            if Diff.isEmpty diff then "Same."
            elif Diff.differs diff then "Different."
            else "Same, within noise."

        word + tests

    let private escape (text: string) = text.Replace("|", "\\|")

    /// Ready for a pull request.
    let markdown before after shown diff =
        let row line =
            let change =
                if line.From = "" && line.To = "" then
                    ""
                else
                    $"{line.From} → {line.To}"

            let status =
                if line.Status = "regressed" || line.Status = "failed" then
                    $"**{line.Status}**"
                else
                    line.Status

            let note = if line.Note = "" then "" else $" ({line.Note})"

            [ line.Layer; line.Place; line.What; change; status + note ]
            |> List.map escape
            |> String.concat " | "
            |> fun text -> $"| {text} |"

        let table =
            match lines shown diff with
            | [] -> []
            | lines ->
                [ "| layer | where | what | change | status |"; "|---|---|---|---|---|" ]
                @ List.map row lines
                @ [ "" ]

        [ $"**{before} → {after}**"; "" ] @ table @ [ verdict diff ]
        |> fun lines -> String.concat "\n" lines + "\n"

    let private css =
        function
        | "improved" -> "good"
        | "regressed"
        | "failed"
        | "same key, other output" -> "bad"
        | "same"
        | "within noise" -> "quiet"
        | _ -> "other"

    /// A page of its own.
    let html before after shown diff =
        let row line =
            Html.row
                (css line.Status)
                [
                    line.Layer
                    line.Place
                    line.What
                    line.From
                    line.To
                    line.Status
                    line.Note
                ]

        Html.page
            $"{before} → {after}"
            [
                $"<h1>{Html.escape before} → {Html.escape after}</h1>"
                $"<p>{Html.escape (verdict diff)}</p>"
                if not (Diff.isEmpty diff) then
                    Html.table
                        [ "layer"; "where"; "what"; "from"; "to"; "status"; "" ]
                        (lines shown diff |> List.map row)
            ]
