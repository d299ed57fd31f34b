/// `interp atlas` and its exports, as a user runs them.
module Interp.Tests.AtlasTests

open System.IO
open System.Text.Json
open Xunit
open Interp
open Interp.Autoencoders
open Interp.Tests.CommandLine

let private sae = Path.Combine(repository, "assets", "world-sae")

let private succeed (folder: TemporaryFolder) arguments =
    let outcome = run folder.Path arguments
    Assert.True((outcome.Code = 0), outcome.Errors + outcome.Output)
    outcome

let private bytes (folder: TemporaryFolder) name =
    Directory.GetFiles(folder.Child name)
    |> Array.sort
    |> Array.map (fun file -> string (Path.GetFileName file), File.ReadAllBytes file)

[<Fact>]
let ``an atlas of the embedded dictionary is made, inspected and exported, the same bytes on one thread`` () =
    use folder = new TemporaryFolder()

    let make name more =
        succeed folder ([ "atlas"; sae; "--tokens"; "6k"; "--held-out"; "2k"; "--out"; name; "--json" ] @ more)

    use said = JsonDocument.Parse((make "a" []).Output)
    Assert.Equal(512, said.RootElement.GetProperty("latents").GetInt32())
    Assert.True(said.RootElement.GetProperty("cost").GetDouble() > 1.0)
    make "b" [ "--threads"; "1" ] |> ignore
    Assert.Equal<(string * byte[])[]>(bytes folder "a", bytes folder "b")

    use atlas = Features.Atlas.Open(folder.Child "a")
    Assert.Equal(SaeFolder.Digest sae, atlas.Summary.SaeDigest)
    Assert.Equal("blocks.1.hook_resid_post", atlas.Summary.Hook)
    Assert.Equal(6000L, atlas.Summary.Tokens)
    Assert.True(atlas.Summary.HeldOutTokens >= 2000L)

    let max = atlas.Max.ToArray()
    let page = atlas.Page(max |> Array.findIndex ((=) (Array.max max)))
    Assert.NotEmpty page.Raised
    Assert.NotNull page.Concept

    use inspected =
        JsonDocument.Parse((succeed folder [ "inspect"; "a"; "--json" ]).Output)

    Assert.Contains("atlas", inspected.RootElement.ToString())

    let misnamed =
        run folder.Path [ "atlas"; "export"; "pages"; "--atlas"; "a"; "--model-id"; "GPT2" ]

    Assert.Equal(2, misnamed.Code)
    Assert.Contains("'GPT2' is no id of Neuronpedia", misnamed.Errors)
    Assert.False(Directory.Exists(folder.Child "pages"), "a refusal writes nothing")

    let exported = succeed folder [ "atlas"; "export"; "pages"; "--atlas"; "a" ]

    Assert.Contains("index.html", exported.Output)
    Assert.Equal(513, Directory.GetFiles(folder.Child "pages/data").Length)
    Assert.DoesNotContain("\nimport ", File.ReadAllText(folder.Child "pages/studio.js"))
    let again = run folder.Path [ "atlas"; "export"; "pages"; "--atlas"; "a" ]
    Assert.Equal(2, again.Code)
    Assert.Contains("not empty", again.Errors)

[<Fact>]
let ``what cannot be made is refused in a sentence`` () =
    use folder = new TemporaryFolder()

    for arguments, message in
        [
            [ "atlas"; "nowhere" ], "no SAE folder"
            [ "atlas"; sae; "--model"; "nowhere"; "--corpus"; "world" ], "nowhere"
            [ "atlas"; sae; "--model"; Inputs.WorldFolder ], "--corpus"
            [ "atlas"; sae; "--model"; "/nowhere" ], "no model at /nowhere"
            [ "atlas"; sae; "--tokens"; "few" ], "--tokens"
            [ "atlas"; sae; "--tokens"; "0" ], "--tokens is '0'; give a number of tokens from 1"
            [ "atlas"; sae; "--out"; "/dev/null/atlas" ], "The folder /dev/null/atlas cannot be made"
            [ "atlas"; "export"; "out" ], "no atlas under atlases/"
            [ "atlas"; "export"; "out"; "--atlas"; "." ], "holds no atlas"
            [ "atlas"; "export"; "out"; "--only"; "pdf" ], "pages or neuronpedia"
        ] do
        let outcome = run folder.Path arguments
        Assert.Equal(2, outcome.Code)
        Assert.Contains(message, outcome.Errors)
        Assert.DoesNotContain("   at ", outcome.Errors)

[<Fact>]
let ``how activations were extracted is read from the dictionary's folder`` () =
    let extraction = AtlasRequest.extraction (SaeFolder.ReadMetadata sae)
    Assert.Equal("blocks.1.hook_resid_post", extraction.Hook)
    Assert.Equal(128, extraction.ContextLength)
    Assert.Equal(0, extraction.SkipPositions)
    Assert.Equal(None, extraction.SkipNorm)

    use folder = new TemporaryFolder()

    for file in Directory.GetFiles sae do
        File.Copy(file, folder.Child(string (Path.GetFileName file)))

    let own = folder.Child "interp.json"

    File.WriteAllText(
        own,
        File
            .ReadAllText(own)
            .Replace("\"extract.skipPositions\": 0", "\"extract.skipPositions\": 2")
            .Replace("\"extract.skipNorm\": null", "\"extract.skipNorm\": 10.5")
    )

    let changed = AtlasRequest.extraction (SaeFolder.ReadMetadata folder.Path)
    Assert.Equal(2, changed.SkipPositions)
    Assert.Equal(Some 10.5, changed.SkipNorm)

[<Fact>]
let ``an experiment's atlas is kept with its cell`` () =
    use folder = new TemporaryFolder()

    File.WriteAllText(
        folder.Child "own.fsx",
        """open Interp

Experiment.create "own"
|> Experiment.activations (Hook.residPost 1) (Corpus.world 3_000 |> Corpus.validation 1_000)
|> Experiment.sae (Sae.expansion 2)
|> Experiment.train (Train.batch 256)
|> Experiment.evaluateOn 1_500 500
|> Experiment.stage "atlas" 1 AtlasStage.measure
|> Experiment.stage "concepts" 1 WorldConcepts.stage
|> Experiment.evaluate [ Metric.fvu; Metric.own "living"; Metric.own "rule_f1"; Metric.own "concepts_found" ]
"""
    )

    succeed folder [ "run"; "own.fsx" ] |> ignore
    let table = File.ReadAllText(folder.Child "results/own/table.csv")
    let cell = (Results.parse "own" table).Cells |> List.exactlyOne

    let kept =
        Directory.GetDirectories(folder.Child ".interp/atlas") |> Array.exactlyOne

    use atlas = Features.Atlas.Open(Path.Combine(kept, AtlasStage.folder))
    Assert.Equal(256, atlas.Latents)
    Assert.Equal(256.0 - float atlas.Summary.Dead, cell.Metrics["living"])
    Assert.InRange(cell.Metrics["rule_f1"], 0.0, 1.0)
    Assert.InRange(cell.Metrics["concepts_found"], 0.0, 91.0)
    atlas.Verify()
