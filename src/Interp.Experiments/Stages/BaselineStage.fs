namespace Interp

open System
open System.IO
open Interp.Activations
open Interp.Evaluation
open Interp.Formats
open Interp.Hooks
open Interp.Runtime

/// Numbers by name, as stages write them.
[<RequireQualifiedAccess>]
module internal Numbers =
    let write (path: string) (numbers: (string * float) list) =
        AtomicFile.WriteText(
            path,
            numbers
            |> List.map (fun (name, value) -> name, Canon.Number value)
            |> Canon.Fields
            |> Canonical.print
        )

    let read (path: string) : Map<string, float> =
        match Canonical.parse (File.ReadAllText path) with
        | Ok(Canon.Fields fields) ->
            fields
            |> List.choose (function
                | name, Canon.Number value -> Some(name, value)
                | name, Canon.Integer value -> Some(name, float value)
                | _ -> None)
            |> Map.ofList
        | _ -> raise (InterpException $"{path} is damaged; delete its folder to make it again.")

/// Next-token loss of the model itself: clean, and with zeros or the mean in place of the counted activations.
[<RequireQualifiedAccess>]
module internal BaselineStage =
    /// Contexts, from the first on, that predict as many counted tokens as were asked for.
    let private lossContexts (spec: Spec) (contexts: TokenContexts) =
        if contexts.IsRagged then
            Seq.init contexts.Count (fun context ->
                int64 (max 0 (snd ((contexts.RowsOf context).ToTuple()) - 1 - spec.Extract.SkipPositions)))
            |> Seq.scan (+) 0L
            |> Seq.takeWhile (fun predictions -> predictions < int64 spec.Evaluate.LossTokens)
            |> Seq.length
            |> min contexts.Count
        else
            min contexts.Count (Stage.lossContexts spec)

    /// Held-out tokens that the loss reads, those at the start of contexts among them.
    let lossRows (context: StageContext) =
        let contexts = context.HeldOut.Contexts
        int64 (snd (contexts.RowsOf(0, lossContexts context.Spec contexts).ToTuple()))

    /// What splices into the held-out contexts; the loss reads the first of them.
    let splice (context: StageContext) model (counted: int[]) progress =
        let spec = context.Spec
        let heldOut = context.HeldOut
        let flags = Array.zeroCreate<bool>(int heldOut.Count)
        counted |> Array.iter (fun row -> flags[row] <- true)

        SpliceEvaluation(
            model,
            HookPoint.Parse(spec.Extract.Target |> Option.defaultValue spec.Extract.Hook),
            context.HeldOutReconstructed,
            heldOut.Contexts,
            flags,
            Devices.Parse spec.Device,
            Contexts = lossContexts spec heldOut.Contexts,
            Inputs = heldOut,
            Progress = Action<int64> progress
        )

    let private losses (context: StageContext) =
        let spec = context.Spec
        use model = context.Inputs.OpenModel spec
        let measured, _ = CountedTokens.split context
        let counted = CountedTokens.heldOut context

        let mean =
            ReconstructionEvaluation.Mean(SelectedRows(context.HeldOutReconstructed, measured), context.Cancel)

        let total = lossRows context

        let splice name before =
            splice context model counted (fun done' -> context.Progress (before * total + done') (2L * total) name)

        let zero = (splice "zero ablation" 0L).Zero context.Cancel
        let mean = (splice "mean ablation" 1L).Mean(mean, context.Cancel)

        [
            "ce_clean", zero.CeClean
            "ce_zero", zero.Ce
            "ce_mean", mean.Ce
            "kl_zero", zero.Kl
            "kl_mean", mean.Kl
            "loss_tokens", float zero.Predictions
        ]

    /// Imported activations have no model, and so no losses. What the norm rule takes away is in `notes.txt`.
    let run (context: StageContext) =
        Numbers.write
            (Path.Combine(context.Work, "baseline.json"))
            (if context.Inputs.IsImported context.Spec then
                 []
             else
                 losses context)

        match CountedTokens.notes context with
        | [] -> ()
        | notes -> AtomicFile.WriteText(Path.Combine(context.Work, "notes.txt"), String.concat "\n" notes + "\n")
