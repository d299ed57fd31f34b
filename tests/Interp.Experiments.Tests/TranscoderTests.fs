module Interp.Tests.TranscoderTests

open System
open System.IO
open System.Security.Cryptography
open System.Text.Json
open System.Threading
open Xunit
open Interp
open Interp.Tests.CommandLine

let private miniature =
    """
open Interp

Experiment.create "mini"
|> Experiment.transcode (Hook.mlpIn 1) (Hook.mlpOut 1) (Corpus.world 6_000 |> Corpus.validation 2_000)
|> Experiment.sae (Sae.expansion 2 >> Sae.k 8)
|> Experiment.train (Train.batch 256 >> Train.passes 6 >> Train.kSchedule (Linear(from = 32, until = 0.25)))
|> Experiment.evaluateOn 4_000 1_000
|> Sweep.over "kind" [ Transcoder; SkipTranscoder ] Sae.kind
"""

let private withConfig test =
    use folder = new TemporaryFolder()
    File.WriteAllText(folder.Child "mini.fsx", miniature)
    test folder

let private succeed (folder: TemporaryFolder) arguments =
    let outcome = run folder.Path arguments
    Assert.True((outcome.Code = 0), outcome.Errors)
    outcome

/// Of all files but those that say when and where an artifact was made.
let private digests folder =
    Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
    |> Array.filter (fun file -> Path.GetFileName file <> "provenance.json")
    |> Array.sortWith (fun a b -> String.CompareOrdinal(a, b))
    |> Array.map (fun file ->
        Path.GetRelativePath(folder, file), Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes file)))

let private metric (folder: TemporaryFolder) (name: string) =
    use json =
        JsonDocument.Parse((succeed folder [ "results"; "mini"; "--json" ]).Output)

    [
        for cell in json.RootElement.GetProperty("cells").EnumerateArray() ->
            cell.GetProperty("metrics").GetProperty(name).GetDouble()
    ]

[<Fact>]
let ``transcoders are extracted, trained, measured, exported and inspected like any dictionary`` () =
    withConfig (fun folder ->
        let plan = succeed folder [ "plan"; "mini.fsx" ]
        Assert.Contains("6 of 6 stages to run", plan.Output)
        succeed folder [ "run"; "mini.fsx" ] |> ignore
        Assert.All(metric folder "fvu", (fun fvu -> Assert.InRange(fvu, 0.05, 0.9)))
        Assert.All(metric folder "l0", (fun l0 -> Assert.InRange(l0, 4.0, 8.0)))
        Assert.All(metric folder "ce_recovered_mean", (fun recovered -> Assert.InRange(recovered, 0.05, 1.0)))
        let notes = File.ReadAllText(folder.Child "results/mini/table.md")
        Assert.Contains("blocks.1.ln2.hook_normalized → blocks.1.hook_mlp_out", notes)

        succeed folder [ "export"; "mini/kind=skip-transcoder,seed=1"; "sae" ] |> ignore
        use cfg = JsonDocument.Parse(File.ReadAllText(folder.Child "sae/cfg.json"))
        let text (name: string) (json: JsonElement) = json.GetProperty(name).GetString()
        Assert.Equal<string | null>("skip_transcoder", text "architecture" cfg.RootElement)
        let metadata = cfg.RootElement.GetProperty "metadata"
        Assert.Equal<string | null>("blocks.1.ln2.hook_normalized", text "hook_name" metadata)
        Assert.Equal<string | null>("blocks.1.hook_mlp_out", text "hook_name_out" metadata)
        Assert.StartsWith("transcoder", (succeed folder [ "inspect"; "sae" ]).Output))

[<Fact>]
let ``a live run gives the bytes of a stored one`` () =
    withConfig (fun folder ->
        succeed folder [ "run"; "mini.fsx"; "--store"; "stored"; "--name"; "stored"; "--threads"; "1" ]
        |> ignore

        succeed
            folder
            [
                "run"
                "mini.fsx"
                "--store"
                "live"
                "--name"
                "live"
                "--threads"
                "3"
                "--live"
            ]
        |> ignore

        for file in [ "table.csv"; "curves.csv"; "density.csv" ] do
            Assert.Equal<byte>(
                File.ReadAllBytes(folder.Child $"results/stored/{file}"),
                File.ReadAllBytes(folder.Child $"results/live/{file}")
            ))

[<Fact>]
let ``trainings that are killed go on to the same bytes`` () =
    withConfig (fun folder ->
        let arguments store =
            [
                "run"
                "mini.fsx"
                "--store"
                store
                "--set"
                "train.passes=30"
                "--set"
                "train.validationPoints=30"
            ]

        succeed folder (arguments "whole") |> ignore
        use child = start folder.Path (arguments "killed")
        let work = folder.Child "killed/work"

        let isTraining () =
            Directory.Exists work
            && Directory.GetFiles(work, "step-*.json", SearchOption.AllDirectories)
               |> Array.distinctBy Path.GetDirectoryName
               |> Array.length
                =
                2

        while not (isTraining ()) && not child.HasExited do
            Thread.Sleep 5

        child.Kill()
        child.WaitForExit()
        Assert.NotEqual(0, child.ExitCode)
        succeed folder (arguments "killed") |> ignore

        for stage in [ "extract"; "train"; "evaluate" ] do
            Assert.Equal<(string * string)>(
                digests (folder.Child $"whole/{stage}"),
                digests (folder.Child $"killed/{stage}")
            ))

let private transcoder =
    { Spec.Default with
        Spec.Extract.Target = Some "blocks.2.hook_mlp_out"
        Spec.Extract.Hook = "blocks.2.ln2.hook_normalized"
        Spec.Sae.Kind = SkipTranscoder
    }

[<Fact>]
let ``a target is in the keys of all stages, and none is in no key`` () =
    use folder = new TemporaryFolder()

    let stages spec =
        Stage.ofCell (Inputs folder.Path) { Axes = []; Spec = spec }

    let named spec =
        stages spec |> List.collect _.Inputs |> List.filter (fun (name, _) -> name = "extract.target")

    Assert.Empty(named Spec.Default)
    Assert.Equal<(string * Canon) list>([ "extract.target", Canon.Text "blocks.2.hook_mlp_out" ], named transcoder)

    let other =
        { transcoder with
            Spec.Extract.Target = Some "blocks.2.hook_resid_post"
        }

    Assert.All(
        List.zip (stages transcoder) (stages other),
        (fun (left, right) -> Assert.NotEqual<string>(left.Key, right.Key))
    )

[<Fact>]
let ``a transcoder with a target is valid`` () =
    Assert.Empty(Validation.spec transcoder)

[<Fact>]
let ``everything that does not go with a transcoder is told at once`` () =
    let wrong =
        { transcoder with
            Spec.Extract.Target = None
            Spec.Sae.TiedDecoder = true
            Spec.Sae.Normalise = PerTokenLayerNorm
            Spec.Train.Resample = Some 100
        }

    let errors = Validation.spec wrong

    Assert.Equal<string list>(
        [ "sae.kind"; "sae.tiedDecoder"; "train.resample"; "sae.normalise" ],
        errors |> List.map (fun error -> error.Substring(0, error.IndexOf ':'))
    )

[<Theory>]
[<InlineData("sae.kind", "topk", "extract.target is blocks.2.hook_mlp_out, but sae.kind is topk")>]
[<InlineData("extract.target", "none", "name that one as extract.target")>]
[<InlineData("extract.target", "blocks.2.hook_resid_pre", "does not come after extract.hook")>]
[<InlineData("extract.target", "blocks.2.ln2.hook_normalized", "does not come after extract.hook")>]
[<InlineData("extract.target", "blocks.2.hook_mlp_ot", "the nearest is blocks.2.hook_mlp_out")>]
[<InlineData("train.lossSpace", "raw", "has its own scale already")>]
let ``a wrong target or kind is one sentence`` (path, value, hint) =
    match SpecFields.setText path value transcoder with
    | Error error -> failwith error
    | Ok spec -> Assert.Contains(hint, Validation.spec spec |> List.exactlyOne)

[<Fact>]
let ``a target outside the model is refused`` () =
    let spec =
        { transcoder with
            Spec.Extract.Target = Some "blocks.9.hook_mlp_out"
        }

    use folder = new TemporaryFolder()
    let config = Inputs(folder.Path).Config spec

    Assert.StartsWith(
        "extract.target: blocks.9.hook_mlp_out lies outside",
        Validation.againstModel config spec |> List.exactlyOne
    )
