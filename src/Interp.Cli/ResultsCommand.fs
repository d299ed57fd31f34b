/// `interp results` and `interp diff`: stored tables, and how two of them differ.
module Interp.Cli.ResultsCommand

open System.Diagnostics
open System.IO
open Argu
open Interp
open Interp.Cli.Arguments
open Interp.Cli.Json
open Interp.Runtime

type ResultsOptions =
    | [<MainCommand>] Name of name: string
    | Json

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | Name _ -> "name of a result, or a folder with a table.csv; without it the names are listed."
            | Json -> "print one JSON object."

let private resultsExamples = [ "results"; "results demo"; "results demo --json" ]

let private experimentOf (name: string) =
    [
        Path.Combine(Results.folder name, "spec.json")
        Path.Combine(name, "spec.json")
    ]
    |> List.tryFind File.Exists
    |> Option.bind (File.ReadAllText >> ExperimentFile.parse >> Result.toOption)

let private names () =
    if Directory.Exists "results" then
        Directory.GetDirectories "results"
        |> Array.filter (fun folder -> File.Exists(Path.Combine(folder, "table.csv")))
        |> Array.map (fun folder -> (DirectoryInfo folder).Name)
        |> Array.sortWith (fun a b -> System.String.CompareOrdinal(a, b))
        |> List.ofArray
    else
        []

let private results arguments =
    let options = parse<ResultsOptions> "results" resultsExamples arguments

    match options.TryGetResult Name with
    | None when options.Contains Json -> printfn "%s" (render (Fields [ "names", Items(names () |> List.map Text) ]))
    | None ->
        match names () with
        | [] -> printfn "There are no results here yet; interp run configs/demo.fsx makes some."
        | names -> names |> List.iter (printfn "%s")
    | Some name ->
        let results = Results.load name

        if options.Contains Json then
            printfn "%s" (render (ResultsOutput.json results))
        else
            let metrics =
                experimentOf name |> Option.map _.Metrics |> Option.defaultValue (Experiment.create name).Metrics

            ResultsOutput.table metrics results

    0

let results' =
    {
        Name = "results"
        Summary = "stored result tables"
        Examples = resultsExamples
        Run = results
    }

type DiffOptions =
    | [<MainCommand; ExactlyOnce; Last>] Between of before: string * after: string
    | Json
    | Markdown
    | Fail_On of what: string

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | Between _ -> "two results: names, folders, or REVISION:FOLDER of the git repository here."
            | Json -> "print one JSON object."
            | Markdown -> "print a Markdown table."
            | Fail_On _ ->
                "regression: exit with 1 only when a metric regressed or failed; change (default): when anything differs."

let private diffExamples =
    [
        "diff demo small"
        "diff HEAD~1:results/demo demo"
        "diff before after --fail-on regression"
    ]

let private git (arguments: string list) =
    let start =
        ProcessStartInfo("git", RedirectStandardOutput = true, RedirectStandardError = true)

    arguments |> List.iter start.ArgumentList.Add

    match Process.Start start with
    | null -> None
    | child ->
        use child = child
        let errors = child.StandardError.ReadToEndAsync()
        let text = child.StandardOutput.ReadToEnd()
        child.WaitForExit()
        errors.Wait()
        if child.ExitCode = 0 then Some text else None

/// Results and experiment of a name, a folder, or REVISION:FOLDER.
let private side (name: string) =
    match name.IndexOf ':' with
    | at when at > 0 && not (Directory.Exists name) ->
        let show file = git [ "show"; $"{name}/{file}" ]

        match show "table.csv" with
        | Some table ->
            Results.parse name table, show "spec.json" |> Option.bind (ExperimentFile.parse >> Result.toOption)
        | None -> raise (InterpException $"git has no {name}/table.csv; give REVISION:FOLDER as git show takes it.")
    | _ -> Results.load name, experimentOf name

let private diffJson (diff: Diff) =
    let optional value =
        match value with
        | Some value -> Number value
        | None -> Null

    Fields
        [
            "same", Flag(Diff.isSame diff)
            "config",
            diff.Config
            |> List.map (fun change ->
                Fields
                    [
                        "path", Text change.Path
                        "from", Text change.From
                        "to", Text change.To
                        "groups", Items(List.map Text change.Groups)
                    ])
            |> Items
            "only_before", Items(List.map Text diff.OnlyBefore)
            "only_after", Items(List.map Text diff.OnlyAfter)
            "metrics",
            diff.Metrics
            |> List.map (fun change ->
                Fields
                    [
                        "group", Text change.Group
                        "metric", Text change.Metric
                        "before", optional change.Before
                        "after", optional change.After
                        "status", Text(Diff.statusName change.Status)
                        "p", optional change.P
                    ])
            |> Items
        ]

let private diff arguments =
    let options = parse<DiffOptions> "diff" diffExamples arguments

    let onlyRegressions =
        match options.TryGetResult Fail_On with
        | None
        | Some "change" -> false
        | Some "regression" -> true
        | Some other -> raise (InterpException $"--fail-on is '{other}'; give regression or change.")

    let before, after = options.GetResult Between
    let (a, specA), (b, specB) = side before, side after
    let diff = Diff.make a b (Option.map2 (fun a b -> a, b) specA specB)

    if options.Contains DiffOptions.Json then
        printfn "%s" (render (diffJson diff))
    elif options.Contains Markdown then
        printfn "| group | metric | before | after | status |\n| --- | --- | ---: | ---: | --- |"

        for change in diff.Metrics |> List.filter (fun change -> change.Status <> Same) do
            let number value =
                match value with
                | Some(value: float) -> value.ToString("0.######", System.Globalization.CultureInfo.InvariantCulture)
                | None -> "–"

            printfn
                "| %s | %s | %s | %s | %s |"
                change.Group
                change.Metric
                (number change.Before)
                (number change.After)
                (Diff.statusName change.Status)
    else
        Diff.lines diff |> List.iter (printfn "%s")

    let regressed =
        diff.Metrics |> List.exists (fun change -> change.Status = Regressed || change.Status = FailedCell)

    if (if onlyRegressions then not regressed else Diff.isSame diff) then
        0
    else
        1

let diff' =
    {
        Name = "diff"
        Summary = "how two results differ, with the noise of seeds; exits 0 same, 1 differs, 2 error"
        Examples = diffExamples
        Run = diff
    }
