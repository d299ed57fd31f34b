/// `interp diff`: how two results differ, layer by layer, with the noise of seeds taken into account.
module Interp.Cli.DiffCommand

open Argu
open Interp
open Interp.Cli.Arguments
open Interp.Cli.Json
open Interp.Runtime

type DiffOptions =
    | [<MainCommand; ExactlyOnce>] Between of before: string * after: string
    | Metric of name: string
    | All
    | Fail_On of what: string
    | Markdown
    | Html
    | Json
    | Store of folder: string

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | Between _ ->
                "two of: a result's name, folder or table.csv; REVISION:FOLDER of the git repository here; a config or spec.json, which stands for what the store has of it; a stage's key."
            | Metric _ -> "compare only this metric; fewer tests are a milder correction. Repeatable."
            | All -> "show every metric (default: those that the experiments name, and what improved or regressed)."
            | Fail_On _ ->
                "regression: exit with 1 only when a metric regressed or failed; change (default): on any difference of settings, of a metric beyond noise, or of what the same key made."
            | Markdown -> "print Markdown, ready for a pull request."
            | Html -> "print a web page."
            | Json -> "print one JSON object."
            | Store _ -> "folder of the store (default $INTERP_STORE, else .interp)."

let private examples =
    [
        "diff demo small"
        "diff HEAD~1:results/demo demo"
        "diff demo configs/demo.fsx --metric fvu --metric dead"
        "diff before after --fail-on regression --markdown"
    ]

let private onlyRegressions (options: ParseResults<DiffOptions>) =
    match options.TryGetResult Fail_On with
    | None
    | Some "change" -> false
    | Some "regression" -> true
    | Some other -> raise (InterpException $"--fail-on is '{other}'; give regression or change.")

/// The metrics to show: those asked for, or those that the two experiments name.
let private shown (options: ParseResults<DiffOptions>) (sides: Side list) =
    match options.GetResults Metric with
    | _ when options.Contains All -> None
    | [] ->
        sides
        |> List.collect (fun side -> (side.Experiment |> Option.defaultValue (Experiment.create side.Name)).Metrics)
        |> List.map _.Name
        |> List.distinct
        |> Some
    | names -> Some names

let private narrowed names (side: Side) =
    match names with
    | [] -> side
    | names ->
        let keep = names |> List.map (fun name -> (Results.metric side.Results name).Name)

        let cell (cell: CellResult) =
            { cell with
                Metrics = cell.Metrics |> Map.filter (fun name _ -> List.contains name keep)
            }

        { side with
            Results =
                { side.Results with
                    Cells = List.map cell side.Results.Cells
                }
        }

let private run arguments =
    let options = parse<DiffOptions> "diff" examples arguments
    let onlyRegressions = onlyRegressions options
    let store = Store.Open(options.TryGetResult Store)
    let before, after = options.GetResult Between
    let a, b = Sides.both store before after
    let narrow = narrowed (options.GetResults Metric)
    let diff = Diff.make (narrow a) (narrow b)
    let shown = shown options [ a; b ]

    match options.Contains Markdown, options.Contains DiffOptions.Html, options.Contains DiffOptions.Json with
    | true, false, false -> printf "%s" (DiffText.markdown before after shown diff)
    | false, true, false -> printf "%s" (DiffText.html before after shown diff)
    | false, false, true -> printfn "%s" (render (DiffOutput.json before after diff))
    | false, false, false ->
        DiffOutput.print (DiffText.lines shown diff)
        printfn "%s" (DiffText.verdict diff)
    | _ -> raise (InterpException "--markdown, --html and --json exclude one another; give one of them.")

    let counts =
        if onlyRegressions then
            Diff.regressed diff
        else
            Diff.differs diff

    if counts then 1 else 0

let command =
    {
        Name = "diff"
        Summary = "how two results differ, with the noise of seeds; exits 0 same, 1 differs, 2 error"
        Examples = examples
        Run = run
    }
