/// What holds of every document of the embedded world.
module Interp.Tests.WorldTests

open System
open System.Globalization
open System.Security.Cryptography
open System.Text
open System.Text.RegularExpressions
open FsCheck.Xunit
open Xunit
open Interp
open Interp.Grammar
open Interp.Tests.WorldSample

[<Property(MaxTest = 200)>]
let ``a document depends on its seed and number alone`` (seed: int64) (number: FsCheck.NonNegativeInt) =
    let number = int64 number.Get
    let first = World.document seed number
    World.document seed (number + 1L) |> ignore
    let again = World.document seed number
    first = again && first.Id = number

[<Fact>]
let ``the text that a seed gives is frozen`` () =
    let text =
        World.documents 1L |> Seq.take 300 |> Seq.map _.Text |> String.concat "\u0000"

    let digest =
        text |> Encoding.UTF8.GetBytes |> SHA256.HashData |> Convert.ToHexStringLower

    Assert.Equal("fbda07b94ec7d9097aee311e2805c098f88e214cc3f89fa8ae89a093d854b99d", digest)

[<Theory>]
[<InlineData("cs-CZ")>]
[<InlineData("tr-TR")>]
[<InlineData("fa-IR")>]
let ``no culture changes a document`` (culture: string) =
    let expected = sample.Value[..200]
    let before = CultureInfo.CurrentCulture

    try
        CultureInfo.CurrentCulture <- CultureInfo culture
        Assert.Equal<Document[]>(expected, Array.init 201 (fun i -> World.document 11L (int64 i)))
    finally
        CultureInfo.CurrentCulture <- before

[<Fact>]
let ``documents are the same when several threads write them`` () =
    let written = Array.Parallel.init 400 (fun i -> World.document 11L (int64 i))
    Assert.Equal<Document[]>(sample.Value[..399], written)

[<Fact>]
let ``every kind comes and has the length of a short page`` () =
    Assert.InRange(World.kinds.Length, 10, 100)

    for kind in World.kinds do
        Assert.NotEmpty(ofKind kind.Name)

    let words =
        sample.Value |> Array.averageBy (fun document -> float (matches @"\S+" document.Text).Length)

    Assert.InRange(words, 80., 150.)

[<Fact>]
let ``at least six hundred words of the lexicon are used`` () =
    let used =
        set
            [
                for document in sample.Value do
                    for found in matches @"\p{L}+" document.Text -> found.Value.ToLowerInvariant()
            ]

    let lexicon = World.lexicon.Values |> Set.unionMany
    Assert.InRange((Set.intersect used lexicon).Count, 600, 10000)

[<Fact>]
let ``texts are lines of printable characters of the basic plane`` () =
    let strange =
        Regex @"[^\n -~äöüßéèêàâîœñóáíúŒÉÄÖÜÁûç]| \n|\n\n\n|[.!?][A-Z]|[!?] [a-z]| [.,!?]"

    for document in sample.Value do
        explain document (document.Text.EndsWith '\n')
        explain document (not (document.Text.Contains '\r') && not (Seq.exists Char.IsSurrogate document.Text))

        if document.Kind <> "code" then
            explain document (not (strange.IsMatch document.Text))

[<Property(MaxTest = 300)>]
let ``spans lie inside the text without white space at their ends`` (seed: int64) =
    let document = World.document seed 0L

    document.Spans
    |> List.forall (fun span ->
        let text = textOf document span

        0 <= span.Start
        && span.Start < span.End
        && span.End <= document.Text.Length
        && (text.Trim() = text || not (World.lexicon.ContainsKey span.Concept.Name)))

[<Property(MaxTest = 300)>]
let ``a concept of words holds on its words alone`` (seed: int64) =
    let document = World.document seed 0L

    document.Spans
    |> List.forall (fun span ->
        match World.lexicon.TryFind span.Concept.Name with
        | Some words -> words.Contains((textOf document span).ToLowerInvariant())
        | None -> true)

[<Fact>]
let ``every concept holds often enough to be learned and not nearly always`` () =
    Assert.InRange(World.concepts.Length, 72, 200)
    Assert.Equal(World.concepts.Length, World.descriptions.Length)
    Assert.Equal(World.concepts.Length, (List.distinct World.concepts).Length)
    let held = Array.zeroCreate<int> World.concepts.Length
    let total = sample.Value |> Array.sumBy _.Text.Length

    for document in sample.Value do
        for concept, spans in document.Spans |> List.groupBy _.Concept do
            let characters = Array.zeroCreate<bool> document.Text.Length

            for span in spans do
                Array.fill characters span.Start (span.End - span.Start) true

            held[concept.Index] <- held[concept.Index] + (characters |> Array.filter id |> Array.length)

    for name, held in Seq.zip World.concepts held do
        let share = float held / float total
        Assert.True(share >= 0.001 && share <= 0.6, $"{name} holds on {share:P3} of the characters")

[<Fact>]
let ``the kind of a document covers all but its title`` () =
    for document in sample.Value do
        let concept = Concept.named ("kind_" + document.Kind)
        let span = List.exactlyOne (spansOf concept document)
        explain document (span.End = document.Text.Length && span.Start < document.Text.Length / 2)

        for kind in World.kinds do
            if kind.Name <> document.Kind then
                explain document (spansOf kind.Concept document |> List.isEmpty)

[<Fact>]
let ``the derivations carry about as much as the words`` () =
    let nats = sample.Value |> Array.sumBy _.Nats

    let characters =
        sample.Value |> Array.sumBy (fun document -> float document.Text.Length)

    Assert.InRange(nats / characters, 0.1, 0.3)

    for document in sample.Value do
        explain document (document.Nats > 0.)

let private offsetsOf (pattern: string) (document: Document) =
    [|
        for found in matches pattern document.Text -> found.Index, found.Index + found.Length
    |]

[<Property(MaxTest = 50)>]
let ``a token holds what its characters hold`` (seed: int64) =
    let document = World.document seed 0L
    let offsets = offsetsOf @"\s*[^\s]{1,3}|\s+" document
    let labels = World.tokenLabels offsets document

    let held =
        Array.init World.concepts.Length (fun _ -> Array.zeroCreate<bool> document.Text.Length)

    for span in document.Spans do
        Array.fill held[span.Concept.Index] span.Start (span.End - span.Start) true

    Seq.forall2
        (fun (characters: bool[]) (tokens: bool[]) ->
            Seq.forall2
                (fun (start, finish) token ->
                    let letters =
                        seq {
                            for i in start .. finish - 1 do
                                if not (Char.IsWhiteSpace document.Text[i]) then
                                    i
                        }

                    let letters =
                        if Seq.isEmpty letters then
                            seq { start .. finish - 1 }
                        else
                            letters

                    token = Seq.exists (fun i -> characters[i]) letters)
                offsets
                tokens)
        held
        labels

[<Fact>]
let ``a token of no characters holds nothing`` () =
    let document = World.document 1L 0L

    let labels =
        World.tokenLabels [| 0, 0; 0, 5; document.Text.Length, document.Text.Length |] document

    Assert.Equal(World.concepts.Length, labels.Length)

    for holds in labels do
        Assert.Equal(3, holds.Length)
        Assert.False(holds[0] || holds[2])
