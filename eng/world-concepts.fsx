// Held against the truth of the embedded world: does the page Analyse find a latent of each concept, and does steering it raise
// the probability of the concept's words? Prints the tables of docs/world-concepts.md.
//
//     dotnet fsi eng/world-concepts.fsx atlases/world-sae
#load "../configs/interp.fsx"

open System
open System.Text.RegularExpressions
open Interp
open Interp.Features
open Interp.Hooks
open Interp.Runtime
open TorchSharp

let root = IO.Path.Combine(__SOURCE_DIRECTORY__, "..")
let asset name = IO.Path.Combine(root, "assets", name)
let folder = Array.last fsi.CommandLineArgs
let atlas = Interp.Features.Atlas.Open folder
let scope = Microscope.Open(asset "world", asset "world-sae")
let concepts = Array.ofList World.concepts
let max = atlas.Max.ToArray()

/// F1 of a latent for a concept, at the share of its maximum that does best on other texts.
let fit, heldOut =
    let labels = WorldLabels.make scope.Tokenizer 600

    let source =
        AtlasSource(scope.Model, scope.Tokenizer, scope.Sae, scope.Hook, Activations.TokenContexts(128, [||], [||]), Activations.TokenContexts(128, [||], [||]), Activations.TokenSkipping(0, Nullable()), 8, scope.BosId)

    let read texts = LabelReading.Read(source, texts, concepts.Length, max)
    read labels.Fit, read labels.HeldOut

let shareOf concept latent =
    Seq.maxBy (fun share -> let struct (f1, _, _) = fit.Measure(concept, latent, share) in f1) [ 0 .. ConceptFitting.Shares.Count - 1 ]

let f1Of concept latent =
    let struct (f1, _, _) = heldOut.Measure(concept, latent, shareOf concept latent)
    f1

let bestOf concept =
    fit.Candidates concept |> Seq.fold (fun best (struct (latent, _, f1)) -> if f1 > snd best then latent, f1 else best) (-1, 0.0) |> fst

/// Sentences of documents that nothing else has read, with the concepts that hold somewhere in them.
let sentences =
    [|
        for document in WorldCorpus.documents 79L 0L 1200 do
            for found in Regex.Matches(document.Text, @"[^\n.!?]+[.!?]*") do
                let text = found.Value.Trim()
                let start = found.Index + found.Value.IndexOf text

                if text.Length > 8 then
                    text,
                    document.Spans
                    |> List.filter (fun span -> span.Start < start + text.Length && span.End > start)
                    |> List.map _.Concept.Index
                    |> Set.ofList
    |]

let pick concept holds trial =
    let random = RandomStream(int64 trial, $"sentences/{concept}/{holds}")
    let pool = sentences |> Array.filter (fun (_, has) -> Set.contains concept has = holds) |> Array.map fst |> Array.distinct
    if pool.Length < 5 then None else Some [| for i in Array.truncate 5 (random.Permutation pool.Length) -> pool[i] |]

let trials = 3

/// The first latent of the page, of each trial.
let firsts threshold concept =
    [
        for trial in 1..trials do
            match pick concept true trial, pick concept false trial with
            | Some have, Some lack ->
                let options = AnalysisOptions(Threshold = threshold, Limit = Nullable 1)
                let result = Analysis.Of(scope.Read have, scope.Read lack, atlas, options)
                result.Latents |> Seq.tryHead |> Option.map _.Latent
            | _ -> ()
    ]

printfn "| threshold | trials | a latent is found | the first has F1 ≥ 0.6 | concepts with such a first latent in some trial |"
printfn "|---:|---:|---:|---:|---:|"

for threshold in [ 0.7; 0.5; 0.3; 0.2 ] do
    let all = [ for concept in 0 .. concepts.Length - 1 -> concept, firsts threshold concept ]
    let found = all |> List.collect (fun (concept, latents) -> latents |> List.choose (Option.map (f1Of concept)))
    let right = all |> List.filter (fun (concept, latents) -> latents |> List.exists (function Some latent -> f1Of concept latent >= 0.6 | None -> false))
    printfn "| %.1f | %d | %d | %d | %d of %d |" threshold (all |> List.sumBy (snd >> List.length)) found.Length (found |> List.filter (fun f1 -> f1 >= 0.6) |> List.length) right.Length concepts.Length

let able = [ for concept in 0 .. concepts.Length - 1 do if bestOf concept >= 0 && f1Of concept (bestOf concept) >= 0.6 then concept ]
printfn "\nConcepts with any latent of F1 ≥ 0.6: %d of %d: %s" able.Length concepts.Length (able |> List.map (fun concept -> concepts[concept]) |> String.concat ", ")

/// First tokens of a concept's words behind a space.
let wordsOf name =
    World.lexicon[name] |> Seq.map (fun word -> scope.IdAfter("The", " " + word)) |> Seq.distinct |> Seq.toArray

let prompts =
    [ for document in WorldCorpus.documents 80L 0L 24 -> scope.IdsOf document.Text |> Array.truncate 24 |> Array.map int64 ]

/// Mean probability of a concept's words as the next token, with its latent clamped at a multiple of its maximum.
let probability latent (ids: int[]) (dose: float option) =
    prompts
    |> List.averageBy (fun prompt ->
        use _ = torch.NewDisposeScope()
        use _ = torch.no_grad ()

        let steering =
            dose
            |> Option.map (fun dose ->
                let steering = Steering.At(scope.Hook, scope.Sae, latent, SteeringMethod.Clamp(dose * float max[latent]))
                Intervention(steering.Point, steering.Change, Positions = Positions.Range 1))
            |> Option.toArray

        use run = scope.Model.Run(torch.tensor(prompt).unsqueeze 0L, [||], steering)
        let last = run.Logits.select(0L, 0L).select(0L, -1L).softmax(0L).data<float32>().ToArray()
        ids |> Array.sumBy (fun id -> float last[id]))

printfn "\n| concept | latent | F1 | plain | 0.5 × max | 1 × max | 2 × max |"
printfn "|---|---:|---:|---:|---:|---:|---:|"

let rows =
    [
        for concept in 0 .. concepts.Length - 1 do
            let latent = bestOf concept

            if World.lexicon.ContainsKey concepts[concept] && latent >= 0 then
                let ids = wordsOf concepts[concept]
                let at dose = probability latent ids dose
                concept, latent, [ at None; at (Some 0.5); at (Some 1.0); at (Some 2.0) ]
    ]

for concept, latent, p in rows |> List.sortByDescending (fun (concept, latent, _) -> f1Of concept latent) do
    let shown = p |> List.map (fun p -> p.ToString("0.0000", Globalization.CultureInfo.InvariantCulture))
    printfn "| %s | %d | %.2f | %s |" concepts[concept] latent (f1Of concept latent) (String.concat " | " shown)

let raised = rows |> List.filter (fun (_, _, p) -> p[2] > p[0])
printfn "\nAt 1 × max the probability rises for %d of %d concepts of words." raised.Length rows.Length
