namespace Interp

open System.IO
open Interp.Activations
open Interp.Autoencoders
open Interp.Hooks
open Interp.Models
open Interp.Runtime

/// What a stage would need; rough, from counts of floating-point operations and a short measurement of this machine.
type Cost =
    {
        /// Seconds on this machine, a rough estimate.
        Seconds: float
        /// Bytes that stay in the store.
        DiskBytes: int64
        /// Bytes of memory while it is made.
        MemoryBytes: int64
        /// Memory that it shares with the others of its kind.
        SharedBytes: int64
    }

    /// What is in the store takes nothing.
    static member None =
        {
            Seconds = 0.0
            DiskBytes = 0L
            MemoryBytes = 0L
            SharedBytes = 0L
        }

/// What stages cost.
[<RequireQualifiedAccess>]
module internal Cost =
    /// Dense multiply-adds per second of all threads, measured once.
    let private rate = lazy Throughput.MultiplyAdds()

    /// Bytes of a training: parameters, gradients and moments, the batch, its entries, and room.
    let trainingMemory (inputs: Inputs) (spec: Spec) =
        let width = int64 (inputs.Width spec)
        let recipe = TrainingRecipe.ofSpec (int width) spec
        let latents = int64 recipe.Latents
        let batch = int64 spec.Train.Batch
        let parameters = 40L * width * latents + 24L * batch * width + (1L <<< 24)

        if not recipe.IsFused || spec.Kernel = "aten" then
            parameters + 8L * width * latents + 24L * batch * latents
        else
            let entries = 16L * batch * recipe.LargestEntries

            if recipe.IsDenseAtLargestK(int width) then
                parameters + entries + 8L * width * latents + 12L * batch * latents
            else
                parameters + entries

    /// Whether a training computes its activations while it trains: as its extraction left it, or would leave it.
    let private isLive (options: RunOptions) (store: Store) (stage: Stage) =
        match stage.Needs |> List.tryFind (fst >> (=) "extract") with
        | Some(_, key) when store.Contains "extract" key ->
            File.Exists(Path.Combine(store.Folder "extract" key, TrainingTokens.file))
        | _ -> options.Live

    /// Blocks that the model runs to reach all of some hooks.
    let private blocks (config: ModelConfig) (hooks: HookPoint list) =
        hooks |> List.map (fun hook -> int64 (hook.BlocksNeeded config.LayerCount)) |> List.max

    let private hooksOf (spec: Spec) =
        spec.Extract.Hook :: Option.toList spec.Extract.Target |> List.map HookPoint.Parse

    /// Numbers of a token at all hooks of a spec.
    let private widthsOf (config: ModelConfig) (spec: Spec) =
        hooksOf spec |> List.sumBy (config.WidthOf >> int64)

    let private elementBytes (spec: Spec) =
        match spec.Precision with
        | "bfloat16" -> 2L
        | "float64" -> 8L
        | _ -> 4L

    /// Bytes of the model's first blocks.
    let private modelBytes (config: ModelConfig) (spec: Spec) layers =
        (layers * config.BlockParameterCount + 2L * int64 config.VocabularySize * int64 config.Width)
        * elementBytes spec

    /// Bytes of a block's intermediate values for some contexts, the attention's scores included.
    let private blockBytes (config: ModelConfig) (spec: Spec) contexts =
        let length = int64 spec.Extract.ContextLength

        let perToken =
            6L * int64 config.Width
            + 3L * int64 config.MlpWidth
            + 2L * (config.QueryWidth + config.KeyValueWidth)
            + 2L * int64 config.HeadCount * length

        contexts * length * perToken * elementBytes spec

    /// Bytes of a shard while it is filled, and of the batches on the way to it, one per thread.
    let private extractionBytes (config: ModelConfig) (spec: Spec) rows =
        let group =
            ContextBatches.RowsOfGroup(
                spec.Extract.ContextLength,
                spec.Extract.BatchContexts,
                spec.Extract.Packing = PackingStyle.OneDocument
            )

        min rows (Extraction.RowsPerShard(config.Width, group)) * 4L * widthsOf config spec
        + int64 Workers.Count * blockBytes config spec (int64 spec.Extract.BatchContexts)

    /// Bytes of contexts whose cross-entropy is measured, one per thread: a block, and logits with what is made of them.
    let private spliceBytes (config: ModelConfig) (spec: Spec) =
        let logits =
            int64 spec.Extract.ContextLength * int64 config.VocabularySize * 6L * max 4L (elementBytes spec)

        int64 Workers.Count * (blockBytes config spec 1L + logits)

    /// The part of a training that a stopped run has left to do, from its newest checkpoint.
    let private leftOf (store: Store) (stage: Stage) =
        let folder = Path.Combine(store.WorkFolder stage.Name stage.Key, "checkpoints")
        let train = stage.Spec.Train
        let tokens = float train.Passes * float stage.Spec.Corpus.TrainTokens
        1.0 - min 1.0 (float (TrainingCheckpoints.NewestStep folder) * float train.Batch / tokens)

    /// Bytes that trainings share: the model and the activations that are kept, once for all on the same data.
    let shared options (inputs: Inputs) store (trainings: Stage list) =
        trainings
        |> List.filter (isLive options store)
        |> List.distinctBy (fun stage -> stage.Needs, stage.Spec.Train.Shuffle)
        |> List.sumBy (fun stage ->
            let config = inputs.Config stage.Spec

            let rows =
                TrainingTokens.rowsKept stage.Spec (int64 (Stage.trainingText stage.Spec))

            rows * 4L * widthsOf config stage.Spec
            + modelBytes config stage.Spec (blocks config (hooksOf stage.Spec)))

    /// Seconds in which the model runs so many tokens through all blocks up to some hooks.
    let extraction (config: ModelConfig) (tokens: int64) hooks =
        float tokens * float (blocks config hooks) * float config.BlockParameterCount / rate.Value

    /// What a stage needs when it runs.
    let ofStage (options: RunOptions) (inputs: Inputs) (store: Store) (stage: Stage) =
        let spec = stage.Spec
        let config = inputs.Config spec
        let width, block = int64 (inputs.Width spec), config.BlockParameterCount
        let latents = int64 (TrainingRecipe.latents (int width) spec)
        let layers = blocks config (hooksOf spec)

        let heldOut = int64 (Stage.heldOutText spec)
        let rows = int64 (Stage.trainingText spec) + heldOut

        // Live activations that are not all kept are computed once per pass, while training.
        let training =
            if options.Live && spec.Train.Shuffle.IsSome then
                int64 (Stage.trainingText spec) * int64 spec.Train.Passes
            else
                int64 (Stage.trainingText spec)

        let head = int64 config.VocabularySize * int64 config.Width
        let upper = (int64 config.LayerCount - layers) * block + head
        let loss = int64 spec.Evaluate.LossTokens
        let rate = rate.Value
        let seconds operations = float operations / rate
        let model = modelBytes config spec

        match stage.Name with
        | _ when stage.Own.IsSome -> Cost.None
        | "extract" when spec.Corpus.Source.IsStoredActivations -> Cost.None
        | "extract" ->
            {
                Seconds = seconds ((heldOut + training) * layers * block)
                DiskBytes =
                    (if options.Live then heldOut else rows)
                    * (4L * widthsOf config spec + 12L * int64 (hooksOf spec).Length)
                MemoryBytes = model layers + extractionBytes config spec rows
                SharedBytes = 0L
            }
        | "baseline" ->
            {
                Seconds = seconds (4L * loss * upper)
                DiskBytes = 1000L
                MemoryBytes = model (int64 config.LayerCount) + spliceBytes config spec
                SharedBytes = 0L
            }
        | "train" ->
            let tokens = inputs.TrainingTokens spec * int64 spec.Train.Passes
            let curves = int64 spec.Train.ValidationPoints * int64 spec.Train.CurveTokens

            let recipe = TrainingRecipe.ofSpec (int width) spec

            let products =
                if not recipe.IsFused || spec.Kernel = "aten" then 12.0
                elif recipe.Kind.UsesK then 2.0
                else 4.0

            {
                Seconds =
                    (seconds (tokens * width * latents) * products + seconds (2L * curves * width * latents))
                    * leftOf store stage
                DiskBytes = 8L * width * latents
                MemoryBytes = trainingMemory inputs spec
                SharedBytes = shared options inputs store [ stage ]
            }
        | _ ->
            {
                Seconds = seconds (2L * loss * upper + heldOut * width * latents)
                DiskBytes = 10_000L
                MemoryBytes = model (int64 config.LayerCount) + 8L * width * latents + spliceBytes config spec
                SharedBytes = 0L
            }
