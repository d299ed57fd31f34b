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
    let again = run folder.Path [ "check"; "ratio/" + string (Path.GetFileName kept) ]
    Assert.Equal(2, again.Code)
    Assert.Contains("was made by a function of its script", again.Errors)
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

    let cells =
        (Results.parse "own" (File.ReadAllText(folder.Child "results/own/table.csv"))).Cells

    Assert.Equal<string list>([ "failed"; "ok" ], cells |> List.map _.Status)

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
    let outcome = run folder.Path [ "run"; "own.json" ]
    Assert.Equal(1, outcome.Code)
    Assert.Contains("run the script instead", outcome.Errors)
