/// Texts from files: what the document about them says, and contexts of one document each.
module Interp.Tests.TextDocumentTests

open System
open System.IO
open System.Text.Json
open System.Text.RegularExpressions
open Xunit
open Interp
open Interp.Activations
open Interp.Tests.CommandLine

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
                // The texts here are too short for the demo, which its plan says.
                let tooShort = line.Contains " plan " && outcome.Output.Contains "cannot run"
                Assert.True((outcome.Code = (if tooShort then 1 else 0)), $"{line}: {outcome.Errors}")
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
