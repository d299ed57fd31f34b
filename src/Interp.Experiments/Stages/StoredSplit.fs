namespace Interp

open System
open Interp.Activations
open Interp.Runtime

/// Which contexts of a store are trained on and which are held out; no document is in both.
[<RequireQualifiedAccess>]
module internal StoredSplit =
    /// Number of training contexts, which are the first, and the first held-out context. As many tokens as asked for are held
    /// out, at most half of the contexts; contexts before them that share a document with them are left out.
    let find (contexts: TokenContexts) (heldOutTokens: int64) =
        let length =
            if contexts.IsRagged then
                max 1 (contexts.Rows / contexts.Count)
            else
                contexts.Length

        let wanted = (heldOutTokens + int64 length - 1L) / int64 length

        let first = contexts.Count - int (min wanted (int64 contexts.Count / 2L))
        let documents row = contexts.Documents[row]

        let start context =
            (contexts.RowsOf context).ToTuple() |> fst

        let boundary = documents (min (contexts.Rows - 1) (start first))

        let rec back context =
            if context > 0 && documents (start context - 1) = boundary then
                back (context - 1)
            else
                context

        match back first with
        | training when training > 0 && first < contexts.Count -> training, first
        | _ ->
            raise (
                InterpException
                    $"The activations are {contexts.Rows} tokens in {contexts.Count} contexts, of which none can be held out; give more text, or say by --context how long their texts are."
            )
