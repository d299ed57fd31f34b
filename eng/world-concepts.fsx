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
open Interp.Models
open Interp.Runtime
open TorchSharp

let root = IO.Path.Combine(__SOURCE_DIRECTORY__, "..")
let asset name = IO.Path.Combine(root, "assets", name)
let folder, dictionary =
    match List.ofArray fsi.CommandLineArgs with
    | [ _; atlas ] -> atlas, asset "world-sae"
    | [ _; atlas; sae ] -> atlas, sae
    | _ -> failwith "Give the folder of an atlas, and that of its SAE where it is not assets/world-sae."

let atlas = Interp.Features.Atlas.Open folder
let scope = Microscope.Open(asset "world", dictionary)
let concepts = Array.ofList World.concepts
let largest = atlas.Max.ToArray()

/// F1 of a latent for a concept, at the share of its maximum that does best on other texts.
let fit, heldOut =
    let labels = WorldLabels.make scope.Tokenizer 600

    let source =
        AtlasSource(scope.Model, scope.Tokenizer, scope.Sae, scope.Hook, Activations.TokenContexts(128, [||], [||]), Activations.TokenContexts(128, [||], [||]), Activations.TokenSkipping(0, Nullable()), 8, scope.BosId)

    let read texts = LabelReading.Read(source, texts, concepts.Length, largest)
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

/// The sentences in which a concept holds or does not, in an order of the trial's own.
let withConcept concept holds trial =
    let random = RandomStream(int64 trial, $"sentences/{concept}/{holds}")
    let pool = sentences |> Array.filter (fun (_, has) -> Set.contains concept has = holds) |> Array.distinctBy fst
    [| for i in random.Permutation pool.Length -> pool[i] |]

/// Five sentences without the concept: any, or the ones that share most of the other concepts with the sentences that have it.
let contrastOf closest concept (have: (string * Set<int>)[]) trial =
    let others = withConcept concept false trial |> Array.truncate 2000

    if not closest then
        Array.truncate 5 others
    else
        let nearest (taken: (string * Set<int>) list) (_, has) =
            let wanted = Set.remove concept has
            let likeness (_, other) = float (Set.intersect wanted other).Count / float (max 1 (Set.union wanted other).Count)
            (others |> Array.except taken |> Array.maxBy likeness) :: taken

        have |> Array.fold nearest [] |> Array.ofList

let trials = 5

let cases closest concept =
    [
        for trial in 1..trials do
            let have = withConcept concept true trial |> Array.truncate 5
            let lack = contrastOf closest concept have trial

            if have.Length = 5 && lack.Length = 5 then
                Array.map fst have, Array.map fst lack
    ]

/// The first latent of the page, of each trial.
let firsts threshold cases =
    [
        for (have: string[]), (lack: string[]) in cases do
            let options = AnalysisOptions(Threshold = threshold, Limit = Nullable 1)
            let result = Analysis.Of(scope.Read have, scope.Read lack, atlas, options)
            result.Latents |> Seq.tryHead |> Option.map _.Latent
    ]

printfn "| contrast | threshold | trials | a latent is found | the first has F1 ≥ 0.6 | concepts with such a first latent in some trial |"
printfn "|---|---:|---:|---:|---:|---:|"

for closest in [ true; false ] do
    let all = [ for concept in 0 .. concepts.Length - 1 -> concept, cases closest concept ]

    for threshold in [ 0.7; 0.5; 0.3; 0.2 ] do
        let found = [ for concept, cases in all -> concept, firsts threshold cases |> List.choose id ]
        let right = [ for concept, latents in found -> latents |> List.filter (fun latent -> f1Of concept latent >= 0.6) |> List.length ]

        printfn
            "| %s | %.1f | %d | %d | %d | %d of %d |"
            (if closest then "closest" else "any")
            threshold
            (all |> List.sumBy (snd >> List.length))
            (found |> List.sumBy (snd >> List.length))
            (List.sum right)
            (right |> List.filter (fun n -> n > 0) |> List.length)
            concepts.Length

let able = [ for concept in 0 .. concepts.Length - 1 do if bestOf concept >= 0 && f1Of concept (bestOf concept) >= 0.6 then concept ]
printfn "\nConcepts with any latent of F1 ≥ 0.6: %d of %d: %s" able.Length concepts.Length (able |> List.map (fun concept -> concepts[concept]) |> String.concat ", ")

/// First tokens of a concept's words behind a space.
let wordsOf name =
    World.lexicon[name] |> Seq.map (fun word -> scope.IdAfter("The", " " + word)) |> Seq.distinct |> Seq.toArray

let prompts =
    [ for document in WorldCorpus.documents 80L 0L 24 -> scope.IdsOf document.Text |> Array.truncate 24 |> Array.map int64 ]

/// The concepts of words that some latent fits, each with the first tokens of its words and the latent that fits best.
let steered =
    [|
        for concept in 0 .. concepts.Length - 1 do
            let latent = bestOf concept

            if World.lexicon.ContainsKey concepts[concept] && latent >= 0 then
                concept, torch.tensor(wordsOf concepts[concept] |> Array.map int64).DetachFromDisposeScope(), latent
    |]

/// Per concept the mean probability of its words as the next token, and the mean of its logarithm, over all positions, with a latent
/// clamped at a multiple of its maximum.
let probabilities (change: (int * float) option) =
    let steering =
        change
        |> Option.map (fun (latent, dose) ->
            let steering = Steering.At(scope.Hook, scope.Sae, latent, SteeringMethod.Clamp(dose * float largest[latent]))
            Intervention(steering.Point, steering.Change, Positions = Positions.Range 1))
        |> Option.toArray

    let each =
        [|
            for prompt in prompts do
                use _ = torch.NewDisposeScope()
                use _ = torch.no_grad ()
                use run = scope.Model.Run(torch.tensor(prompt).unsqueeze 0L, [||], steering)
                let next = run.Logits.select(0L, 0L).narrow(0L, 1L, int64 prompt.Length - 1L).log_softmax 1L

                [|
                    for _, ids, _ in steered do
                        let log = next.index_select(1L, ids).logsumexp 1L
                        float (log.exp().mean().item<float32> ()), float (log.mean().item<float32> ())
                |]
        |]

    Array.init steered.Length (fun i -> Array.averageBy (fun (p: (float * float)[]) -> fst p[i]) each, Array.averageBy (fun (p: (float * float)[]) -> snd p[i]) each)

let plain = probabilities None
let at dose = [| for _, _, latent in steered -> probabilities (Some(latent, dose)) |]
let half, once, twice = at 0.5, at 1.0, at 2.0

/// Rise of a concept's mean log probability by its own latent, and on average by the other concepts' latents.
let rises i =
    let rise by = snd once[by].[i] - snd plain[i]
    rise i, Array.averageBy rise (Array.except [ i ] [| 0 .. steered.Length - 1 |])

printfn "\n| concept | latent | F1 | plain | 0.5 × max | 1 × max | 2 × max | log p at 1 × max | by the others' latents |"
printfn "|---|---:|---:|---:|---:|---:|---:|---:|---:|"

let written (format: string) (x: float) = x.ToString(format, Globalization.CultureInfo.InvariantCulture)

for i in [ 0 .. steered.Length - 1 ] |> List.sortByDescending (fun i -> let concept, _, latent = steered[i] in f1Of concept latent) do
    let concept, _, latent = steered[i]
    let shown = [ plain[i]; half[i].[i]; once[i].[i]; twice[i].[i] ] |> List.map (fst >> written "0.0000") |> String.concat " | "
    let own, other = rises i
    printfn "| %s | %d | %.2f | %s | %s | %s |" concepts[concept] latent (f1Of concept latent) shown (written "+0.00;-0.00" own) (written "+0.00;-0.00" other)

let count holds = [ 0 .. steered.Length - 1 ] |> List.filter holds |> List.length

printfn
    "\nAt 1 × max the mean probability rises for %d of %d concepts of words, the mean log probability for %d, and for %d more than by the others' latents."
    (count (fun i -> fst once[i].[i] > fst plain[i]))
    steered.Length
    (count (fun i -> fst (rises i) > 0.0))
    (count (fun i -> fst (rises i) > max 0.0 (snd (rises i))))

/// The latent that writes a concept: the one whose decoder row at its maximum raises the logits of the words most, on average.
let writers =
    use _ = torch.NewDisposeScope()
    use _ = torch.no_grad ()
    let effects = LogitLens.Effects(scope.Model, scope.Sae.DecoderWeight).mul (torch.tensor(largest).unsqueeze 1L)
    [| for _, ids, _ in steered -> int (effects.index_select(1L, ids).mean([| 1L |]).argmax().item<int64> ()) |]

let byWriter = [| for latent in writers -> probabilities (Some(latent, 1.0)) |]

printfn "\n| concept | latent that writes it | plain | 1 × max | log p | by the others' |"
printfn "|---|---:|---:|---:|---:|---:|"

let writes i =
    let rise by = snd byWriter[by].[i] - snd plain[i]
    rise i, Array.averageBy rise (Array.except [ i ] [| 0 .. steered.Length - 1 |])

for i in [ 0 .. steered.Length - 1 ] |> List.sortByDescending (fun i -> fst byWriter[i].[i] / fst plain[i]) do
    let concept, _, _ = steered[i]
    let own, other = writes i
    printfn "| %s | %d | %s | %s | %s | %s |" concepts[concept] writers[i] (written "0.0000" (fst plain[i])) (written "0.0000" (fst byWriter[i].[i])) (written "+0.00;-0.00" own) (written "+0.00;-0.00" other)

printfn
    "\nBy the latent that writes it the mean probability rises for %d of %d, the mean log probability more than by the others' for %d."
    (count (fun i -> fst byWriter[i].[i] > fst plain[i]))
    steered.Length
    (count (fun i -> fst (writes i) > max 0.0 (snd (writes i))))
