namespace Interp

open System.Collections.Generic
open System.IO
open Interp.Activations
open Interp.Runtime

/// Text to two activation stores, `training` and `held-out`; no document is in both. A live run stores the tokens of the former,
/// and activations that are there already are only divided.
[<RequireQualifiedAccess>]
module internal ExtractStage =
    /// How much text is cut into which contexts.
    let packing (spec: Spec) =
        let train, heldOut = Stage.trainingText spec, Stage.heldOutText spec

        PackingSpec(
            ContextLength = spec.Extract.ContextLength,
            Bos = spec.Extract.Bos,
            Style = spec.Extract.Packing,
            UncountedPositions = spec.Extract.SkipPositions,
            TrainingTokens = train,
            ValidationTokens = heldOut,
            ValidationFraction = min 0.9 (max 0.02 (float heldOut / float (int64 train + int64 heldOut)))
        )

    let private extract (context: StageContext) =
        let spec, inputs = context.Spec, context.Inputs
        let tokenizer = inputs.Tokenizer spec
        let device = Devices.Parse spec.Device
        use model = inputs.OpenModel spec

        context.Progress 0L 0L "packing the text"

        let packed =
            ContextPacking.Pack(inputs.Documents spec, tokenizer, packing spec, context.Cancel)

        let extraction = TrainingTokens.extraction inputs spec packed.BosId

        let training = if context.Live then 0L else int64 packed.Training.Rows
        let total = training + int64 packed.Validation.Rows

        let extract (contexts: TokenContexts) split before =
            let folder = Path.Combine(context.Work, split)

            Extraction.Run(
                model,
                device,
                contexts,
                extraction,
                [|
                    folder
                    if spec.Extract.Target.IsSome then
                        Extraction.TargetFolder folder
                |],
                (fun rows -> context.Progress (before + rows) total split),
                context.Cancel
            )

        if context.Live then
            packed.Training.Save(Path.Combine(context.Work, TrainingTokens.file))
        else
            extract packed.Training "training" 0L

        extract packed.Validation "held-out" training

        Interp.Formats.AtomicFile.WriteText(
            Path.Combine(context.Work, "notes.txt"),
            packed.Notes |> Seq.map (fun note -> note + "\n") |> String.concat ""
        )

    /// Opens activations that are there already; the artifact only says how they are divided.
    let private take (context: StageContext) =
        let spec = context.Spec

        for hook in spec.Extract.Hook :: Option.toList spec.Extract.Target do
            for store, _ in context.Named hook do
                let there, here = store.Manifest.Model, context.Inputs.ModelDigest spec

                if there <> ActivationImport.Unknown && there <> here then
                    let name =
                        match store.Manifest.Origin with
                        | null -> "unnamed"
                        | origin -> origin.GetValueOrDefault("model", "unnamed")

                    raise (
                        InterpException
                            $"The activations of {hook} come from another model (here {context.Inputs.ModelName spec}, {here.Substring(0, 12)}; there {name}, {there.Substring(0, 12)}); name theirs with --model, or extract them again."
                    )

        let store = context.Named spec.Extract.Hook |> List.head |> fst

        let training, heldOut =
            StoredSplit.find store.Contexts (int64 (Stage.heldOutText spec))

        Interp.Formats.AtomicFile.WriteText(
            Path.Combine(context.Work, "split.txt"),
            $"contexts 0 to {training - 1} are trained on, those from {heldOut} on are held out\n"
        )

    let run (context: StageContext) =
        match context.Spec.Corpus.Source with
        | StoredActivations _ -> take context
        | _ -> extract context
