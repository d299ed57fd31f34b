namespace Interp

open System
open System.Collections.Generic
open System.IO
open System.Threading
open Interp.Activations
open Interp.Autoencoders
open Interp.Hooks
open Interp.Runtime

/// What stages of one run have opened and share; whoever made it disposes of it at the end of the run.
[<Sealed>]
type internal Opened() =
    let values = Dictionary<string, objnull>()
    let owned = Stack<IDisposable>()

    /// The value of a name, made by the first who asks.
    member _.Once (name: string) (make: unit -> 'T) : 'T =
        lock values (fun () ->
            match values.TryGetValue name with
            | true, value -> downcast value
            | _ ->
                let value = make ()
                values[name] <- box value

                match box value with
                | :? IDisposable as value -> owned.Push value
                | _ -> ()

                value)

    interface IDisposable with
        member _.Dispose() =
            for value in owned do
                value.Dispose()

/// What a stage needs from outside: its inputs' artifacts, where it works, and whom it tells how far it is.
[<NoEquality; NoComparison>]
type internal StageContext =
    {
        Inputs: Inputs
        Store: Store
        Stage: Stage
        /// The stage's own folder; what it holds becomes the artifact.
        Work: string
        /// Where a training's log goes.
        Logs: string
        /// Done and total, in the unit's name, with a few words on the state.
        Progress: int64 -> int64 -> string -> unit
        /// Takes a sentence that whoever started the run should read.
        Warn: string -> unit
        Cancel: CancellationToken
        Opened: Opened
        /// Whether training activations are computed when they are needed instead of being stored.
        Live: bool
        /// Checkpoints of a training that are kept.
        KeepCheckpoints: int
        /// The place of a training among others that run with it.
        Place: TrainingPlace option
    }

    member context.Spec = context.Stage.Spec

    /// Folder of the artifact of an earlier stage.
    member context.Artifact name =
        context.Store.Folder name (context.Stage.Needs |> List.find (fst >> (=) name) |> snd)

    /// Folder of the extraction.
    member context.Extracted = context.Artifact "extract"

    member private context.Open folder =
        context.Opened.Once folder (fun () -> ActivationStore.Open folder)

    /// The named stores of a hook, opened, with their weights; none where the activations are the extraction's own.
    member context.Named hook =
        context.Inputs.Stored(context.Spec, hook)
        |> List.map (fun (folder, weight) -> context.Open folder, weight)

    /// A part of a named store.
    member private context.Part (store: ActivationStore) heldOut : ITokenActivations =
        context.Opened.Once
            $"part {heldOut} {Stage.heldOutText context.Spec} {store.Manifest.Hook} {store.Manifest.Contexts}"
            (fun () ->
                let training, first =
                    StoredSplit.find store.Contexts (int64 (Stage.heldOutText context.Spec))

                if heldOut then
                    new ContextRange(store, first, store.Contexts.Count - first)
                else
                    new ContextRange(store, 0, training))

    member private context.Split (split: string) heldOut hook own : ITokenActivations =
        match context.Named hook with
        | [] -> context.Open(Path.Combine(context.Extracted, own split))
        | (store, _) :: _ -> context.Part store heldOut

    /// Activations of the held-out documents.
    member context.HeldOut = context.Split "held-out" true context.Spec.Extract.Hook id

    /// The token that begins the contexts, if any does.
    member context.BosId =
        match context.Named context.Spec.Extract.Hook with
        | [] -> context.Open(Path.Combine(context.Extracted, "held-out")).Manifest.BosId
        | (store, _) :: _ -> store.Manifest.BosId

    /// What a transcoder is to make of them.
    member context.HeldOutTarget =
        context.Spec.Extract.Target
        |> Option.map (fun hook -> context.Split "held-out" true hook Extraction.TargetFolder)

    /// What is reconstructed of the held-out documents: the target, or what is read.
    member context.HeldOutReconstructed =
        context.HeldOutTarget |> Option.defaultValue context.HeldOut

    /// The model that computes the training activations where nothing stores them.
    member private context.LiveTraining =
        let artifact, spec = context.Extracted, context.Spec
        let tokens = Path.Combine(artifact, TrainingTokens.file)

        if File.Exists tokens then
            context.Opened.Once $"{artifact} {spec.Train.Shuffle}" (fun () ->
                let model =
                    context.Opened.Once $"model {artifact}" (fun () -> context.Inputs.OpenModel spec)

                TrainingTokens.live context.Inputs spec model (TokenContexts.Load tokens))
            |> Some
        else
            None

    /// Activations of the training documents: the store, or where there is none the model itself.
    member context.Training: ITokenActivations =
        match context.LiveTraining with
        | Some live -> live
        | None -> context.Split "training" false context.Spec.Extract.Hook id

    /// What a transcoder is to make of them, from the same passes of the model.
    member context.TrainingTarget: ITokenActivations option =
        match context.Spec.Extract.Target, context.LiveTraining with
        | None, _ -> None
        | Some _, Some live -> Option.ofObj live.Target
        | Some hook, None -> Some(context.Split "training" false hook Extraction.TargetFolder)

    /// Further named stores that are trained on at a hook, and the weights of all.
    member context.Mixed hook =
        match context.Named hook with
        | [] -> [], []
        | stores -> stores |> List.tail |> List.map (fun (store, _) -> context.Part store false), List.map snd stores

    /// What is reconstructed of the training documents: the target, or what is read.
    member context.TrainingReconstructed =
        context.TrainingTarget |> Option.defaultValue context.Training

/// The tokens of a spec that count.
[<RequireQualifiedAccess>]
module internal CountedTokens =
    let private skipping (spec: Spec) =
        TokenSkipping(spec.Extract.SkipPositions, Option.toNullable spec.Extract.SkipNorm)

    /// How many tokens the norm rule takes away; positions that are skipped anyway are not among them.
    let private leftOut (context: StageContext) split (activations: ITokenActivations) (rows: int[]) =
        context.Spec.Extract.SkipNorm
        |> Option.map (fun factor ->
            let candidates =
                TokenSkipping(context.Spec.Extract.SkipPositions, Nullable())
                    .Rows(activations, Double.PositiveInfinity)
                    .Length

            FormattableString.Invariant
                $"{candidates - rows.Length} of {candidates} {split} tokens exceed {factor} times the median norm and do not count.")

    /// Rows of what is reconstructed, by whose norms tokens are skipped, that count: of a split's first store, or a further one.
    let private rowsOf (context: StageContext) split (number: int) (activations: ITokenActivations) =
        let rule = skipping context.Spec

        let limit =
            match context.Spec.Extract.SkipNorm with
            | None -> Double.PositiveInfinity
            | Some _ ->
                context.Opened.Once $"norm limit {rule} {context.Extracted}" (fun () ->
                    rule.NormLimit context.TrainingReconstructed)

        context.Opened.Once $"rows {split} {number} {rule} {context.Extracted}" (fun () ->
            rule.Rows(activations, limit))

    /// The same, with the count said to whoever started the run.
    let private counted context split number activations =
        let rows = rowsOf context split number activations
        leftOut context split activations rows |> Option.iter context.Warn
        rows

    /// A sentence on what the norm rule takes away from each split; none without the rule.
    let notes (context: StageContext) =
        [
            "training", context.TrainingReconstructed
            "held-out", context.HeldOutReconstructed
        ]
        |> List.choose (fun (split, activations) ->
            leftOut context split activations (rowsOf context split 0 activations))

    /// Only fractional weights draw rows, by the seed.
    let private mixture (context: StageContext) =
        match context.Spec.Corpus.Source with
        | StoredActivations stores when stores |> List.exists (fun (_, weight) -> weight <> round weight) ->
            context.Spec.Seed
        | _ -> 0

    let private trained (context: StageContext) name hook (activations: ITokenActivations) : IActivationSource =
        let spec = context.Spec

        let once name =
            context.Opened.Once
                $"{name} {skipping spec} {spec.Corpus.TrainTokens} {spec.Train.Shuffle} {mixture context} {context.Extracted}"

        let rows number activations =
            once $"training rows {number}" (fun () ->
                counted context "training" number activations |> Array.truncate spec.Corpus.TrainTokens)

        once name (fun () ->
            let reconstructed = spec.Extract.Target |> Option.defaultValue spec.Extract.Hook
            let others, weights = context.Mixed hook

            let parts =
                List.zip (activations :: others) (context.TrainingReconstructed :: fst (context.Mixed reconstructed))
                |> List.mapi (fun number (part, judged) -> SelectedRows(part, rows number judged) :> IActivationSource)

            match weights with
            | []
            | [ 1.0 ] -> parts.Head
            | weights ->
                WeightedActivations(
                    [| for part, weight in List.zip parts weights -> struct (part, weight) |],
                    int64 spec.Seed
                ))

    /// The activations that are trained on; trainings on the same ones get the same object.
    let training (context: StageContext) =
        trained context "training" context.Spec.Extract.Hook context.Training

    /// What a transcoder is to make of them.
    let trainingTarget (context: StageContext) =
        Option.map2 (trained context "training target") context.Spec.Extract.Target context.TrainingTarget

    /// All held-out rows that count: those outside keep their activation in spliced runs.
    let heldOut (context: StageContext) =
        context.Opened.Once $"held-out rows {skipping context.Spec} {context.Extracted}" (fun () ->
            counted context "held-out" 0 context.HeldOutReconstructed)

    /// The held-out rows on which the reconstruction is measured, and those that only decide which latents are dead.
    let split (context: StageContext) =
        let spec = context.Spec
        let rows = heldOut context
        let measured = Array.truncate spec.Corpus.ValidationTokens rows

        measured,
        rows
        |> Array.truncate spec.Evaluate.DeadTokens
        |> Array.skip (min measured.Length (min rows.Length spec.Evaluate.DeadTokens))

    /// Some held-out rows, and what a transcoder is to make of them.
    let selected (context: StageContext) rows =
        SelectedRows(context.HeldOut, rows),
        context.HeldOutTarget |> Option.map (fun target -> SelectedRows(target, rows)) |> Option.toObj
