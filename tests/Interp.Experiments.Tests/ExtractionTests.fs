/// What `interp extract` makes, says of it, and does again.
module Interp.Tests.ExtractionTests

open System.Diagnostics
open System.IO
open System.Text.Json
open Xunit
open Interp
open Interp.Activations
open Interp.Tests.CommandLine

let private manifest (folder: TemporaryFolder) store name hook =
    Path.Combine(NamedActivations.folder (Store(folder.Child store)) name hook, StoreManifest.FileName)

[<Fact>]
let ``a store is made again by the command in its manifest, from the text as it was named`` () =
    use folder = new TemporaryFolder()
    Checkpoints.corpus (folder.Child "a b.jsonl") 60

    let arguments =
        [
            "extract"
            "--hooks"
            "k.1,mlp_post.2"
            "--tokens"
            "3k"
            "--context"
            "32"
            "--corpus"
            "mix:0.75=a b.jsonl;0.25=world"
            "--set"
            "extract.packing=oneDocument"
            "--set"
            "corpus.order=3"
            "--set"
            "corpus.distinct=true"
            "--set"
            "extract.skipNorm=2.5"
            "--set"
            "extract.bos=always"
            "--dtype"
            "bf16"
            "--out"
            "x"
        ]

    let outcome =
        succeed folder.Path (arguments @ [ "--threads"; "1"; "--json"; "--store"; "first" ])

    use json = JsonDocument.Parse outcome.Output
    let stores = json.RootElement.GetProperty("stores").EnumerateArray() |> List.ofSeq
    let field (name: string) (store: JsonElement) = store.GetProperty(name).GetInt64()
    Assert.Equal<int64 list>([ 128L; 448L ], stores |> List.map (field "width"))
    Assert.All(stores, fun store -> Assert.InRange(field "counted_tokens" store, 1000L, field "tokens" store))
    // No key of this text is of 2.5 times the median norm, some of the MLP's activations are.
    Assert.True(field "counted_tokens" stores[1] < field "tokens" stores[1])

    for hook in [ "blocks.1.attn.hook_k"; "blocks.2.mlp.hook_post" ] do
        let path = manifest folder "first" "x" hook
        let written = StoreManifest.Read(Path.GetDirectoryName path |> string)

        match written.Origin with
        | null -> Assert.Fail "no origin"
        | origin ->
            for field, value in
                [
                    "model", "world"
                    "corpus.source", "mix:0.75=a b.jsonl;0.25=world"
                    "corpus.order", "3"
                    "corpus.distinct", "true"
                    "corpus.chat", "none"
                    "extract.packing", "oneDocument"
                    "extract.skipNorm", "2.5"
                    "extract.bos", "always"
                ] do
                Assert.Equal<string>(value, origin[field])

            let outcome = shell folder origin[StoreManifest.CommandName]
            Assert.True((outcome.Code = 0), outcome.Errors)
            Assert.Equal<byte[]>(File.ReadAllBytes path, File.ReadAllBytes(manifest folder ".interp" "x" hook))

    let other =
        run folder.Path (arguments @ [ "--set"; "corpus.order=4"; "--store"; "first" ])

    Assert.Equal(2, other.Code)
    Assert.Contains("corpus.order: here 4, there 3", other.Errors)
    Assert.Contains("contexts: here ", other.Errors)

[<Fact>]
let ``a damaged store is listed as damaged, beside the others, and can be removed`` () =
    use folder = new TemporaryFolder()

    let extract name =
        succeed
            folder.Path
            [
                "extract"
                "--hooks"
                "embed,blocks.1.ln1.hook_scale"
                "--tokens"
                "1k"
                "--out"
                name
            ]
        |> ignore

    extract "broken"
    extract "whole"
    File.WriteAllText(manifest folder ".interp" "broken" "hook_embed", "{ no json")
    let list = succeed folder.Path [ "activations"; "list" ]
    Assert.Matches(@"broken +hook_embed +damaged: .*manifest\.json is not the manifest", list.Output)
    Assert.Matches(@"whole +hook_embed +1", list.Output)

    use json =
        JsonDocument.Parse (succeed folder.Path [ "activations"; "list"; "--json" ]).Output

    let damaged =
        [
            for store in json.RootElement.GetProperty("stores").EnumerateArray() ->
                fst (store.GetProperty("store").TryGetProperty "damaged")
        ]

    Assert.Equal<bool list>([ false; true; false; false ], damaged)
    succeed folder.Path [ "activations"; "remove"; "broken"; "--hook"; "embed" ] |> ignore
    Assert.False(File.Exists(manifest folder ".interp" "broken" "hook_embed"))
    Assert.True(File.Exists(manifest folder ".interp" "broken" "blocks.1.ln1.hook_scale"))
    succeed folder.Path [ "activations"; "remove"; "broken" ] |> ignore
    Assert.False(Directory.Exists(folder.Child ".interp/activations/broken"))
    let missing = run folder.Path [ "activations"; "remove"; "whle" ]
    Assert.Equal(2, missing.Code)
    Assert.Contains("did you mean whole?", missing.Errors)

[<Fact>]
let ``an extraction that is stopped before a shard was saved says so`` () =
    use folder = new TemporaryFolder()

    use child =
        start
            folder.Path
            [
                "extract"
                "--hooks"
                "ln_final.hook_scale"
                "--tokens"
                "100M"
                "--out"
                "x"
            ]

    let first = child.StandardError.ReadLine()
    Assert.Contains("packing the text", string first)
    use kill = Process.Start("kill", [ "-TERM"; string child.Id ])
    let outcome = finish child
    Assert.Equal(143, outcome.Code)
    Assert.Contains("Stopped before anything was saved; the same command begins anew:", outcome.Errors)

[<Fact>]
let ``what is there is told from what is not`` () =
    use folder = new TemporaryFolder()
    let store = Store(folder.Child "store")
    let inputs = Inputs store.Root

    let request =
        StoreRequest.Create
            "x"
            [ "resid_post.1" ]
            { Spec.Default with
                Corpus = Corpus.world 1_000
            }

    Assert.Equal<string list>([ "blocks.1.hook_resid_post" ], request.Hooks)
    Assert.False(StoreExtraction.isBegun store request)

    let packed =
        StoreExtraction.pack inputs store ignore System.Threading.CancellationToken.None request
    // 1000 tokens and the BOS of eight contexts of 128, in float32 with id, document and position.
    Assert.Equal(1008L, packed.Estimate.Tokens)
    Assert.Equal(1008L * (128L * 4L + 12L), packed.Estimate.DiskBytes)
    Assert.False(StoreExtraction.isBegun store request)

    StoreExtraction.make inputs store (fun _ _ -> ()) System.Threading.CancellationToken.None packed
    |> ignore

    Assert.True(StoreExtraction.isBegun store request)

[<Fact>]
let ``the estimate is that of a text that ends early and of the hooks' own widths`` () =
    use folder = new TemporaryFolder()
    File.WriteAllText(folder.Child "short.txt", "a few words\n")
    let store = Store(folder.Child "store")

    let request =
        { StoreRequest.Create
              "x"
              [ "mlp_post.0"; "k.0"; "blocks.0.ln2.hook_scale" ]
              { Spec.Default with
                  Corpus = Corpus.file (folder.Child "short.txt") 1_000_000
              } with
            Dtype = StoreDtype.Int8
        }

    let notes = ResizeArray()

    let estimate =
        (StoreExtraction.pack (Inputs store.Root) store notes.Add System.Threading.CancellationToken.None request)
            .Estimate

    Assert.InRange(estimate.Tokens, 3L, 12L)
    Assert.Equal(estimate.Tokens * (512L + 64L + 1L + 3L * 16L), estimate.DiskBytes)
    Assert.Contains("fewer than the 1000000 asked for", Seq.exactlyOne notes)
