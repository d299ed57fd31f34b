namespace Interp

open System
open System.Globalization
open System.IO
open System.Text.Json.Nodes
open Interp.Activations
open Interp.Autoencoders
open Interp.Evaluation
open Interp.Formats
open Interp.Runtime

/// Activations to an SAE folder, `curves.csv` and `training.json`; a stopped run goes on from its last checkpoint.
/// A diverged one has no SAE folder, but its last good checkpoint.
[<RequireQualifiedAccess>]
module internal TrainStage =
    let private header =
        "step,tokens,k,learning_rate,train_fvu,validation_fvu,validation_fvu_at_k,dead_counter"

    let private line (values: obj list) =
        values
        |> List.map (function
            | :? float as value -> value.ToString("0.00000000", CultureInfo.InvariantCulture)
            | value -> Convert.ToString(value, CultureInfo.InvariantCulture) |> Option.ofObj |> Option.defaultValue "")
        |> String.concat ","

    let private kernel (spec: Spec) =
        match spec.Kernel with
        | "cpu" -> SaeKernel.Cpu
        | "aten" -> SaeKernel.Aten
        | _ -> SaeKernel.Automatic

    let private fvu (autoencoder: SparseAutoencoder) (source, target) (k: int) =
        ReconstructionEvaluation.Run(autoencoder, source, Nullable k, target = target).Fvu

    let private metadata (context: StageContext) =
        let spec = context.Spec
        let provenance = JsonObject()
        provenance["key"] <- JsonValue.Create context.Stage.Key
        provenance["spec"] <- JsonNode.Parse(Canonical.encode (SpecFields.toCanon spec))

        SaeMetadata(
            ModelName = context.Inputs.ModelName spec,
            HookName = spec.Extract.Hook,
            TargetHookName = Option.toObj spec.Extract.Target,
            ContextSize = Nullable context.HeldOut.Contexts.Length,
            PrependBos = Nullable context.BosId.HasValue,
            DatasetPath = (context.Inputs.Documents spec).Name,
            Provenance = provenance
        )

    /// A step in a line; its first word is the same for all steps.
    let private words usesK (report: StepReport) =
        let text (format: string) (value: float) =
            value.ToString(format, CultureInfo.InvariantCulture)

        String.concat
            "  "
            [
                "FVU " + text "0.0000" report.Fvu
                if usesK then
                    $"k {report.K}"
                "L0 " + text "0.#" report.Active
                $"dead {report.Dead}"
                "loss " + text "0.###e+0" report.MainLoss
                "lr " + text "0.##e+0" report.LearningRate
                "|g| " + text "0.##e+0" report.GradientNorm
            ]

    /// Relative fall of the validation loss over the last tenth of the steps.
    let private tailDrop (steps: int) (curve: (int * float) list) =
        match List.rev curve with
        | (_, last) :: earlier when last > 0.0 ->
            match earlier |> List.tryFind (fun (step, _) -> float step <= 0.9 * float steps + 0.5) with
            | Some(_, before) -> (before - last) / before
            | None -> 0.0
        | _ -> 0.0

    let run (context: StageContext) =
        let spec = context.Spec
        let source = CountedTokens.training context
        let target = CountedTokens.trainingTarget context |> Option.toObj
        let validation = CountedTokens.split context |> fst

        let heldOut =
            CountedTokens.selected context (Array.truncate spec.Train.CurveTokens validation)

        let recipe = TrainingRecipe.ofSpec source.Width spec
        let device = Devices.Parse spec.Device
        let folder = Path.Combine(context.Work, "checkpoints")

        let checkpoints =
            TrainingCheckpoints(folder, context.Stage.Key, context.KeepCheckpoints)

        let curvesPath = Path.Combine(context.Work, "curves.csv")

        use run =
            match checkpoints.Newest context.Warn with
            | null -> TrainingRun.Start(recipe, source, device, kernel spec, target, Option.toObj context.Place)
            | newest ->
                TrainingRun.Resume(newest, recipe, source, device, kernel spec, target, Option.toObj context.Place)

        let trainer = run.Trainer

        let points =
            TrainingRun.Points(trainer.TotalSteps, spec.Train.ValidationPoints) |> Set.ofSeq

        let stepOf (line: string) =
            Int32.Parse(line.Split(',')[0], CultureInfo.InvariantCulture)

        let mutable curve =
            if File.Exists curvesPath then
                File.ReadAllLines curvesPath
                |> Seq.skip 1
                |> Seq.filter (fun line -> stepOf line <= trainer.CompletedSteps)
                |> List.ofSeq
                |> List.rev
            else
                []

        use log =
            new TrainingLog(Path.Combine(context.Logs, $"train-{context.Stage.Key.Substring(0, 16)}.jsonl"), trainer)

        let writeCurve () =
            AtomicFile.WriteText(curvesPath, String.concat "\n" (header :: List.rev curve) + "\n")

        let afterStep (report: StepReport) =
            let step = trainer.CompletedSteps
            log.Add report

            if not report.HasDiverged && points.Contains step then
                let atTarget = fvu trainer.Autoencoder heldOut spec.Sae.K

                let current =
                    if report.K = spec.Sae.K then
                        atTarget
                    else
                        fvu trainer.Autoencoder heldOut report.K

                curve <-
                    line
                        [
                            step
                            int64 step * int64 spec.Train.Batch
                            report.K
                            report.LearningRate
                            report.Fvu
                            atTarget
                            current
                            report.Dead
                        ]
                    :: curve

                writeCurve ()
                checkpoints.Save(trainer, lasting = true)
            elif not report.HasDiverged && checkpoints.IsDue then
                checkpoints.Save(trainer, lasting = false)

            if step % 50 = 0 || step = trainer.TotalSteps then
                let done', total =
                    int64 step * int64 spec.Train.Batch, int64 trainer.TotalSteps * int64 spec.Train.Batch

                context.Progress done' total (words recipe.Kind.UsesK report)

        let finished =
            try
                run.Run(afterStep, context.Cancel)
            with :? OperationCanceledException ->
                checkpoints.Save(trainer, lasting = false)
                reraise ()

        writeCurve ()

        if finished then
            if trainer.Autoencoder.Kind :? BatchTopKDictionary then
                ThresholdCalibration.Calibrate(trainer.Autoencoder, fst heldOut) |> ignore

            let probe, expected = CountedTokens.selected context (Array.truncate 64 validation)
            SaeFolder.Write(Path.Combine(context.Work, "sae"), trainer.Autoencoder, metadata context, probe, expected)

        let points =
            curve
            |> List.rev
            |> List.map (fun line -> stepOf line, Double.Parse(line.Split(',')[5], CultureInfo.InvariantCulture))

        Numbers.write
            (Path.Combine(context.Work, "training.json"))
            [
                "diverged", (if finished then 0.0 else 1.0)
                "steps", float trainer.CompletedSteps
                "dead_counter", float (trainer.DeadLatents())
                "dead_window", float spec.Train.DeadWindow
                "latents", float recipe.Latents
                "tail_drop", tailDrop trainer.TotalSteps points
            ]

        if finished then
            checkpoints.Clear()
        elif not (checkpoints.KeepLasting().HasValue) then
            use start = TrainingRun.Start(recipe, source, device, kernel spec, target)
            checkpoints.Save(start.Trainer, lasting = true)
