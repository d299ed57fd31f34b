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

        lock context.Opened (fun () ->
            match context.Opened.TryGetValue folder with
            | true, store -> store
            | _ ->
                let store = ActivationStore.Open folder
                context.Opened[folder] <- store
                store)

/// The tokens of a spec that count.
[<RequireQualifiedAccess>]
module CountedTokens =
    let private skipping (spec: Spec) =
        TokenSkipping(spec.Extract.SkipPositions, Option.toNullable spec.Extract.SkipNorm)

    /// The largest norm that counts, taken from the training tokens.
    let normLimit (training: ActivationStore) spec = (skipping spec).NormLimit training

    let private counted (store: ActivationStore) limit spec = (skipping spec).Rows(store, limit)

    /// The rows that are trained on.
    let training store limit (spec: Spec) =
        counted store limit spec |> Array.truncate spec.Corpus.TrainTokens

    /// All held-out rows that count: those outside keep their activation in spliced runs.
    let heldOut store limit spec = counted store limit spec

    /// The held-out rows on which the reconstruction is measured, and those that only decide which latents are dead.
    let split store limit (spec: Spec) =
        let rows = counted store limit spec
        let measured = Array.truncate spec.Corpus.ValidationTokens rows

        measured,
        rows
        |> Array.truncate spec.Evaluate.DeadTokens
        |> Array.skip (min measured.Length (min rows.Length spec.Evaluate.DeadTokens))
