module Interp.Tests.ActivationsTests

open System
open System.IO
open System.Text.Json
open System.Text.RegularExpressions
open Xunit
open Interp
open Interp.Activations
open Interp.Tests.CommandLine

let private metric (folder: string) name metric =
    use results =
        JsonDocument.Parse (succeed folder [ "results"; name; "--json" ]).Output

    let metrics =
        results.RootElement.GetProperty("cells").EnumerateArray() |> Seq.head |> _.GetProperty("metrics")

    match metrics.TryGetProperty(metric: string) with
    | true, value when value.ValueKind = JsonValueKind.Number -> Some(value.GetDouble())
    | _ -> None

[<Fact>]
let ``the commands of the document about activations do what it says`` () =
    use folder = new TemporaryFolder()
    Directory.CreateDirectory(folder.Child "configs") |> ignore
    File.Copy(config "stored.fsx", folder.Child "configs/stored.fsx")

    let commands =
        File.ReadAllLines(Path.Combine(repository, "docs", "activations.md"))
        |> Array.map (fun line -> Regex.Match(line, @"^    \./interp (\S.*)$"))
        |> Array.filter _.Success
        |> Array.map (fun found -> found.Groups[1].Value.Split ' ' |> List.ofArray)

    Assert.True(commands.Length >= 9)

    for command in commands do
        succeed folder.Path command |> ignore

    let hook = "blocks.1.hook_resid_post"

    let store name =
        ActivationStore.Open(NamedActivations.folder (Store(folder.Child ".interp")) name hook)

    use own = store "demo"
    use theirs = store "theirs"
    Assert.Equal<float32>(own.Row 4321, theirs.Row 4321)
    Assert.True theirs.Manifest.WithoutTokens
    use small = store "small"
    Assert.InRange(small.Manifest.RelativeError, 1e-6, 1e-3)

    for name in [ "stored"; "imported"; "mixed" ] do
        Assert.InRange((metric folder.Path name "fvu").Value, 0.01, 0.9)

    use tidy = store "tidy"
    Assert.True tidy.Contexts.IsRagged
    Assert.InRange(tidy.Manifest.CountedTokens.Value, 11_000L, tidy.Count - int64 tidy.Contexts.Count)
    Assert.False(Directory.Exists(folder.Child ".interp/activations/parts"))
    Assert.True((metric folder.Path "stored" "ce_recovered").IsSome)
    Assert.True((metric folder.Path "imported" "ce_recovered").IsNone)

[<Fact>]
let ``wrong requests are one sentence and leave nothing`` () =
    use folder = new TemporaryFolder()

    let refuses (message: string) arguments =
        let outcome = run folder.Path arguments
        Assert.Equal(2, outcome.Code)
        Assert.Equal("", outcome.Output)
        Assert.Contains(message, outcome.Errors)

    let extract changes =
        let standard =
            [ "--hooks", "blocks.1.hook_resid_post"; "--tokens", "1k"; "--out", "x" ]

        "extract"
        :: (standard
            |> List.collect (fun (option, value) ->
                [
                    option
                    changes |> List.tryFind (fst >> (=) option) |> Option.map snd |> Option.defaultValue value
                ]))

    refuses "too few; use fewer tokens" (extract [ "--tokens", "2G" ])
    refuses "is '2x'; give a number of tokens" (extract [ "--tokens", "2x" ])
    refuses "lies outside the model" (extract [ "--hooks", "blocks.9.hook_mlp_out" ])
    refuses "is named 2 times" (extract [ "--hooks", "resid_post.1,blocks.1.hook_resid_post" ])
    refuses "not a row for each token; activations are rows" (extract [ "--hooks", "pattern.1" ])
    refuses "changes nothing of an extraction; see" (extract [] @ [ "--set"; "sae.k=4" ])
    refuses "name the hooks with --hooks" (extract [] @ [ "--set"; "extract.hook=resid_post.1" ])
    refuses "did you mean extract.packing" (extract [] @ [ "--set"; "extract.paking=separated" ])
    refuses "give continuous, separated, oneDocument" (extract [] @ [ "--set"; "extract.packing=dense" ])
    refuses "are there already; name a text" (extract [] @ [ "--corpus"; "activations:x" ])
    refuses "skip fewer" (extract [] @ [ "--set"; "extract.skipPositions=127" ])

    // What is wrong with the text is told before the disk and the time that it would take.
    File.WriteAllBytes(folder.Child "latin.txt", [| 65uy; 228uy; 66uy |])

    for text, message in
        [
            "none.txt", "There is no corpus none.txt"
            "latin.txt", "latin.txt is not UTF-8: byte 1 "
        ] do
        let outcome = run folder.Path (extract [] @ [ "--corpus"; text ])
        Assert.Equal(2, outcome.Code)
        Assert.Contains(message, outcome.Errors)
        Assert.DoesNotContain("of disk", outcome.Errors)

    refuses "cannot name activations" (extract [ "--out", "../x" ])
    refuses "f32, bf16, f16 or int8" (extract [] @ [ "--dtype"; "f64" ])
    refuses "There are no activations x" [ "activations"; "export"; "x"; "x.npy" ]
    File.WriteAllText(folder.Child "bad.pt", "no zip")

    refuses
        "cannot be read as a zip archive"
        [ "activations"; "import"; "bad.pt"; "--hook"; "hook_embed"; "--out"; "x" ]

    Assert.False(Directory.Exists(folder.Child ".interp/activations/x"))

[<Theory>]
[<InlineData("activations:a", "a", 1.0)>]
[<InlineData("activations:a*0.25", "a", 0.25)>]
let ``a source of activations is spelt as it is read`` (text: string, name: string, weight: float) =
    match SpecFields.setText "corpus.source" text Spec.Default with
    | Ok spec ->
        Assert.Equal(StoredActivations [ name, weight ], spec.Corpus.Source)
        Assert.Contains("corpus.source", Canonical.encode (SpecFields.toCanon spec))
        Assert.Equal(Ok spec, SpecFields.ofCanon (SpecFields.toCanon spec))
    | Error error -> Assert.Fail error

let private contexts length (documents: int list) =
    TokenContexts(length, Array.zeroCreate documents.Length, Array.ofList documents)

[<Fact>]
let ``what is held out shares no document with what is trained on`` () =
    let split documents tokens =
        StoredSplit.find (contexts 2 documents) tokens

    Assert.Equal((3, 3), split [ 0; 0; 1; 1; 2; 2; 3; 3 ] 2L)
    Assert.Equal((2, 3), split [ 0; 0; 1; 1; 2; 3; 3; 3 ] 2L)
    Assert.Equal((2, 2), split [ 0; 0; 1; 1; 2; 2; 3; 3 ] 1_000_000L)

    let ragged =
        TokenContexts(4, Array.zeroCreate 9, [| 0; 0; 0; 1; 1; 2; 3; 3; 3 |], [| 0; 3; 5; 6; 8 |])

    Assert.Equal((3, 3), StoredSplit.find ragged 2L)
    Assert.Equal((3, 4), StoredSplit.find ragged 1L)

    for documents in [ [ 0; 0 ]; [ 0; 0; 0; 0 ] ] do
        Assert.Throws<Interp.Runtime.InterpException>(fun () -> split documents 2L |> ignore) |> ignore
