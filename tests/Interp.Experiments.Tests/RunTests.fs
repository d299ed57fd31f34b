module Interp.Tests.RunTests

open System
open System.IO
open System.Security.Cryptography
open System.Text.Json
open Xunit
open Interp.Tests.CommandLine

let private miniature =
    """
open Interp

Experiment.create "mini"
|> Experiment.activations (Hook.residPost 1) (Corpus.world 6_000 |> Corpus.validation 2_000)
|> Experiment.sae (Sae.expansion 2 >> Sae.normalise PerTokenLayerNorm)
|> Experiment.train (Train.batch 256 >> Train.passes 2)
|> Experiment.evaluateOn 4_000 1_000
|> Sweep.over "k" [ 4; 8 ] Sae.k
|> Sweep.over "schedule" [ Constant; Linear(from = 32, until = 0.25) ] Train.kSchedule
"""

let private withConfig test =
    use folder = new TemporaryFolder()
    File.WriteAllText(folder.Child "mini.fsx", miniature)
    test folder

let private succeed folder arguments =
    let outcome = run folder arguments
    Assert.True((outcome.Code = 0), outcome.Errors)
    outcome

let private states (folder: TemporaryFolder) arguments =
    let outcome = succeed folder.Path ([ "plan"; "mini.fsx"; "--json" ] @ arguments)
    use json = JsonDocument.Parse outcome.Output

    [
        for stage in json.RootElement.GetProperty("stages").EnumerateArray() do
            let text (name: string) =
                match stage.GetProperty(name).GetString() with
                | null -> ""
                | text -> text

            text "name", text "state", text "reason"
    ]

[<Fact>]
let ``a run writes its folder, does nothing the second time, and reruns only a changed cell`` () =
    withConfig (fun folder ->
        Assert.All(states folder [], (fun (_, state, reason) -> Assert.Equal(("miss", "never run"), (state, reason))))
        let first = succeed folder.Path [ "run"; "mini.fsx" ]

        for file in
            [
                "table.csv"
                "table.md"
                "curves.csv"
                "density.csv"
                "spec.json"
                "provenance.json"
                "validation-loss.svg"
                "schedule.svg"
            ] do
            Assert.True(File.Exists(folder.Child $"results/mini/{file}"), file)

        let table = File.ReadAllBytes(folder.Child "results/mini/table.csv")
        let second = succeed folder.Path [ "run"; "mini.fsx" ]
        Assert.Contains("All 10 stages are in the store", second.Errors)
        Assert.Equal(first.Output, second.Output)
        Assert.Equal<byte>(table, File.ReadAllBytes(folder.Child "results/mini/table.csv"))
        Assert.All(states folder [], (fun (_, state, _) -> Assert.Equal("hit", state)))

        let changed =
            states folder [ "--set"; "sae.k=4,6" ] |> List.filter (fun (_, state, _) -> state <> "hit")

        Assert.Equal(4, changed.Length)

        Assert.Equal(
            2,
            changed
            |> List.filter (fun (name, _, reason) -> name = "train" && reason.StartsWith "sae.k changed: ")
            |> List.length
        ))

[<Fact>]
let ``the header of the table says how many tokens the norm rule takes away`` () =
    withConfig (fun folder ->
        let header (arguments: string list) =
            succeed folder.Path ([ "run"; "mini.fsx"; "--set"; "sae.k=4" ] @ arguments) |> ignore
            File.ReadAllText(folder.Child "results/mini/table.md")

        Assert.DoesNotContain("do not count", header [])

        let table =
            header
                [
                    "--store"
                    "ruled"
                    "--set"
                    "extract.skipNorm=1.05"
                    "--set"
                    "extract.skipPositions=1"
                ]

        let extracted =
            Directory.GetDirectories(folder.Child "ruled/extract") |> Array.exactlyOne

        let norms split =
            use store = Interp.Activations.ActivationStore.Open(Path.Combine(extracted, split))

            [|
                for row in 0 .. int store.Count - 1 do
                    if row % store.Contexts.Length > 0 then
                        store.Row row |> Array.sumBy (fun value -> float value * float value) |> sqrt
            |]

        let training, heldOut = norms "training", norms "held-out"
        let limit = 1.05 * (Array.sort training)[training.Length / 2]

        for split, norms in [ "training", training; "held-out", heldOut ] do
            let above = norms |> Array.filter (fun norm -> norm > limit) |> Array.length
            Assert.True(above > 0)

            Assert.Contains(
                $"{above} of {norms.Length} {split} tokens exceed 1.05 times the median norm and do not count.",
                table
            ))

[<Fact>]
let ``trainings that the memory does not hold together run in passes, to the same bytes`` () =
    withConfig (fun folder ->
        let passes memory =
            let outcome = succeed folder.Path ([ "plan"; "mini.fsx"; "--json" ] @ memory)
            use json = JsonDocument.Parse outcome.Output
            let root = json.RootElement

            [
                for pass in root.GetProperty("passes").EnumerateArray() -> pass.GetArrayLength()
            ],
            root.GetProperty("memory_bytes").GetInt64()

        Assert.Equal<int list>([ 4 ], fst (passes []))
        let small = [ "--memory"; "60MiB"; "--threads"; "2" ]
        let split, _ = passes small
        Assert.Equal(4, List.sum split)
        Assert.True(split.Length > 1)
        let _, live = passes [ "--live" ]
        Assert.True(live > 0L)

        let plan = succeed folder.Path ([ "plan"; "mini.fsx" ] @ small)
        Assert.Contains($"trainings in {split.Length} passes", plan.Output)
        Assert.DoesNotContain("It does not fit", plan.Output)
        let tiny = [ "mini.fsx"; "--memory"; "2MiB" ]
        let misfit = run folder.Path ("plan" :: tiny)
        Assert.Equal(1, misfit.Code)
        Assert.Contains("It does not fit", misfit.Output)
        let refused = run folder.Path ("run" :: tiny @ [ "--store"; "tiny" ])
        Assert.Equal(2, refused.Code)
        Assert.Contains("more than there are (2.0 MiB); lower", refused.Errors)
        Assert.False(Directory.Exists(folder.Child "tiny/extract"))

        succeed folder.Path [ "run"; "mini.fsx" ] |> ignore
        let table = File.ReadAllBytes(folder.Child "results/mini/table.csv")
        succeed folder.Path ([ "run"; "mini.fsx"; "--store"; "small" ] @ small) |> ignore
        Assert.Equal<byte>(table, File.ReadAllBytes(folder.Child "results/mini/table.csv"))
        let wrong = run folder.Path [ "plan"; "mini.fsx"; "--memory"; "lots" ]
        Assert.Equal(2, wrong.Code)
        Assert.Contains("--memory is 'lots'", wrong.Errors))

[<Fact>]
let ``two runs from empty stores, with other threads and another culture, give the same bytes`` () =
    withConfig (fun folder ->
        succeed folder.Path [ "run"; "mini.fsx"; "--store"; "one"; "--name"; "one"; "--threads"; "1" ]
        |> ignore

        succeed folder.Path [ "run"; "mini.fsx"; "--store"; "two"; "--name"; "two"; "--threads"; "3" ]
        |> ignore

        for file in [ "table.csv"; "curves.csv"; "density.csv" ] do
            Assert.Equal<byte>(
                File.ReadAllBytes(folder.Child $"results/one/{file}"),
                File.ReadAllBytes(folder.Child $"results/two/{file}")
            )

        Assert.Equal(0, (run folder.Path [ "diff"; "one"; "two" ]).Code))

[<Fact>]
let ``results, diff, export and inspect work on what a run left`` () =
    withConfig (fun folder ->
        succeed folder.Path [ "run"; "mini.fsx" ] |> ignore

        succeed folder.Path [ "run"; "mini.fsx"; "--set"; "train.learningRate=0.004"; "--name"; "fast" ]
        |> ignore

        let json = succeed folder.Path [ "results"; "mini"; "--json" ]
        use document = JsonDocument.Parse json.Output
        let cells = document.RootElement.GetProperty "cells"
        Assert.Equal(4, cells.GetArrayLength())
        Assert.Equal("k=4,schedule=constant,seed=1", cells[0].GetProperty("cell").GetString())
        Assert.Equal("4", cells[0].GetProperty("axes").GetProperty("k").GetString())

        let diff = run folder.Path [ "diff"; "mini"; "fast" ]
        Assert.Equal(1, diff.Code)
        Assert.Contains("train.learningRate  0.002 → 0.004", diff.Output)

        succeed folder.Path [ "export"; "mini/k=8,schedule=linear,seed=1"; "sae" ] |> ignore
        let inspected = succeed folder.Path [ "inspect"; "sae"; "--json" ]
        use sae = JsonDocument.Parse inspected.Output
        Assert.Equal(8, sae.RootElement.GetProperty("facts").GetProperty("k").GetInt32())
        use cfg = JsonDocument.Parse(File.ReadAllText(folder.Child "sae/cfg.json"))
        Assert.Equal(8, cfg.RootElement.GetProperty("k").GetInt32())

        let version =
            match cfg.RootElement.GetProperty("metadata").GetProperty("sae_lens_version").GetString() with
            | null -> ""
            | version -> version

        Assert.True(Version.Parse version >= Version "6.0.0"))

/// Of all files but those that say when and where an artifact was made.
let private digests folder =
    Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
    |> Array.filter (fun file -> Path.GetFileName file <> "provenance.json")
    |> Array.sortWith (fun a b -> String.CompareOrdinal(a, b))
    |> Array.map (fun file ->
        use stream = File.OpenRead file
        Path.GetRelativePath(folder, file), Convert.ToHexStringLower(SHA256.HashData stream))

[<Fact>]
let ``an extraction that was killed goes on to the same bytes`` () =
    withConfig (fun folder ->
        let arguments store =
            [
                "run"
                "mini.fsx"
                "--set"
                "corpus.trainTokens=280000"
                "--set"
                "sae.k=4"
                "--store"
                store
            ]
            @ [ "--set"; "train.kSchedule=constant"; "--set"; "train.passes=1" ]

        succeed folder.Path (arguments "whole") |> ignore
        use child = start folder.Path (arguments "killed")
        let work = folder.Child "killed/work"

        let firstShard () =
            Directory.Exists work
            && Directory.GetFiles(work, "shard-00000.safetensors", SearchOption.AllDirectories).Length > 0

        while not (firstShard ()) && not child.HasExited do
            Threading.Thread.Sleep 5

        child.Kill()
        child.WaitForExit()

        Assert.Empty(
            Directory.GetDirectories(folder.Child "killed")
            |> Array.filter (fun name -> name.EndsWith "extract")
        )

        succeed folder.Path (arguments "killed") |> ignore

        Assert.Equal<(string * string)>(
            digests (folder.Child "whole/extract"),
            digests (folder.Child "killed/extract")
        ))

[<Fact>]
let ``a config under FSI opens the framework and prints its plan`` () =
    use folder = new TemporaryFolder()

    let info =
        Diagnostics.ProcessStartInfo(
            "dotnet",
            [ "fsi"; Path.Combine(repository, "configs", "demo.fsx") ],
            WorkingDirectory = folder.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true
        )

    match Diagnostics.Process.Start info with
    | null -> failwith "dotnet did not start"
    | child ->
        use child = child
        let outcome = finish child
        Assert.True((outcome.Code = 0), outcome.Errors)
        Assert.Contains("k=8,schedule=linear,seed=1", outcome.Output)
        Assert.Contains("42 of 42 stages to run", outcome.Output)
