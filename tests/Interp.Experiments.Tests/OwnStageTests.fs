/// A stage of one's own is planned, kept, compared and made again like ours.
module Interp.Tests.OwnStageTests

open System.IO
open Xunit
open Interp
open Interp.Tests.CommandLine

let private base' =
    Experiment.create "own"
    |> Experiment.activations (Hook.residPost 1) (Corpus.world 3_000 |> Corpus.validation 1_000)
    |> Experiment.sae (Sae.expansion 2)
    |> Experiment.train (Train.batch 256)
    |> Experiment.evaluateOn 1_500 500
    |> Sweep.over "k" [ 4; 8 ] Sae.k

let private script version body =
    $"""open Interp

Experiment.create "own"
|> Experiment.activations (Hook.residPost 1) (Corpus.world 3_000 |> Corpus.validation 1_000)
|> Experiment.sae (Sae.expansion 2)
|> Experiment.train (Train.batch 256)
|> Experiment.evaluateOn 1_500 500
|> Sweep.over "k" [ 4; 8 ] Sae.k
|> Experiment.stage "ratio" {version} (fun cell -> {body})
|> Experiment.evaluate [ Metric.fvu; Metric.own "fvu_by_k" ]
"""

let private ratio =
    """[ "fvu_by_k", cell.Metrics["fvu"] / float cell.Spec.Sae.K ]"""

let private write (folder: TemporaryFolder) (text: string) =
    File.WriteAllText(folder.Child "own.fsx", text)

let private succeed (folder: TemporaryFolder) arguments =
    let outcome = run folder.Path arguments
    Assert.True((outcome.Code = 0), outcome.Errors + outcome.Output)
    outcome

[<Fact>]
let ``its numbers are columns, it is kept, and a new version alone runs again`` () =
    use folder = new TemporaryFolder()
    write folder (script 1 ratio)
    succeed folder [ "run"; "own.fsx" ] |> ignore
    let table = File.ReadAllText(folder.Child "results/own/table.csv")
    let results = Results.parse "own" table

    for cell in results.Cells do
        let axes = Map.ofList cell.Axes
        let k = float axes["k"]
        Assert.Equal(cell.Metrics["fvu"] / k, cell.Metrics["fvu_by_k"], 6)

    Assert.DoesNotContain("miss", (succeed folder [ "plan"; "own.fsx" ]).Output)

    // What a named result has of it is needed: collecting leaves it.
    succeed folder [ "store"; "gc"; "--yes" ] |> ignore
    Assert.DoesNotContain("miss", (succeed folder [ "plan"; "own.fsx" ]).Output)
    let kept = Directory.GetDirectories(folder.Child ".interp/ratio") |> Array.head
    let name = "ratio/" + string (Path.GetFileName kept)

    for command in [ [ "check"; name ]; [ "show"; name; "--spec"; "again.json" ] ] do
        let again = run folder.Path command
        Assert.Equal(2, again.Code)
        Assert.Contains("was made by a function of its script", again.Errors)

    Assert.EndsWith("made again by\n  ./interp run own.fsx\n", (succeed folder [ "show"; name ]).Output)
    succeed folder [ "run"; "own.fsx"; "--name"; "again" ] |> ignore
    Assert.Equal(table, File.ReadAllText(folder.Child "results/again/table.csv"))

    write folder (script 2 """[ "fvu_by_k", 2.0 * cell.Metrics["fvu"] / float cell.Spec.Sae.K ]""")

    let missing =
        (succeed folder [ "plan"; "own.fsx" ]).Output.Split '\n'
        |> Array.filter _.Contains(" miss ")
        |> Array.map (fun line -> line.Split(' ')[0])

    Assert.Equal<string array>([| "ratio"; "ratio" |], missing)
    succeed folder [ "run"; "own.fsx"; "--name"; "second" ] |> ignore
    let diff = run folder.Path [ "diff"; "own"; "second" ]
    Assert.Equal(1, diff.Code)
    Assert.Contains("fvu_by_k", diff.Output)

[<Fact>]
let ``a failure of it fails its cell and says which stage`` () =
    use folder = new TemporaryFolder()
    write folder (script 1 """if cell.Spec.Sae.K = 4 then failwith "no luck" else [ "fvu_by_k", 1.0 ]""")
    let outcome = run folder.Path [ "run"; "own.fsx" ]
    Assert.Equal(1, outcome.Code)
    Assert.Contains("The stage ratio failed: no luck", outcome.Errors)

    let table = File.ReadAllText(folder.Child "results/own/table.csv")
    let results = Results.parse "own" table
    Assert.Equal<string list>([ "failed"; "ok" ], results.Cells |> List.map _.Status)
    Assert.Equal(Some "The stage ratio failed: no luck", results.Cells.Head.Error)
    Assert.Equal(table, Results.csv results)

    // What was measured before it is kept.
    Assert.All(results.Cells, (fun cell -> Assert.InRange(cell.Metrics["fvu"], 0.0, 2.0)))
    Assert.False(results.Cells.Head.Metrics.ContainsKey "fvu_by_k")

[<Fact>]
let ``a table counts the seeds that have a number, and says where others have more`` () =
    let cell seed status metrics =
        {
            Cell = $"seed={seed}"
            Axes = []
            Seed = seed
            Status = status
            Error = if status = "ok" then None else Some "no luck"
            Metrics = Map.ofList metrics
        }

    let results =
        {
            Name = "own"
            Cells =
                [
                    cell 1 "ok" [ "fvu", 0.5; "x", 1.0 ]
                    cell 2 "failed" [ "fvu", 0.7 ]
                    cell 3 "failed" []
                ]
        }

    let header, rows = ResultSummary.rows [ Metric.fvu; Metric.own "x" ] results
    Assert.Equal<string list>([ "seeds"; "FVU"; "x"; "status" ], header)
    Assert.Equal<string list list>([ [ "2"; "0.6000 ± 0.1414"; "1.0000 (n 1)"; "2 failed" ] ], rows)

    let counts =
        (ResultViews.aggregate [ Metric.fvu; Metric.own "x" ] results).Rows |> List.map List.last

    Assert.Equal<Entry list>([ Count 2; Count 1 ], counts)

[<Fact>]
let ``name and version are in the key, and in nobody else's`` () =
    use folder = new TemporaryFolder()
    let inputs = Inputs folder.Path

    let keys (experiment: Experiment) =
        Stage.ofExperiment inputs experiment |> List.map (fun stage -> stage.Name, stage.Key)

    let own name version =
        base' |> Experiment.stage name version (fun _ -> [])

    let plain = keys base'
    Assert.Equal<(string * string) list>(plain, keys (own "a" 1) |> List.filter (fst >> (<>) "a"))

    let keyOf name version =
        keys (own name version) |> List.filter (fst >> (=) name) |> List.map snd

    Assert.Empty(List.filter (fun key -> List.contains key (keyOf "a" 2)) (keyOf "a" 1))
    Assert.Empty(List.filter (fun key -> List.contains key (keyOf "b" 1)) (keyOf "a" 1))
    Assert.Equal(2, (keyOf "a" 1).Length)

[<Theory>]
[<InlineData("train", "2 stages are called train")>]
[<InlineData("a/b", "A stage is called 'a/b'")>]
let ``a name that would clash or leave its folder is refused`` (name, error: string) =
    let errors = base' |> Experiment.stage name 1 (fun _ -> []) |> Validation.experiment
    Assert.StartsWith(error, List.exactlyOne errors)

[<Fact>]
let ``in JSON it is a name and a version, which run no more but are compared`` () =
    let experiment =
        base'
        |> Experiment.stage "ratio" 2 (fun _ -> [])
        |> Experiment.evaluate [ Metric.fvu; Metric.own "x" ]

    Assert.Equal(Ok experiment, ExperimentFile.parse (ExperimentFile.print experiment))
    use folder = new TemporaryFolder()
    File.WriteAllText(folder.Child "own.json", ExperimentFile.print experiment)

    // Before anything runs.
    for command in [ "run"; "plan" ] do
        let outcome = run folder.Path [ command; "own.json" ]
        Assert.Equal((2, ""), (outcome.Code, outcome.Output))

        Assert.Equal(
            "own.json has the stage ratio, a function of the script that made the file; run that script instead.",
            outcome.Errors.Trim()
        )

    Assert.False(Directory.Exists(folder.Child ".interp/extract"))
    Assert.Equal(0, (run folder.Path [ "show"; "own.json" ]).Code)
