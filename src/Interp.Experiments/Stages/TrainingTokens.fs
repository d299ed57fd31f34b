namespace Interp

open Interp.Activations
open Interp.Hooks
open Interp.Runtime

/// The training text as tokens, from which activations are computed when nothing stores them.
[<RequireQualifiedAccess>]
module internal TrainingTokens =
    /// Its file in the artifact of the extraction.
    let file = "training-tokens.safetensors"

    /// How a spec's activations are extracted.
    let extraction (inputs: Inputs) (spec: Spec) bos =
        ExtractionSpec(
            [|
                HookPoint.Parse spec.Extract.Hook
                yield! spec.Extract.Target |> Option.map HookPoint.Parse |> Option.toList
            |],
            spec.Extract.BatchContexts,
            inputs.TokenizerDigest spec,
            inputs.CorpusDigest spec,
            bos
        )

    /// Rows that live training keeps in memory: all, or two windows of counted tokens.
    let rowsKept (spec: Spec) (rows: int64) =
        match spec.Train.Shuffle with
        | None -> rows
        | Some window ->
            let length = int64 spec.Extract.ContextLength
            let counted = max 1L (length - int64 spec.Extract.SkipPositions)
            min rows (2L * (int64 window / counted + 1L) * length)

    let live inputs (spec: Spec) model (contexts: TokenContexts) =
        new LiveActivations(
            model,
            Devices.Parse spec.Device,
            contexts,
            extraction inputs spec (System.Nullable()),
            rowsKept spec contexts.Rows
        )
