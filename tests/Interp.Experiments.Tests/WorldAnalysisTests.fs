/// What the page Analyse finds in the embedded world, held against the grammar, which knows the truth.
module Interp.Tests.WorldAnalysisTests

open System
open System.IO
open System.Text.RegularExpressions
open Xunit
open Interp
open Interp.Activations
open Interp.Features
open Interp.Runtime
open Interp.Tests.CommandLine

let private sae = Path.Combine(repository, "assets", "world-sae")
let private concepts = Array.ofList World.concepts

/// Sentences of documents that nothing else has read, with the concepts that hold somewhere in them.
let private sentences =
    [|
        for document in WorldCorpus.documents 79L 0L 600 do
            for found in Regex.Matches(document.Text, @"[^\s.!?][^\n.!?]{8,}[.!?]*") do
                found.Value,
                document.Spans
                |> List.filter (fun span -> span.Start < found.Index + found.Length && span.End > found.Index)
                |> List.map _.Concept.Index
                |> Set.ofList
    |]

/// Five sentences in which a concept holds somewhere, or five in which it does not.
let private five concept holds =
    let pool =
        sentences
        |> Array.filter (fun (_, has) -> Set.contains concept has = holds)
        |> Array.map fst
        |> Array.distinct

    RandomStream(1L, $"sentences/{concept}/{holds}").Permutation pool.Length
    |> Array.truncate 5
    |> Array.map (Array.get pool)

/// F1 of a latent for a concept on held-out texts, above the share of its maximum that does best on others.
let private measured (scope: Microscope) (atlas: Atlas) =
    let labels = WorldLabels.make scope.Tokenizer 200
    let none = TokenContexts(128, [||], [||])

    let source =
        AtlasSource(
            scope.Model,
            scope.Tokenizer,
            scope.Sae,
            scope.Hook,
            none,
            none,
            TokenSkipping(0, Nullable()),
            8,
            scope.BosId
        )

    let max = atlas.Max.ToArray()

    let read texts =
        LabelReading.Read(source, texts, concepts.Length, max)

    let fit, heldOut = read labels.Fit, read labels.HeldOut

    let f1 (fitting: ConceptFitting) concept latent share =
        let struct (f1, _, _) = fitting.Measure(concept, latent, share)
        f1

    fun concept latent ->
        [ 0 .. ConceptFitting.Shares.Count - 1 ]
        |> List.maxBy (f1 fit concept latent)
        |> f1 heldOut concept latent

/// One choice of sentences for every concept; docs/world-concepts.md has many, with an atlas of more text.
[<Fact>]
let ``of five sentences and five others a latent of the concept comes first for twenty concepts of the world`` () =
    use folder = new TemporaryFolder()

    let made =
        run folder.Path [ "atlas"; sae; "--tokens"; "60k"; "--held-out"; "2k"; "--out"; "atlas" ]

    Assert.True((made.Code = 0), made.Errors)
    use atlas = Atlas.Open(folder.Child "atlas")
    use scope = Microscope.Open(Inputs.WorldFolder, sae)
    let f1 = measured scope atlas

    let first concept =
        let on, off = scope.Read(five concept true), scope.Read(five concept false)

        let ask threshold =
            Analysis.Of(on, off, atlas, AnalysisOptions(Threshold = threshold, Limit = Nullable 1))

        let asked = ask 0.7

        let shown =
            if asked.Nearest.HasValue then
                ask asked.Nearest.Value
            else
                asked

        Seq.tryHead shown.Latents |> Option.map _.Latent

    let found =
        [
            for concept in 0 .. concepts.Length - 1 do
                match first concept with
                | Some latent when f1 concept latent >= WorldConcepts.found -> concepts[concept]
                | _ -> ()
        ]

    let list = String.Join(", ", found)
    Assert.True(found.Length >= 20, $"{found.Length} of {concepts.Length} are found: {list}")
