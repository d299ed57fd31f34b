namespace Interp

open System.Globalization

/// The table of a result that people read: a row per group of seeds.
[<RequireQualifiedAccess>]
module ResultSummary =
    /// An estimate as people read it: mean ± standard deviation.
    let internal show (metric: Metric) (estimate: Estimate) =
        let text (value: float) =
            value.ToString("F" + string metric.Decimals, CultureInfo.InvariantCulture)

        match estimate.Deviation with
        | Some sd when sd > 0.0 && not (metric.Better = Neither && text sd = text 0.0) ->
            $"{text estimate.Mean} ± {text sd}"
        | _ -> text estimate.Mean

    /// Header and rows: per group of seeds its axes, the number of seeds that gave numbers, mean ± standard deviation of each metric, with
    /// its own number of seeds where fewer gave it, and what became of the others.
    let internal rows (metrics: Metric list) (results: Results) =
        let axes = results.Axes

        let title (metric: Metric) =
            let constant name =
                match results.Cells |> List.choose (fun cell -> Map.tryFind name cell.Metrics) |> List.distinct with
                | [ value ] -> Some(value.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', ' '))
                | _ -> None

            match metric.Name with
            | "dead" ->
                match constant "latents", constant "dead_tokens" with
                | Some latents, Some tokens -> $"dead of {latents} in {tokens} tokens"
                | _ -> metric.Label
            | "dead_counter" ->
                match constant "latents", constant "dead_window" with
                | Some latents, Some window -> $"dead of {latents}, silent {window} in training"
                | _ -> metric.Label
            | _ -> metric.Label

        let row (cells: CellResult list) =
            let first = List.head cells
            let estimates = metrics |> List.map (fun metric -> Results.estimate metric cells)
            let seeds = estimates |> List.choose (Option.map _.Count) |> List.fold max 0

            let entry metric estimate =
                match estimate with
                | None -> "–"
                | Some estimate when estimate.Count < seeds -> $"{show metric estimate} (n {estimate.Count})"
                | Some estimate -> show metric estimate

            let states =
                cells |> List.map _.Status |> List.filter ((<>) "ok") |> List.countBy id

            (axes
             |> List.map (fun axis ->
                 first.Axes |> List.tryFind (fst >> (=) axis) |> Option.map snd |> Option.defaultValue ""))
            @ [ string seeds ]
            @ List.map2 entry metrics estimates
            @ [
                states |> List.map (fun (state, count) -> $"{count} {state}") |> String.concat ", "
            ]

        let rows = Results.groups results |> List.map row
        let anyState = rows |> List.exists (fun row -> List.last row <> "")

        let trim row =
            if anyState then
                row
            else
                List.take (List.length row - 1) row

        trim (axes @ [ "seeds" ] @ (metrics |> List.map title) @ [ "status" ]), List.map trim rows

    /// The table as Markdown, with sentences about what was measured above it.
    let markdown (notes: string list) metrics (results: Results) =
        let header, rows = rows metrics results
        let line cells = "| " + String.concat " | " cells + " |"
        let axes = results.Axes.Length

        let rule =
            header |> List.mapi (fun i _ -> if i < axes then "---" else "---:") |> line

        [ $"# {results.Name}"; "" ]
        @ (notes |> List.collect (fun note -> [ note; "" ]))
        @ [ line header; rule ]
        @ List.map line rows
        @ [ ""; "Mean ± standard deviation over seeds. Columns:"; "" ]
        @ (metrics |> List.map (fun metric -> $"- {metric.Label}: {metric.Meaning}"))
        |> fun lines -> String.concat "\n" lines + "\n"

    /// The cells that failed and say why, a sentence each.
    let internal failures (results: Results) =
        results.Cells
        |> List.choose (fun cell -> cell.Error |> Option.map (fun error -> $"{cell.Cell} failed: {error}"))
