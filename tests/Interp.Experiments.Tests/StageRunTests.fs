/// Failing cells, several processes on one store, and processes that die.
module Interp.Tests.StageRunTests

open System
open System.Diagnostics
open System.IO
open System.Threading
open Xunit
open Interp
open Interp.Tests.CommandLine

let private runMini = [ "run"; "mini.json" ]

let private withGrid ks test =
    use folder = new TemporaryFolder()
    Miniature.write (folder.Child "mini.json") (Miniature.experiment ks)
    test folder (Miniature.openStore folder ".interp")

[<Fact>]
let ``a cell that fails leaves its message, the rest goes on, and only --retry-failed tries again`` () =
    use folder = new TemporaryFolder()
    Checkpoints.corpus (folder.Child "good.jsonl") 400
    File.WriteAllText(folder.Child "bad.jsonl", "{\"other\": 1}\n")

    let from file =
        fun (spec: Spec) ->
            { spec with
                Corpus.Source = TextFile(folder.Child file)
            }

    Miniature.experiment [ 4 ]
    |> Sweep.cases "text" [ "bad", from "bad.jsonl"; "good", from "good.jsonl" ]
    |> Miniature.write (folder.Child "mini.json")

    let first = run folder.Path runMini
    Assert.Equal(1, first.Code)
    Assert.Contains("failed: ", first.Errors)
    Assert.Contains("k=4,text=bad,seed=1 failed: ", first.Output)

    use json =
        Text.Json.JsonDocument.Parse((run folder.Path [ "results"; "mini"; "--json" ]).Output)

    let errors =
        [
            for cell in json.RootElement.GetProperty("cells").EnumerateArray() ->
                cell.GetProperty("error").GetString() |> string
        ]

    Assert.Contains("bad.jsonl", errors[0])
    Assert.Equal("", errors[1])
    Assert.Contains("k=4,text=bad,seed=1 failed: " + errors[0], (run folder.Path [ "results"; "mini" ]).Output)
    // An empty folder of work is nothing to go on from, and no garbage.
    let unfinished = (Miniature.openStore folder ".interp").Unfinished
    Assert.Empty unfinished
    Assert.NotEmpty(Directory.GetDirectories(folder.Child ".interp/work"))
    Assert.DoesNotContain("as before", first.Errors)
    let results = Results.load (folder.Child "results/mini")
    Assert.Equal<string list>([ "failed"; "ok" ], results.Cells |> List.map _.Status)
    Assert.Contains("k=4,text=bad,seed=1 failed: ", File.ReadAllText(folder.Child "results/mini/table.md"))

    let again = run folder.Path runMini
    Assert.Equal(1, again.Code)
    Assert.Contains("as before", again.Errors)
    Assert.Empty(Miniature.completed [ again.Errors ])
    let plan = run folder.Path [ "plan"; "mini.json" ]
    Assert.Contains("failed before, --retry-failed tries again", plan.Output)
    let retried = run folder.Path (runMini @ [ "--retry-failed" ])
    Assert.Equal(1, retried.Code)
    Assert.DoesNotContain("as before", retried.Errors)

[<Fact>]
let ``a text that is missing or too short fails its own cells, and the plan says so before`` () =
    use folder = new TemporaryFolder()
    Checkpoints.corpus (folder.Child "good.jsonl") 400
    File.WriteAllText(folder.Child "one.jsonl", "{\"text\": \"a single document\"}\n")
    File.WriteAllLines(folder.Child "few.jsonl", List.replicate 4 "{\"text\": \"four short documents\"}")

    let from file =
        fun (spec: Spec) ->
            { spec with
                Corpus.Source = TextFile file
            }

    let texts =
        [ for name in [ "gone"; "one"; "few"; "good" ] -> name, from $"{name}.jsonl" ]

    Miniature.experiment [ 4; 6 ]
    |> Sweep.cases "text" texts
    |> Miniature.write (folder.Child "mini.json")

    let reasons =
        [
            "There is no corpus gone.jsonl"
            "The corpus one.jsonl has no validation text"
            "fewer than a batch (train.batch is 256)"
        ]

    let plan = run folder.Path [ "plan"; "mini.json" ]
    Assert.Equal(1, plan.Code)

    for reason in reasons do
        let line =
            plan.Output.Split '\n'
            |> Array.filter _.Contains(reason, StringComparison.Ordinal)
            |> Array.exactlyOne

        Assert.StartsWith("2 cells cannot run: ", line)

    use json =
        Text.Json.JsonDocument.Parse((run folder.Path [ "plan"; "mini.json"; "--json" ]).Output)

    Assert.Equal(3, json.RootElement.GetProperty("problems").GetArrayLength())
    let outcome = run folder.Path runMini
    Assert.Equal(1, outcome.Code)
    let cells = (Results.load (folder.Child "results/mini")).Cells

    for cell in cells do
        Assert.Equal((if cell.Axes[1] = ("text", "good") then "ok" else "failed"), cell.Status)

    let errors = cells |> List.choose _.Error
    Assert.Equal(6, errors.Length)
    Assert.Equal(2, errors |> List.filter _.StartsWith("There is no corpus gone.jsonl") |> List.length)

    // Where nothing is left to run, that is wrong input and no result.
    Miniature.experiment [ 4; 6 ]
    |> Experiment.edit (from "gone.jsonl")
    |> Miniature.write (folder.Child "mini.json")

    let nothing = run folder.Path (runMini @ [ "--name"; "nothing" ])
    Assert.Equal(2, nothing.Code)
    Assert.Contains("There is no corpus gone.jsonl", nothing.Errors)
    Assert.False(Directory.Exists(folder.Child "results/nothing"))

[<Fact>]
let ``two processes on one store compute every stage once, whatever their order`` () =
    use folder = new TemporaryFolder()
    let ks = [ 4; 5; 6; 7 ]
    Miniature.write (folder.Child "up/mini.json") (Miniature.experiment ks)
    Miniature.write (folder.Child "down/mini.json") (Miniature.experiment (List.rev ks))

    let begin' name threads =
        start (folder.Child name) (runMini @ [ "--store"; "../store"; "--threads"; threads ])

    use up = begin' "up" "1"
    use down = begin' "down" "2"
    let outcomes = [ finish up; finish down ]

    for outcome in outcomes do
        Assert.True((outcome.Code = 0), outcome.Errors)

    let counts = Miniature.completed (outcomes |> List.map _.Errors)
    Assert.Equal(2 + 2 * ks.Length, counts.Length)
    Assert.All(counts, (fun (stage, count) -> Assert.True((count = 1), $"{stage} was made {count} times")))

    let table name =
        Results.load (folder.Child $"{name}/results/mini")

    Assert.Equal<CellResult list>((table "up").Cells |> List.sort, (table "down").Cells |> List.sort)

[<Fact>]
let ``a process takes over from one that is killed while it waits`` () =
    withGrid [ 4; 5 ] (fun folder store ->
        let long = runMini @ [ "--set"; "train.passes=300" ]
        use first = start folder.Path long

        let isTraining () =
            store.Unfinished |> List.exists (fun folder -> (DirectoryInfo folder).Name.StartsWith "train")

        while not (isTraining ()) && not first.HasExited do
            Thread.Sleep 5

        use second = start folder.Path long
        let waits = new ManualResetEventSlim()
        let errors = Text.StringBuilder()

        second.ErrorDataReceived.Add(fun line ->
            lock errors (fun () -> errors.AppendLine line.Data |> ignore)

            if (string line.Data).Contains "another process" then
                waits.Set())

        second.BeginErrorReadLine()
        Assert.True(waits.Wait(TimeSpan.FromMinutes 2.0), errors.ToString())
        Assert.False first.HasExited
        first.Kill()
        first.WaitForExit()
        second.StandardOutput.ReadToEnd() |> ignore
        second.WaitForExit()
        Assert.True((second.ExitCode = 0), errors.ToString())
        Assert.Equal(6, store.All.Length))

[<Fact>]
let ``a grid that is killed at random times computes nothing twice and ends with the same table`` () =
    let ks = [ 4; 6 ]

    let table (folder: TemporaryFolder) =
        File.ReadAllBytes(folder.Child "results/mini/table.csv")

    let whole =
        withGrid ks (fun folder _ ->
            let outcome = run folder.Path runMini
            Assert.True((outcome.Code = 0), outcome.Errors)
            table folder)

    withGrid ks (fun folder store ->
        let random = Random 11
        let mutable errors = []

        let keep child =
            errors <- (finish child).Errors :: errors

        for _ in 1 .. Miniature.kills 5 do
            let before = Miniature.artifacts store
            use child = start folder.Path runMini
            child.WaitForExit(random.Next(500, 6000)) |> ignore
            child.Kill()
            keep child

            // What was complete is not touched again.
            for pair in before do
                Assert.Equal(pair.Value, (Miniature.artifacts store)[pair.Key])

        let before = Miniature.artifacts store
        use child = start folder.Path runMini
        keep child
        Assert.Equal<byte>(whole, table folder)

        for pair in before do
            Assert.Equal(pair.Value, (Miniature.artifacts store)[pair.Key])

        for stage, count in Miniature.completed errors do
            Assert.True((count = 1), $"{stage} was made {count} times"))
