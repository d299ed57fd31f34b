/// `interp verify store`: what lies in a store is what was written there.
module Interp.Tests.VerifyStoreTests

open System
open System.IO
open System.Text.Json
open Xunit
open Interp.Tests.CommandLine

let private config =
    """
open Interp

Experiment.create "tiny"
|> Experiment.activations (Hook.residPost 1) (Corpus.world 3_000 |> Corpus.validation 1_000)
|> Experiment.sae (Sae.expansion 2 >> Sae.k 4)
|> Experiment.train (Train.batch 256)
|> Experiment.evaluateOn 1_000 500
"""

let private succeed folder arguments =
    let outcome = run folder arguments
    Assert.True((outcome.Code = 0), outcome.Errors)

/// The exit code, the checks that failed, and the notes.
let private verify folder arguments =
    let outcome = run folder ([ "verify"; "store" ] @ arguments @ [ "--json" ])
    Assert.Equal("", outcome.Errors)
    use json = JsonDocument.Parse outcome.Output

    let items (name: string) =
        json.RootElement.GetProperty(name).EnumerateArray() |> List.ofSeq

    let passed (check: JsonElement) =
        check.GetProperty("passed").GetBoolean()

    Assert.Equal(json.RootElement.GetProperty("passed").GetBoolean(), List.forall passed (items "checks"))

    outcome.Code,
    items "checks"
    |> List.filter (passed >> not)
    |> List.map (fun check -> string (check.GetProperty("name").GetString())),
    items "notes" |> List.map (fun note -> string (note.GetString()))

[<Fact>]
let ``every artifact and every named store is held against its digests`` () =
    use folder = new TemporaryFolder()
    File.WriteAllText(folder.Child "tiny.fsx", config)
    succeed folder.Path [ "run"; "tiny.fsx" ]

    succeed
        folder.Path
        [
            "extract"
            "--hooks"
            "resid_post.1,mlp_out.2"
            "--tokens"
            "1k"
            "--out"
            "demo"
        ]

    Assert.Equal((0, [], []), verify folder.Path [])
    // Counts of faults are written as counts.
    Assert.Matches(@"ok +train/\w+ +0 \(at most 0\)", (run folder.Path [ "verify"; "store" ]).Output)
    Assert.Equal((0, [], []), verify folder.Path [ "demo" ])
    let named = ".interp/activations/demo"
    Assert.Equal((0, [], []), verify folder.Path [ named ])
    Assert.Equal((0, [], []), verify folder.Path [ named + "/blocks.2.hook_mlp_out" ])

    let train =
        Directory.GetDirectories(folder.Child ".interp/train") |> Array.exactlyOne

    let curves = Path.Combine(train, "curves.csv")
    File.AppendAllText(curves, " ")
    File.WriteAllText(Path.Combine(train, "stray.txt"), "")
    let shard = folder.Child(named + "/blocks.2.hook_mlp_out/shard-00000.safetensors")
    File.Delete shard

    let code, failed, notes = verify folder.Path []
    Assert.Equal(1, code)

    Assert.Equal<string list>(
        [
            $"train/{Path.GetFileName train}"
            "demo/blocks.2.hook_mlp_out: shard-00000.safetensors"
        ],
        failed
    )

    for file, what in [ curves, "differs"; "stray.txt", "is new"; shard, "is missing" ] do
        Assert.Contains(notes, (fun (note: string) -> note.Contains file && note.Contains what))

    let code, failed, _ = verify folder.Path [ "demo" ]
    Assert.Equal((1, [ "demo/blocks.2.hook_mlp_out: shard-00000.safetensors" ]), (code, failed))
    let elsewhere = folder.Child "elsewhere"
    Directory.CreateDirectory elsewhere |> ignore
    let code, failed, _ = verify elsewhere [ "--store"; folder.Child ".interp" ]
    Assert.Equal((1, 2), (code, failed.Length))

[<Theory>]
[<InlineData("dmo", "There are no activations dmo")>]
[<InlineData("", "holds nothing yet")>]
let ``what is not there is one sentence`` (name: string, hint: string) =
    use folder = new TemporaryFolder()
    let outcome = run folder.Path ([ "verify"; "store"; name ] |> List.filter ((<>) ""))
    Assert.Equal((2, ""), (outcome.Code, outcome.Output))
    Assert.Contains(hint, outcome.Errors)
