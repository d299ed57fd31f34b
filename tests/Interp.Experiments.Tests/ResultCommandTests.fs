/// `interp results`, `diff` and `report` as a user types them, on a small run.
module Interp.Tests.ResultCommandTests

open System
open System.Diagnostics
open System.IO
open System.Text.Json
open Xunit
open Interp
open Interp.Tests.CommandLine

let private config =
    """
open Interp

Experiment.create "mini"
|> Experiment.activations (Hook.residPost 1) (Corpus.world 3_000 |> Corpus.validation 1_000)
|> Experiment.sae (Sae.expansion 2 >> Sae.normalise PerTokenLayerNorm)
|> Experiment.train (Train.batch 256)
|> Experiment.evaluateOn 1_000 500
|> Sweep.over "k" [ 4; 8 ] Sae.k
|> Sweep.seeds 2
"""

let private succeed (folder: TemporaryFolder) arguments =
    let outcome = run folder.Path arguments
    Assert.True((outcome.Code = 0), outcome.Output + outcome.Errors)
    outcome.Output

let private git (folder: TemporaryFolder) (arguments: string list) =
    let identity =
        [ "-c"; "user.name=t"; "-c"; "user.email=t@t"; "-c"; "commit.gpgsign=false" ]

    let start =
        ProcessStartInfo("git", identity @ arguments, WorkingDirectory = folder.Path, RedirectStandardOutput = true)

    match Process.Start start with
    | null -> failwith "git did not start"
    | child ->
        use child = child
        child.StandardOutput.ReadToEnd() |> ignore
        child.WaitForExit()
        Assert.Equal(0, child.ExitCode)

[<Fact>]
let ``a run's result is queried, diffed in every form and reported`` () =
    use folder = new TemporaryFolder()
    File.WriteAllText(folder.Child "mini.fsx", config)
    succeed folder [ "run"; "mini.fsx" ] |> ignore
    let provenance = File.ReadAllText(folder.Child "results/mini/provenance.json")

    // A second store and other threads give the same provenance, and no difference.
    succeed folder [ "run"; "mini.fsx"; "--store"; "other"; "--threads"; "1"; "--name"; "again" ]
    |> ignore

    Assert.Equal(provenance, File.ReadAllText(folder.Child "results/again/provenance.json"))
    Assert.Contains("Same.", succeed folder [ "diff"; "mini"; "again" ])

    let stages =
        match ResultProvenance.parse provenance with
        | Some provenance -> provenance.Stages
        | None -> failwith "no provenance"

    Assert.Equal(10, stages.Length)

    // The store's cells stand for a config, and an artifact for its key.
    Assert.Contains("Same.", succeed folder [ "diff"; "mini"; "mini.fsx" ])

    let key stage number =
        (stages |> List.filter (fun record -> record.Stage = stage) |> List.item number).Key.Substring(0, 12)

    let four, eight = key "evaluate" 0, key "evaluate" 2
    Assert.Contains("Same.", succeed folder [ "diff"; four; $"evaluate/{four}" ])
    let keys = run folder.Path [ "diff"; four; eight ]
    Assert.Equal(1, keys.Code)
    Assert.Matches("sae.k +4 → 8", keys.Output)

    // A key beside a result is held against the cell that it belongs to.
    for sides in [ [ four; "mini" ]; [ "mini"; $"evaluate/{eight}" ] ] do
        Assert.Equal("Same.", (succeed folder ("diff" :: sides)).Trim())

    let kinds = run folder.Path [ "diff"; four; key "train" 0 ]
    Assert.Equal((2, ""), (kinds.Code, kinds.Output))
    Assert.Matches("are keys of different stages, evaluate and train; give two of one stage.\n$", kinds.Errors)

    // Two seeds of one group: the seed is what differs, and the shared stages are no difference.
    let seeds = run folder.Path [ "diff"; key "evaluate" 0; key "evaluate" 1 ]
    Assert.Equal(1, seeds.Code)
    Assert.Matches("config +seed=1 +seed +1 → 2", seeds.Output)
    Assert.DoesNotContain("removed", seeds.Output)
    Assert.DoesNotMatch("plan .*(extract|baseline)", seeds.Output)

    // A changed rate shows in config, plan and metrics.
    succeed folder [ "run"; "mini.fsx"; "--set"; "train.learningRate=0.01"; "--name"; "fast" ] |> ignore
    let fast = run folder.Path [ "diff"; "mini"; "fast" ]
    Assert.Equal(1, fast.Code)
    Assert.Matches(@"config +4 cells +train.learningRate +0.002 → 0.01 +changed", fast.Output)
    Assert.Matches(@"plan +k=4,seed=1 +train +\w{8} → \w{8} +other key +\(train.learningRate\)", fast.Output)

    Assert.Matches(
        @"metrics +k=4 +fvu +[\d.]+ ± [\d.]+ → [\d.]+ ± [\d.]+ +\w+.*p (< )?[\d.]+, paired, n 2",
        fast.Output
    )

    Assert.DoesNotContain("\u001b[", fast.Output)

    let json = run folder.Path [ "diff"; "mini"; "fast"; "--json" ]
    use document = JsonDocument.Parse json.Output
    let changed = document.RootElement.GetProperty("config").GetProperty("changed")
    Assert.Equal("train.learningRate", (changed[0].GetProperty "path").GetString())

    Assert.Contains(
        "| config | 4 cells | train.learningRate |",
        (run folder.Path [ "diff"; "mini"; "fast"; "--markdown" ]).Output
    )

    Assert.StartsWith("<!doctype html>", (run folder.Path [ "diff"; "mini"; "fast"; "--html" ]).Output)

    // The same key with another output is an alarm.
    let train = stages |> List.find (fun record -> record.Stage = "train")
    Directory.CreateDirectory(folder.Child "altered") |> ignore

    for file in [ "table.csv"; "spec.json" ] do
        File.Copy(folder.Child $"results/mini/{file}", folder.Child $"altered/{file}")

    File.WriteAllText(folder.Child "altered/provenance.json", provenance.Replace(train.Output, String('0', 64)))
    let alarm = run folder.Path [ "diff"; "mini"; "altered" ]
    Assert.Equal(1, alarm.Code)
    Assert.Contains("same key, other output", alarm.Output)
    Assert.Equal(0, (run folder.Path [ "diff"; "mini"; "altered"; "--fail-on"; "regression" ]).Code)

    // Revisions.
    git folder [ "init"; "-q" ]
    git folder [ "add"; "results/mini" ]
    git folder [ "commit"; "-q"; "-m"; "one" ]
    Assert.Contains("Same.", succeed folder [ "diff"; "HEAD:results/mini"; "again" ])
    Assert.Contains("Same.", succeed folder [ "diff"; "HEAD:mini"; "mini" ])

    // Queries.
    Assert.Matches(@"fast +4 cells +fvu, .*\nmini +4 cells +fvu, ", succeed folder [ "results" ])
    let none = run folder.Path [ "results"; "mini"; "--where"; "k=5" ]
    Assert.Equal((1, "", "No cell of mini meets the conditions.\n"), (none.Code, none.Output, none.Errors))

    // A name that holds another experiment.
    let overwrites =
        "fast holds the result of another experiment, which this run writes over"

    let other =
        run folder.Path [ "run"; "mini.fsx"; "--set"; "sae.k=4"; "--name"; "fast" ]

    Assert.Contains(overwrites, other.Errors)

    let again =
        run folder.Path [ "run"; "mini.fsx"; "--set"; "sae.k=4"; "--name"; "fast" ]

    Assert.DoesNotContain("another experiment", again.Errors)

    Assert.Equal(
        3,
        (succeed folder [ "results"; "mini"; "--where"; "k=8"; "--csv" ])
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Length
    )

    let one form =
        succeed folder [ "results"; "mini"; "--metric"; "fvu"; form ]

    Assert.Equal("k,seed,status,fvu", (one "--csv").Split '\n' |> Array.head)
    use json = JsonDocument.Parse(one "--json")

    for cell in json.RootElement.GetProperty("cells").EnumerateArray() do
        Assert.Equal<string list>(
            [ "fvu" ],
            [ for metric in cell.GetProperty("metrics").EnumerateObject() -> metric.Name ]
        )

    let pivot =
        succeed
            folder
            [
                "results"
                "demo/../results/mini"
                "--aggregate"
                "--metric"
                "fvu"
                "--json"
            ]

    use groups = JsonDocument.Parse pivot
    Assert.Equal(2, groups.RootElement.GetProperty("groups").GetArrayLength())

    Assert.Contains(
        "| k=8 | k=4 | fvu |",
        succeed folder [ "results"; "mini"; "--against"; "k=4"; "--metric"; "fvu"; "--markdown" ]
    )

    Assert.Contains("higher", succeed folder [ "results"; "--metrics" ])

    // The page.
    Assert.Contains("report.html", succeed folder [ "report"; "mini" ])
    Assert.StartsWith("<!doctype html>", File.ReadAllText(folder.Child "results/mini/report.html"))

[<Fact>]
let ``wrong use is one sentence and exit code 2`` () =
    use folder = new TemporaryFolder()
    let results = Path.Combine(repository, "results", "demo")

    let refused (words: string) arguments =
        let outcome = run folder.Path arguments
        Assert.Equal(2, outcome.Code)
        Assert.Contains(words, outcome.Errors)
        Assert.Equal("", outcome.Output)

    refused "There are no results 'nothing'" [ "diff"; "nothing"; results ]
    refused "give regression or change" [ "diff"; results; results; "--fail-on"; "luck" ]
    refused "give one of them" [ "diff"; results; results; "--json"; "--html" ]
    refused "git has no HEAD:none/table.csv" [ "diff"; "HEAD:none"; results ]
    refused "There is no artifact 0123456789" [ "diff"; "0123456789"; results ]
    refused "did you mean fvu?" [ "results"; results; "--metric"; "fvuu" ]
    refused "compares nothing" [ "results"; results; "--where"; "k" ]
    refused "needs --pivot" [ "results"; results; "--value"; "fvu" ]
    refused "no column 'with2'" [ "results"; results; "--sort"; "with2" ]
    refused "There are no results 'nothing'" [ "report"; "nothing" ]
