module Interp.Tests.CorpusTests

open System.IO
open Xunit
open Interp
open Interp.Activations

let private set path value =
    match SpecFields.setText path value Spec.Default with
    | Ok spec -> spec
    | Error error -> failwith error

let private inFolder (work: string -> unit) =
    let folder = Directory.CreateTempSubdirectory "interp-test-"

    try
        work folder.FullName
    finally
        folder.Delete true

[<Fact>]
let ``sources are typed as they are named`` () =
    let source value =
        (set "corpus.source" value).Corpus.Source

    Assert.Equal(WorldText, source "world")
    Assert.Equal(TextFile "a.csv", source "a.csv")
    Assert.Equal(StandardInput "", source "-")
    Assert.Equal(StandardInput ".csv", source "-.csv")

    Assert.Equal(
        Mixed [ 0.7, TextFile "a b.jsonl"; 0.3, WorldText; 1.0, StandardInput "" ],
        source "mix:0.7=a b.jsonl; 0.3=world;1=-"
    )

[<Fact>]
let ``conversations and contexts are typed by their names`` () =
    Assert.Equal(Some(MessageList "messages"), (set "corpus.chat" "messages").Corpus.Chat)
    Assert.Equal(Some(MessageList "turns"), (set "corpus.chat" "messages:turns").Corpus.Chat)
    Assert.Equal(Some(PromptAndResponse("q", "a")), (set "corpus.chat" "columns:q/a").Corpus.Chat)
    Assert.Equal(None, (set "corpus.chat" "none").Corpus.Chat)
    Assert.Equal(BosRule.Always, (set "extract.bos" "always").Extract.Bos)
    Assert.Equal(BosRule.None, (set "extract.bos" "false").Extract.Bos)
    Assert.Equal(PackingStyle.Separated, (set "extract.packing" "separated").Extract.Packing)

[<Theory>]
[<InlineData("corpus.source", "mix:a.jsonl")>]
[<InlineData("corpus.source", "mix:x=a.jsonl")>]
[<InlineData("corpus.source", "")>]
[<InlineData("corpus.chat", "columns:q")>]
[<InlineData("corpus.chat", "turns")>]
[<InlineData("extract.bos", "maybe")>]
[<InlineData("extract.packing", "dense")>]
let ``a form that means nothing is refused with what is expected`` path value =
    match SpecFields.setText path value Spec.Default with
    | Error error -> Assert.Contains("; give ", error)
    | Ok _ -> Assert.Fail $"{value} was taken."

[<Theory>]
[<InlineData("corpus.source", "mix:0=a.jsonl", "above 0")>]
[<InlineData("corpus.source", "mix:1=-;1=-.csv", "read once")>]
[<InlineData("corpus.source", "-.pdf", "kind that is not read")>]
[<InlineData("corpus.chat", "messages", "no conversations")>]
let ``what cannot be read is found before work begins`` path value (says: string) =
    Assert.Contains(Validation.spec (set path value), fun (error: string) -> error.Contains says)

[<Fact>]
let ``a spec that uses nothing new is written as before`` () =
    let written = SpecFields.toCanon Spec.Default |> Canonical.encode
    Assert.Contains("\"extract.bos\":true", written)

    for path in [ "corpus.chat"; "corpus.distinct"; "corpus.order"; "extract.packing" ] do
        Assert.DoesNotContain(path, written)

[<Fact>]
let ``the corpus digest covers everything that changes the text`` () =
    inFolder (fun folder ->
        let file name (text: string) =
            let path = Path.Combine(folder, name)
            File.WriteAllText(path, text)
            path

        let a, b = file "a.jsonl" "{\"text\":\"one\"}\n", file "b.txt" "two\n\ntwo\n"
        let inputs = Inputs folder

        let corpora =
            [
                Corpus.file a 10
                Corpus.file b 10
                Corpus.file b 10 |> Corpus.distinct
                Corpus.file b 10 |> Corpus.order 1
                Corpus.file b 10 |> Corpus.order 2
                Corpus.mix [ 1.0, TextFile a; 1.0, TextFile b ] 10
                Corpus.mix [ 1.0, TextFile a; 2.0, TextFile b ] 10
                Corpus.mix [ 1.0, TextFile a; 2.0, TextFile b ] 10 |> Corpus.distinct
                Corpus.mix [ 1.0, TextFile a; 2.0, TextFile b ] 10 |> Corpus.order 1
            ]

        let digests =
            corpora |> List.map (fun corpus -> inputs.CorpusDigest { Spec.Default with Corpus = corpus })

        Assert.Equal(digests.Length, (List.distinct digests).Length)
        Assert.Equal((Interp.Texts.TextFiles.Open a).Digest, List.head digests)

        let read (corpus: CorpusSpec) =
            (inputs.Documents { Spec.Default with Corpus = corpus }).Read() |> Seq.map _.Text |> List.ofSeq

        Assert.Equal<string list>([ "two" ], read (Corpus.file b 10 |> Corpus.distinct))
        Assert.Equal<string list>([ "one"; "two" ], read (List.item 5 corpora)))
