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

let labels = WorldLabels.make scope.Tokenizer 600

/// F1 of a latent for a concept, at the share of its maximum that does best on other texts.
let fit, heldOut =
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
        for document in WorldCorpus.documents 83L 0L 1200 do
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

let others concept has = Set.remove concept has
let shared a b = (Set.intersect a b).Count

/// Five sentences with the concept: any, or one and then always the one, of a hundred, that shares least else with those before.
let sentencesOf varied concept trial =
    let pool = withConcept concept true trial

    if not varied then
        Array.truncate 5 pool
    else
        let grown (taken: (string * Set<int>) list) _ =
            let cost (_, has) = taken |> List.sumBy (fun (_, other) -> shared (others concept has) (others concept other))
            (pool |> Array.truncate 100 |> Array.except taken |> Array.minBy cost) :: taken

        if pool.Length < 5 then pool else Seq.fold grown [] [ 1..5 ] |> List.rev |> Array.ofList

/// Five sentences without the concept: any, or the ones that share most of the other concepts with the sentences that have it.
let contrastOf closest concept (have: (string * Set<int>)[]) trial =
    let pool = withConcept concept false trial |> Array.truncate 2000

    if not closest then
        Array.truncate 5 pool
    else
        let nearest (taken: (string * Set<int>) list) (_, has) =
            let wanted = others concept has
            let likeness (_, other) = float (shared wanted other) / float (max 1 (Set.union wanted other).Count)
            (pool |> Array.except taken |> Array.maxBy likeness) :: taken

        have |> Array.fold nearest [] |> Array.ofList

let trials = 5

let cases (varied, closest) concept =
    [
        for trial in 1..trials do
            let have = sentencesOf varied concept trial
            let lack = contrastOf closest concept have trial

            if have.Length = 5 && lack.Length = 5 then
                scope.Read(Array.map fst have), scope.Read(Array.map fst lack)
    ]

/// The first latent that the page shows: where the threshold finds none and a lower one may, that of the nearest lower one.
let firstOf threshold lower (have, lack) =
    let ask threshold = Analysis.Of(have, lack, atlas, AnalysisOptions(Threshold = threshold, Limit = Nullable 1))
    let asked = ask threshold
    let result = if lower && asked.Nearest.HasValue then ask asked.Nearest.Value else asked
    result.Latents |> Seq.tryHead |> Option.map _.Latent

printfn "| sentences | contrast | threshold | a latent is first | it has F1 ≥ 0.6 | concepts of one choice | concepts of most choices | of some choice |"
printfn "|---|---|---:|---:|---:|---:|---:|---:|"

for varied, closest in [ true, true; true, false; false, true; false, false ] do
    let all = [ for concept in 0 .. concepts.Length - 1 -> concept, cases (varied, closest) concept ]

    for threshold, lower in [ 0.7, true; 0.7, false; 0.5, false; 0.3, false ] do
        let found = [ for concept, cases in all -> concept, cases |> List.choose (firstOf threshold lower) ]
        let right = [ for concept, latents in found -> latents |> List.filter (fun latent -> f1Of concept latent >= 0.6) |> List.length ]
        let times n = right |> List.filter (fun m -> m >= n) |> List.length

        printfn
            "| %s | %s | %s | %d of %d | %d | %s | %d | %d |"
            (if varied then "varied" else "any")
            (if closest then "closest" else "any")
            (if lower then "0.7, or nearest" else threshold.ToString("0.0", Globalization.CultureInfo.InvariantCulture))
            (found |> List.sumBy (snd >> List.length))
            (all |> List.sumBy (snd >> List.length))
            (List.sum right)
            ((float (List.sum right) / float trials).ToString("0.0", Globalization.CultureInfo.InvariantCulture))
            (times (trials / 2 + 1))
            (times 1)

let able = [ for concept in 0 .. concepts.Length - 1 do if bestOf concept >= 0 && f1Of concept (bestOf concept) >= 0.6 then concept ]
printfn "\nConcepts with any latent of F1 ≥ 0.6: %d of %d: %s" able.Length concepts.Length (able |> List.map (fun concept -> concepts[concept]) |> String.concat ", ")

/// Tokens on which a concept holds in at least half of the places where they stand.
let wordsOf =
    let size = scope.Model.Config.VocabularySize
    let times, holds = Array.zeroCreate<int> size, Array.init concepts.Length (fun _ -> Array.zeroCreate<int> size)

    for text in labels.Fit do
        for at in 0 .. text.Tokens.Length - 1 do
            let id = text.Tokens[at]
            times[id] <- times[id] + 1

            for concept in 0 .. concepts.Length - 1 do
                if text.Labels[concept].[at] then
                    holds[concept].[id] <- holds[concept].[id] + 1

    fun concept -> [| for id in 0 .. size - 1 do if times[id] > 0 && 2 * holds[concept].[id] >= times[id] then int64 id |]

/// Beginnings of documents, [24, 24]: those of the first seed to choose on, those of the other to measure on.
let chosenOn, measuredOn =
    let beginnings seed =
        torch.stack([| for document in WorldCorpus.documents seed 0L 24 -> torch.tensor(scope.IdsOf document.Text |> Array.truncate 24 |> Array.map int64) |]).DetachFromDisposeScope()

    beginnings 81L, beginnings 80L

/// The concepts of words that some latent fits, each with the first tokens of its words and the latent that fits best.
let steered =
    [|
        for concept in 0 .. concepts.Length - 1 do
            let latent = bestOf concept

            if World.lexicon.ContainsKey concepts[concept] && latent >= 0 then
                concept, torch.tensor(wordsOf concept).DetachFromDisposeScope(), latent
    |]

/// Per concept the mean probability of its words as the next token, and the mean of its logarithm, over all positions of some
/// beginnings, with a latent clamped at a multiple of its maximum.
let probabilities (beginnings: torch.Tensor) (change: (int * float) option) =
    let steering =
        change
        |> Option.map (fun (latent, dose) ->
            let steering = Steering.At(scope.Hook, scope.Sae, latent, SteeringMethod.Clamp(dose * float largest[latent]))
            Intervention(steering.Point, steering.Change, Positions = Positions.Range 1))
        |> Option.toArray

    use _ = torch.NewDisposeScope()
    use _ = torch.no_grad ()
    use run = scope.Model.Run(beginnings, [||], steering)
    let next = run.Logits.narrow(1L, 1L, beginnings.size 1 - 1L).flatten(0L, 1L).log_softmax 1L

    [|
        for _, ids, _ in steered do
            let log = next.index_select(1L, ids).logsumexp 1L
            float (log.exp().mean().item<float32> ()), float (log.mean().item<float32> ())
    |]

let plain = probabilities measuredOn None
let at dose latents = [| for latent in latents -> probabilities measuredOn (Some(latent, dose)) |]
let fitting = [| for _, _, latent in steered -> latent |]
let half, once, twice = at 0.5 fitting, at 1.0 fitting, at 2.0 fitting

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

/// The latent that brings a concept: the one that at its maximum raises the mean probability of the words most, on other beginnings.
let bringing =
    let each = [| for latent in 0 .. largest.Length - 1 -> if largest[latent] > 0f then probabilities chosenOn (Some(latent, 1.0)) else [||] |]
    [| for i in 0 .. steered.Length - 1 -> [ 0 .. largest.Length - 1 ] |> List.filter (fun latent -> each[latent].Length > 0) |> List.maxBy (fun latent -> fst each[latent].[i]) |]

let bringHalf, bringOnce, bringTwice = at 0.5 bringing, at 1.0 bringing, at 2.0 bringing

/// A concept's mean probability by the latents that bring the other concepts, on average.
let byOthers i = Array.except [ i ] [| 0 .. steered.Length - 1 |] |> Array.averageBy (fun by -> fst bringOnce[by].[i])

printfn "\n| concept | latent that brings it | plain | 0.5 × max | 1 × max | 2 × max | by the others' at 1 × max |"
printfn "|---|---:|---:|---:|---:|---:|---:|"

for i in [ 0 .. steered.Length - 1 ] |> List.sortByDescending (fun i -> fst bringOnce[i].[i] / fst plain[i]) do
    let concept, _, _ = steered[i]
    let shown = [ fst plain[i]; fst bringHalf[i].[i]; fst bringOnce[i].[i]; fst bringTwice[i].[i]; byOthers i ] |> List.map (written "0.0000") |> String.concat " | "
    printfn "| %s | %d | %s |" concepts[concept] bringing[i] shown

printfn
    "\nBy the latent that brings it the mean probability rises for %d of %d, for %d to twice and more, and for %d by more than by the others'."
    (count (fun i -> fst bringOnce[i].[i] > fst plain[i]))
    steered.Length
    (count (fun i -> fst bringOnce[i].[i] >= 2.0 * fst plain[i]))
    (count (fun i -> fst bringOnce[i].[i] > max (fst plain[i]) (byOthers i)))
