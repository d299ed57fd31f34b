/// A training that is stopped in any way goes on to the same bytes.
module Interp.Tests.TrustTests

open System
open System.Diagnostics
open System.IO
open System.Security.Cryptography
open System.Text.Json
open System.Threading
open Xunit
open Interp.Tests.CommandLine

let private config =
    """
open Interp

Experiment.create "long"
|> Experiment.activations (Hook.residPost 1) (Corpus.world 6_000 |> Corpus.validation 2_000)
|> Experiment.sae (Sae.expansion 4)
|> Experiment.train (Train.batch 256 >> Train.passes 6 >> Train.deadWindow 2_000)
|> Experiment.evaluateOn 4_000 1_000
|> Sweep.over "kind" [ TopK; MultiTopK; BatchTopK; Matryoshka [ 32; 128 ]; JumpReLU; JumpReLUTanh; Gated; ReLU ] Sae.kind
"""

let private transcoders =
    """
open Interp

Experiment.create "transcoders"
|> Experiment.transcode (Hook.mlpIn 1) (Hook.mlpOut 1) (Corpus.world 6_000 |> Corpus.validation 2_000)
|> Experiment.sae (Sae.expansion 4)
|> Experiment.train (Train.batch 256 >> Train.passes 6 >> Train.deadWindow 2_000)
|> Experiment.evaluateOn 4_000 1_000
|> Sweep.over "kind" [ Transcoder; SkipTranscoder ] Sae.kind
"""

let private argumentsOf file store =
    [ "run"; file; "--store"; store; "--set"; "train.validationPoints=40" ]

let private arguments = argumentsOf "long.fsx"

let private succeed folder arguments =
    let outcome = run folder arguments
    Assert.True((outcome.Code = 0), outcome.Errors)

/// What the trainings left, by file, without when and where; the folder's name is the key.
let private trained (store: string) =
    Directory.GetFiles(Path.Combine(store, "train"), "*", SearchOption.AllDirectories)
    |> Array.filter (fun file -> Path.GetFileName file <> "provenance.json")
    |> Array.sortWith (fun a b -> String.CompareOrdinal(a, b))
    |> Array.map (fun file ->
        Path.GetRelativePath(Path.Combine(store, "train"), file),
        Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes file)))

let private waitFor (child: Process) condition =
    while not (condition ()) && not child.HasExited do
        Thread.Sleep 5

let private isTraining store =
    let work = Path.Combine(store, "work")

    Directory.Exists work
    && Directory.GetFiles(work, "step-*.json", SearchOption.AllDirectories).Length > 0

/// Cuts the newest checkpoint of one training short, once in a few calls.
let private damage store chance =
    let newest =
        Directory.GetFiles(Path.Combine(store, "work"), "step-*.safetensors", SearchOption.AllDirectories)
        |> Array.sort
        |> Array.tryLast

    match newest with
    | Some file when chance = 0 -> File.WriteAllBytes(file, (File.ReadAllBytes file)[..99])
    | _ -> ()

let private withConfig test =
    use folder = new TemporaryFolder()
    File.WriteAllText(folder.Child "long.fsx", config)
    File.WriteAllText(folder.Child "transcoders.fsx", transcoders)
    test folder

/// What an uninterrupted run of each config leaves.
let private whole =
    Map
        [
            for file in [ "long.fsx"; "transcoders.fsx" ] ->
                file,
                lazy
                    (let mutable found = [||]

                     withConfig (fun folder ->
                         succeed folder.Path (argumentsOf file "whole")
                         found <- trained (folder.Child "whole"))

                     found)
        ]

/// Every file of some of a config's trainings is as in the uninterrupted run.
let private assertSameAs file (store: string) trainings =
    let found = trained store
    Assert.Equal<(string * string)>(whole[file].Value |> Array.filter (fun file -> Array.contains file found), found)
    Assert.Equal(trainings, found |> Array.distinctBy (fun (file, _) -> file.Split('/')[0]) |> Array.length)

let private assertSame = assertSameAs "long.fsx"

[<Theory>]
[<InlineData("long.fsx", 8)>]
[<InlineData("transcoders.fsx", 2)>]
let ``trainings that are killed at random times go on to the same bytes`` (file: string, trainings: int) =
    withConfig (fun folder ->
        let random = Random 7
        let store = folder.Child "killed"

        for _ in 1 .. Miniature.kills 5 do
            use child = start folder.Path (argumentsOf file "killed")
            waitFor child (fun () -> isTraining store)
            Thread.Sleep(random.Next 3000)
            child.Kill()
            child.WaitForExit()
            damage store (random.Next 4)

        succeed folder.Path (argumentsOf file "killed")
        assertSameAs file store trainings)

[<Fact>]
let ``a missing cell trains alone to the bytes that it has in a pass`` () =
    withConfig (fun folder ->
        succeed folder.Path (arguments "alone" @ [ "--set"; "sae.kind=matryoshka:32/128"; "--threads"; "1" ])
        assertSame (folder.Child "alone") 1)

[<Theory>]
[<InlineData("TERM", 143)>]
[<InlineData("INT", 130)>]
let ``a signal saves, says how to go on, and the same command goes on to the same bytes`` (signal: string, code: int) =
    withConfig (fun folder ->
        let store = folder.Child "stopped"
        use child = start folder.Path (arguments "stopped")
        waitFor child (fun () -> isTraining store)
        use kill = Process.Start("kill", [ $"-{signal}"; string child.Id ])
        let outcome = finish child
        Assert.Equal(code, outcome.Code)

        Assert.Contains(
            "the same command goes on from here:\n    ./interp run long.fsx --store stopped",
            outcome.Errors
        )

        Assert.True(isTraining store)
        succeed folder.Path (arguments "stopped")
        assertSame store 8)

[<Fact>]
let ``live training gives the bytes of a stored one, also when it is killed, and stores no activations`` () =
    withConfig (fun folder ->
        let store = folder.Child "live"

        let live =
            arguments "live" @ [ "--set"; "sae.kind=topk,gated"; "--live"; "--threads"; "1" ]

        use child = start folder.Path live
        waitFor child (fun () -> isTraining store)
        child.Kill()
        child.WaitForExit()
        succeed folder.Path live
        assertSame store 2
        Assert.Empty(Directory.GetDirectories(store, "training", SearchOption.AllDirectories)))

[<Fact>]
let ``live training in shuffling windows gives the bytes of a stored one in the same windows`` () =
    withConfig (fun folder ->
        let windows = [ "--set"; "sae.kind=topk,relu"; "--set"; "train.shuffle=1024" ]
        succeed folder.Path (arguments "stored" @ windows)
        succeed folder.Path (arguments "live" @ windows @ [ "--live" ])
        Assert.Equal<(string * string)>(trained (folder.Child "stored"), trained (folder.Child "live")))

[<Fact>]
let ``the log of a training that was stopped has every field, and each step once`` () =
    withConfig (fun folder ->
        let store = folder.Child "logged"
        let only = [ "--set"; "sae.kind=topk" ]
        use child = start folder.Path (arguments "logged" @ only)
        waitFor child (fun () -> isTraining store)
        child.Kill()
        child.WaitForExit()
        succeed folder.Path (arguments "logged" @ only)

        let lines =
            Directory.GetFiles(Path.Combine(store, "logs")) |> Array.exactlyOne |> File.ReadAllLines

        let steps =
            [
                for line in lines do
                    use json = JsonDocument.Parse line

                    for field in
                        [
                            "k"
                            "learning_rate"
                            "loss"
                            "terms"
                            "fvu"
                            "l0"
                            "dead"
                            "tokens_per_second"
                        ] do
                        Assert.True(fst (json.RootElement.TryGetProperty field), field)

                    let count (field: string) =
                        Seq.length (json.RootElement.GetProperty(field).EnumerateObject())

                    Assert.Equal(4, count "gradient_norms")
                    Assert.True(count "parts" > 4)
                    json.RootElement.GetProperty("step").GetInt32()
            ]

        Assert.True(steps.Length > 3)
        Assert.Equal<int list>(steps |> List.distinct |> List.sort, steps))

[<Fact>]
let ``a diverged training is a status with its last good checkpoint, and can stop the run`` () =
    use folder = new TemporaryFolder()
    File.WriteAllText(folder.Child "long.fsx", config)

    let arguments =
        [
            "run"
            "long.fsx"
            "--set"
            "sae.kind=topk"
            "--set"
            "train.learningRate=1e30"
            "--set"
            "train.passes=2"
        ]

    let continued = run folder.Path arguments
    Assert.Equal(1, continued.Code)
    Assert.Contains("diverged at step", continued.Errors)
    Assert.Contains("diverged at step", continued.Output)

    let checkpoint =
        Directory.GetFiles(folder.Child ".interp/train", "step-*.json", SearchOption.AllDirectories)
        |> Array.exactlyOne

    Assert.EndsWith("step-00000000.json", checkpoint)

    let tensors =
        Path.GetRelativePath(folder.Path, checkpoint).Replace(".json", ".safetensors")

    Assert.Contains(tensors, continued.Errors)

    // The same command again stops again, before it trains anything.
    for _ in 1..2 do
        let stopped =
            run folder.Path (arguments @ [ "--on-divergence"; "stop"; "--store"; "other" ])

        Assert.Equal(2, stopped.Code)
        Assert.Contains("kind=topk,seed=1 diverged at step", stopped.Errors)
        Assert.Contains("step-00000000.safetensors", stopped.Errors)

[<Fact>]
let ``the last good checkpoint of a transcoder starts from its own target`` () =
    withConfig (fun folder ->
        let edits =
            [
                "train.learningRate=1e30"
                "train.passes=2"
                "sae.kind=transcoder"
                "extract.target=blocks.1.hook_mlp_out,blocks.2.hook_mlp_out"
            ]

        let outcome =
            run folder.Path ([ "run"; "transcoders.fsx" ] @ List.collect (fun edit -> [ "--set"; edit ]) edits)

        Assert.Equal(1, outcome.Code)

        let checkpoints =
            Directory.GetFiles(folder.Child ".interp/train", "step-00000000.safetensors", SearchOption.AllDirectories)

        Assert.Equal(2, checkpoints.Length)
        Assert.NotEqual<byte>(File.ReadAllBytes checkpoints[0], File.ReadAllBytes checkpoints[1]))

[<Fact>]
let ``the kernel without AVX gives the bits of the one with it`` () =
    let verify portable =
        let info =
            ProcessStartInfo(
                "dotnet",
                [
                    program
                    "verify"
                    "training"
                    Path.Combine(repository, "tests", "fixtures", "training", "openai-topk")
                    "--json"
                ],
                RedirectStandardOutput = true,
                RedirectStandardError = true
            )

        if portable then
            info.Environment["DOTNET_EnableAVX"] <- "0"

        match Process.Start info with
        | null -> failwith "dotnet did not start"
        | child ->
            use child = child
            let outcome = finish child
            Assert.True((outcome.Code = 0), outcome.Errors)
            outcome.Output

    Assert.Equal(verify false, verify true)
