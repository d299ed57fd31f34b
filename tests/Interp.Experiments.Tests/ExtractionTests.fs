/// What `interp extract` makes, says of it, and does again.
module Interp.Tests.ExtractionTests

open System
open System.Diagnostics
open System.IO
open System.Text.Json
open System.Text.RegularExpressions
open Xunit
open Interp
open Interp.Activations
open Interp.Tests.CommandLine

let private succeed folder arguments =
    let outcome = run folder arguments
    let typed = String.concat " " arguments
    Assert.True((outcome.Code = 0), $"{typed}: {outcome.Errors}")
    outcome

/// Runs a line as a shell reads it; `./interp` is the program, and models are those in a folder of downloads.
let private shell (folder: TemporaryFolder) line =
    let program = folder.Child "interp"

    if not (File.Exists program) then
        File.WriteAllText(program, $"#!/bin/sh\nexec dotnet '{CommandLine.program}' \"$@\"\n")
        File.SetUnixFileMode(program, UnixFileMode.UserRead ||| UnixFileMode.UserExecute)

    let info =
        ProcessStartInfo(
            "sh",
            [ "-c"; line ],
            WorkingDirectory = folder.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true
        )

    info.Environment.Remove "INTERP_STORE" |> ignore
    info.Environment["HF_HUB_CACHE"] <- folder.Child "hub"

    match Process.Start info with
    | null -> failwith "sh did not start"
    | child -> finish child

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
    Assert.Equal<int64 list>([ 64L; 512L ], stores |> List.map (field "width"))
    Assert.All(stores, fun store -> Assert.InRange(field "counted_tokens" store, 1000L, field "tokens" store - 1L))

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

[<Fact>]
let ``every setting of an extraction is written as it is typed`` () =
    let values =
        [
            "model", "HuggingFaceTB/SmolLM2-135M"
            "corpus.source", "mix:0.7=a b.jsonl;0.25=world;1=-.csv"
            "corpus.source", "-"
            "corpus.chat", "columns:q/a"
            "corpus.chat", "messages:turns"
            "corpus.order", "7"
            "corpus.order", "none"
            "corpus.distinct", "true"
            "extract.bos", "always"
            "extract.packing", "separated"
            "extract.skipNorm", "2.5"
        ]

    for path, value in values do
        match SpecFields.setText path value Spec.Default with
        | Ok spec -> Assert.Equal(value, SpecFields.typed path spec)
        | Error error -> Assert.Fail error

    for path in StoreExtraction.settings do
        Assert.Equal(Ok Spec.Default, SpecFields.setText path (SpecFields.typed path Spec.Default) Spec.Default)

[<Fact>]
let ``a hook has one key by whatever name it is called`` () =
    use folder = new TemporaryFolder()
    let inputs = Inputs folder.Path
    let key spec = (Stage.extract inputs "" spec).Key

    let set path value spec =
        SpecFields.setText path value spec |> Result.defaultWith failwith

    let own = Spec.Default |> Extract.hook "blocks.1.hook_resid_post"

    for spec in
        [
            set "extract.hook" "resid_post.1" Spec.Default
            set "extract.hook" "layers.1" Spec.Default
            Extract.hook "resid_post.1" Spec.Default
            { Spec.Default with
                Extract.Hook = "resid_post.1"
            }
        ] do
        Assert.Equal(key own, key spec)

    let read =
        SpecFields.ofCanon (Canon.Fields [ "extract.hook", Canon.Text "layers.1" ])

    Assert.Equal(Ok own, read)

    let target =
        Experiment.create "x" |> Experiment.transcode "mlp_out.1" "layers.2" (Corpus.world 1000)

    Assert.Equal(Some "blocks.2.hook_resid_post", target.Cells.Head.Spec.Extract.Target)
    Assert.Contains("pattern", Validation.spec (Extract.hook "pattern.1" Spec.Default) |> List.exactlyOne)

[<Fact>]
let ``an experiment on short contexts of another width trains live to the same table`` () =
    use folder = new TemporaryFolder()
    let lines = folder.Child "lines.jsonl"

    let text (document: int) =
        (Interp.World.document 5L (int64 document)).Text

    // Beginnings of documents, of 4 to 40 words.
    File.WriteAllLines(
        lines,
        Seq.init 700 (fun i ->
            JsonSerializer.Serialize
                {|
                    text = (text i).Split(' ') |> Array.truncate (4 + i * 7 % 37) |> String.concat " "
                |})
    )

    File.WriteAllText(
        folder.Child "short.fsx",
        """
open Interp

Experiment.create "short"
|> Experiment.activations "mlp_post.1" (Corpus.file "lines.jsonl" 4_000 |> Corpus.validation 1_000)
|> Experiment.extract (Extract.packing OneDocument >> Extract.skipPositions 1 >> Extract.contextLength 32)
|> Experiment.sae (Sae.latents 256 >> Sae.k 8)
|> Experiment.train (Train.batch 256 >> Train.passes 4)
|> Experiment.evaluateOn 1_500 800
"""
    )

    let table store options =
        succeed folder.Path ([ "run"; "short.fsx"; "--store"; store ] @ options) |> ignore
        File.ReadAllText(folder.Child "results/short/table.csv")

    let stored = table "one" []
    Assert.Equal(stored, table "two" [ "--live" ])
    let lines = stored.Split '\n' |> Array.map (fun line -> line.Split ',')

    let metric name =
        Double.Parse(lines[1][Array.IndexOf(lines[0], name)], Globalization.CultureInfo.InvariantCulture)

    Assert.InRange(metric "fvu", 0.01, 0.9)
    Assert.InRange(metric "ce_recovered", 0.2, 1.1)
    Assert.Equal(1000.0, metric "validation_tokens")
    Assert.InRange(metric "loss_tokens", 800.0, 840.0)

[<Fact>]
let ``the commands of the document about texts do what it says`` () =
    use folder = new TemporaryFolder()
    Directory.CreateDirectory(folder.Child "configs") |> ignore
    File.Copy(config "demo.fsx", folder.Child "configs/demo.fsx")

    File.Copy(Path.Combine(repository, "tests", "fixtures", "texts", "rows.parquet"), folder.Child "questions.parquet")

    Checkpoints.corpus (folder.Child "a.jsonl") 80

    use plain = File.OpenRead(folder.Child "a.jsonl")

    do
        use compressed = File.Create(folder.Child "pile.jsonl.gz")

        use gzip =
            new Compression.GZipStream(compressed, Compression.CompressionLevel.Fastest)

        plain.CopyTo gzip

    let model = folder.Child "hub/models--HuggingFaceTB--SmolLM2-135M-Instruct"
    Checkpoints.mistral (Path.Combine(model, "snapshots", "abc"))
    Directory.CreateDirectory(Path.Combine(model, "refs")) |> ignore
    File.WriteAllText(Path.Combine(model, "refs", "main"), "abc")

    File.WriteAllText(
        Path.Combine(model, "snapshots", "abc", "chat_template.jinja"),
        "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}"
    )

    File.WriteAllLines(
        folder.Child "chat.jsonl",
        Seq.init 40 (fun i ->
            JsonSerializer.Serialize
                {|
                    messages =
                        [
                            {|
                                role = "user"
                                content = $"What is {i}?"
                            |}
                            {|
                                role = "assistant"
                                content = $"One more than {i - 1}."
                            |}
                        ]
                |})
    )

    let lines =
        File.ReadAllLines(Path.Combine(repository, "docs", "texts.md"))
        |> Array.map (fun line -> Regex.Match(line, @"^    (.*\./interp \S.*)$"))
        |> Array.filter _.Success
        |> Array.map _.Groups[1].Value

    Assert.True(lines.Length >= 4)

    let outcomes =
        [
            for line in lines do
                let outcome = shell folder line
                Assert.True((outcome.Code = 0), $"{line}: {outcome.Errors}")
                line, outcome
        ]

    let errorsOf (part: string) =
        (outcomes |> List.find (fun (line, _) -> line.Contains part) |> snd).Errors

    Assert.Contains("fewer than the 6000 asked for", errorsOf "--out chats")

    for name, source in [ "piped", "-"; "mixed", "mix:0.7=a.jsonl;0.3=world"; "chats", "chat.jsonl" ] do
        let hook =
            if name = "chats" then
                "blocks.15.hook_resid_post"
            else
                "blocks.1.hook_resid_post"

        match (StoreManifest.Read(NamedActivations.folder (Store(folder.Child ".interp")) name hook)).Origin with
        | null -> Assert.Fail name
        | origin -> Assert.Equal<string>(source, origin["corpus.source"])
