namespace Interp

open System.IO
open Interp.Hooks
open Interp.Runtime

/// What a stage would need; rough, from counts of floating-point operations and a short measurement of this machine.
type Cost =
    {
        Seconds: float
        DiskBytes: int64
        MemoryBytes: int64
        /// Memory that it shares with the others of its kind.
        SharedBytes: int64
    }

    static member None =
        {
            Seconds = 0.0
            DiskBytes = 0L
            MemoryBytes = 0L
            SharedBytes = 0L
        }

/// What stages cost.
[<RequireQualifiedAccess>]
module Cost =
    /// Dense multiply-adds per second of all threads, measured once.
    let private rate = lazy Throughput.MultiplyAdds()

    /// Whether the fused kernel takes the steps; libtorch's operations take far more time and keep [tokens, latents] tensors.
    let private isFused (inputs: Inputs) (spec: Spec) =
        spec.Kernel <> "aten" && (Validation.trainingSpec (inputs.Width spec) spec).IsFused

    /// Whether a K says how many latents are active; without one, half of them may be at first.
    let private usesK (spec: Spec) =
        (Validation.kind spec spec.Sae.Kind).UsesK

    /// Bytes of a training: parameters, gradients and moments, the batch, and room.
    let trainingMemory (inputs: Inputs) (spec: Spec) =
        let width = int64 (inputs.Width spec)
        let latents = int64 (Validation.latents (int width) spec)
        let batch = int64 spec.Train.Batch
        let fused = 40L * width * latents + 24L * batch * width + (1L <<< 24)

        if not (isFused inputs spec) then
            fused + 8L * width * latents + 24L * batch * latents
        elif usesK spec then
            fused
        else
            fused + 16L * batch * latents

    /// Whether a training computes its activations while it trains: as its extraction left it, or would leave it.
    let private isLive (options: RunOptions) (store: Store) (stage: Stage) =
        match stage.Needs |> List.tryFind (fst >> (=) "extract") with
        | Some(_, key) when store.Contains "extract" key ->
            File.Exists(Path.Combine(store.Folder "extract" key, TrainingTokens.file))
        | _ -> options.Live

    /// Blocks that the model runs to reach all hooks of a spec.
    let private layersOf (config: Interp.Models.ModelConfig) (spec: Spec) =
        spec.Extract.Hook :: Option.toList spec.Extract.Target
        |> List.map (fun hook -> int64 (HookPoint.Parse(hook).BlocksNeeded config.LayerCount))
        |> List.max

    /// Hooks that are extracted.
    let private hookCount (spec: Spec) =
        if spec.Extract.Target.IsSome then 2L else 1L

    /// Bytes of the model's first blocks.
    let private modelBytes (config: Interp.Models.ModelConfig) (spec: Spec) layers =
        let element =
            match spec.Precision with
            | "bfloat16" -> 2L
            | "float64" -> 8L
            | _ -> 4L

        (layers * config.BlockParameterCount + 2L * int64 config.VocabularySize * int64 config.Width)
        * element

    /// Bytes that trainings share: the model and the activations that are kept, once for all on the same data.
    let shared options (inputs: Inputs) store (trainings: Stage list) =
        trainings
        |> List.filter (isLive options store)
        |> List.distinctBy (fun stage -> stage.Needs, stage.Spec.Train.Shuffle)
        |> List.sumBy (fun stage ->
            let config = inputs.Config stage.Spec

            let rows =
                TrainingTokens.rowsKept stage.Spec (int64 (Stage.trainingText stage.Spec))

            rows * int64 config.Width * 4L * hookCount stage.Spec
            + modelBytes config stage.Spec (layersOf config stage.Spec))

    /// Seconds in which the model runs so many tokens through all blocks up to some hooks.
    let extraction (config: Interp.Models.ModelConfig) (tokens: int64) (hooks: HookPoint list) =
        let layers = hooks |> List.map (fun hook -> int64 hook.Layer + 1L) |> List.max
        float tokens * float layers * float config.BlockParameterCount / rate.Value

    /// What a stage needs when it runs.
    let ofStage (options: RunOptions) (inputs: Inputs) (store: Store) (stage: Stage) =
        let spec = stage.Spec
        let config = inputs.Config spec
        let width, block = int64 (inputs.Width spec), config.BlockParameterCount
        let latents = int64 (Validation.latents (int width) spec)
        let layers = layersOf config spec

        let heldOut = int64 (Stage.heldOutText spec)
        let rows = int64 (Stage.trainingText spec) + heldOut

        // Live activations that are not all kept are computed once per pass, while training.
        let training =
            if options.Live && spec.Train.Shuffle.IsSome then
                int64 (Stage.trainingText spec) * int64 spec.Train.Passes
            else
                int64 (Stage.trainingText spec)

        let head = int64 config.VocabularySize * width
        let upper = (int64 config.LayerCount - layers) * block + head
        let loss = int64 spec.Evaluate.LossTokens
        let rate = rate.Value
        let seconds operations = float operations / rate
        let model = modelBytes config spec

        match stage.Name with
        | "extract" when spec.Corpus.Source.IsStoredActivations -> Cost.None
        | "extract" ->
            {
                Seconds = seconds ((heldOut + training) * layers * block)
                DiskBytes = (if options.Live then heldOut else rows) * (width * 4L + 12L) * hookCount spec
                MemoryBytes = model layers + (1L <<< 29)
                SharedBytes = 0L
            }
        | "baseline" ->
            {
                Seconds = seconds (4L * loss * upper)
                DiskBytes = 1000L
                MemoryBytes = model (int64 config.LayerCount) + (1L <<< 29)
                SharedBytes = 0L
            }
        | "train" ->
            let tokens = inputs.TrainingTokens spec * int64 spec.Train.Passes
            let curves = int64 spec.Train.ValidationPoints * int64 spec.Train.CurveTokens

            let products =
                if not (isFused inputs spec) then 12.0
                elif usesK spec then 2.0
                else 4.0

            {
                Seconds = seconds (tokens * width * latents) * products + seconds (2L * curves * width * latents)
                DiskBytes = 8L * width * latents
                MemoryBytes = trainingMemory inputs spec
                SharedBytes = shared options inputs store [ stage ]
            }
        | _ ->
            {
                Seconds = seconds (2L * loss * upper + heldOut * width * latents)
                DiskBytes = 10_000L
                MemoryBytes = model (int64 config.LayerCount) + 8L * width * latents + (1L <<< 29)
                SharedBytes = 0L
            }
