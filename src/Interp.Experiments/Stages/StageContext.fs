namespace Interp

open System
open System.Collections.Generic
open System.Threading
open Interp.Activations

/// What a stage needs from outside: its inputs' artifacts, where it works, and whom it tells how far it is.
[<NoEquality; NoComparison>]
type StageContext =
    {
        Inputs: Inputs
        Store: Store
        Stage: Stage
        /// The stage's own folder; what it holds becomes the artifact.
        Work: string
        /// Done and total, in the unit's name, with a few words on the state.
        Progress: int64 -> int64 -> string -> unit
        Cancel: CancellationToken
        /// Activation stores that were opened and checked, kept for the next stage.
        Opened: Dictionary<string, ActivationStore>
    }

    member context.Spec = context.Stage.Spec

    /// Folder of the artifact of an earlier stage.
    member context.Artifact name =
        context.Store.Folder name (context.Stage.Needs |> List.find (fst >> (=) name) |> snd)

    member context.Activations split =
        let folder = IO.Path.Combine(context.Artifact "extract", split)

        match context.Opened.TryGetValue folder with
        | true, store -> store
        | _ ->
            let store = ActivationStore.Open folder
            context.Opened[folder] <- store
            store

/// The tokens of a spec that count.
[<RequireQualifiedAccess>]
module CountedTokens =
    let private skipping (spec: Spec) =
        TokenSkipping(spec.Extract.SkipPositions, Option.toNullable spec.Extract.SkipNorm)

    let private validationRows (store: ActivationStore) (spec: Spec) =
        let contexts = store.Contexts
        let bos = if store.Manifest.BosId.HasValue then 1 else 0
        let text = contexts.Length - bos
        // Text tokens asked for, with the tokens that begin their contexts.
        let whole, rest = Math.DivRem(spec.Corpus.ValidationTokens, text)
        min store.Count (int64 whole * int64 contexts.Length + int64 (if rest > 0 then rest + bos else 0))

    /// The largest norm that counts, taken from the training tokens.
    let normLimit (training: ActivationStore) spec = (skipping spec).NormLimit training

    let training (store: ActivationStore) limit spec = (skipping spec).Rows(store, limit)
    let heldOut = training

    /// The held-out rows on which the reconstruction is measured, and the others.
    let split (store: ActivationStore) limit spec =
        let rows = heldOut store limit spec
        let last = validationRows store spec
        rows |> Array.partition (fun row -> int64 row < last)
