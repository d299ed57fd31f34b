namespace Interp

open System
open System.Globalization
open System.IO
open System.Threading
open Interp.Activations
open Interp.Hooks
open Interp.Models
open Interp.Runtime

/// Activations of a text at several hooks, to be kept under a name: what `interp extract` makes, as a value.
type StoreRequest =
    {
        Name: string
        /// TransformerLens names; all are served by one pass of the model, a store each.
        Hooks: string list
        Dtype: StoreDtype
        /// Model, text, training tokens, context, batch, device and precision count.
        Spec: Spec
    }

    static member Create name hooks (spec: Spec) =
        {
            Name = name
            Hooks = hooks
            Dtype = StoreDtype.Float32
            Spec = spec
        }

/// What a request will take.
type StoreEstimate =
    {
        Tokens: int64
        Seconds: float
        /// Bytes that are still to be written.
        DiskBytes: int64
        FreeBytes: int64
    }

/// A text to activation stores that have a name.
[<RequireQualifiedAccess>]
module StoreExtraction =
    let private points request =
        request.Hooks |> List.map HookPoint.Parse

    let private errors (config: ModelConfig) request =
        let extract = request.Spec.Extract

        [
            if request.Hooks.IsEmpty then
                "No hook is named; give one such as blocks.2.hook_resid_post."
            for hook, count in request.Hooks |> List.countBy id do
                if count > 1 then
                    $"The hook {hook} is named {count} times; name it once."
            for point in points request do
                if point.Layer >= config.LayerCount then
                    $"The hook {point} lies outside the model, whose blocks are 0 to {config.LayerCount - 1}; name another."
                elif not point.IsResidualWide then
                    $"The hook {point} is not as wide as the residual stream; stores hold what is, such as blocks.2.hook_resid_post or blocks.2.hook_mlp_out."
            if extract.ContextLength < 3 || extract.ContextLength > config.ContextLength then
                $"The context length is {extract.ContextLength}; give 3 to {config.ContextLength}, what the model was made for."
            if extract.BatchContexts < 1 then
                $"A batch is {extract.BatchContexts} contexts; give 1 or more."
        ]

    let private folders store request =
        request.Hooks |> List.map (NamedActivations.folder store request.Name)

    let private written folder =
        if StoreManifest.Exists folder then
            StoreManifest.Read(folder).Shards
            |> Array.sumBy (fun shard ->
                let file = FileInfo(Path.Combine(folder, shard.File))
                if file.Exists then file.Length else 0L)
        else
            0L

    /// What a request will take; rough in time, close in bytes.
    let estimate (inputs: Inputs) (store: Store) request =
        let config = inputs.Config request.Spec
        NamedActivations.checkName request.Name
        errors config request |> List.tryHead |> Option.iter (fun error -> raise (InterpException error))
        let tokens = int64 request.Spec.Corpus.TrainTokens
        let length = int64 request.Spec.Extract.ContextLength

        // Every context may begin with a token that is not of the text.
        let rows =
            if request.Spec.Extract.Bos <> BosRule.None then
                tokens + (tokens + length - 2L) / (length - 1L)
            else
                tokens

        let bytes =
            rows * request.Dtype.BytesPerToken config.Width * int64 request.Hooks.Length

        let there = folders store request |> List.sumBy written
        let left = max 0L (bytes - there)

        {
            Tokens = rows
            Seconds = Cost.extraction config rows (points request) * float left / float (max 1L bytes)
            DiskBytes = left
            FreeBytes = store.FreeBytes
        }

    /// Refuses a request that the disk has no room for.
    let requireRoom (store: Store) estimate =
        if estimate.DiskBytes > estimate.FreeBytes then
            let bytes = Amounts.bytes

            raise (
                InterpException
                    $"The activations need {bytes estimate.DiskBytes} of disk and {bytes estimate.FreeBytes} are free at {store.Root}, {bytes (estimate.DiskBytes - estimate.FreeBytes)} too few; use fewer tokens or hooks, --dtype bf16 or int8, or another --store."
            )

    /// What makes a store again, besides what its digests identify.
    let private origin (inputs: Inputs) (spec: Spec) =
        let whole (number: int) =
            number.ToString CultureInfo.InvariantCulture

        readOnlyDict
            [
                "model", inputs.ModelName spec
                "corpus", (inputs.Documents spec).Name
                "textField", spec.Corpus.TextField
                "tokens", whole spec.Corpus.TrainTokens
                "bos", spec.Extract.Bos.ToString().ToLowerInvariant()
                "packing", spec.Extract.Packing.ToString().ToLowerInvariant()
            ]

    /// The folders of the stores, which are complete when it returns; what a stopped run left is gone on with.
    let run
        (inputs: Inputs)
        (store: Store)
        (progress: int64 -> int64 -> unit)
        warn
        (cancel: CancellationToken)
        request
        =
        estimate inputs store request |> requireRoom store
        let spec = request.Spec

        let packing =
            PackingSpec(
                ContextLength = spec.Extract.ContextLength,
                Bos = spec.Extract.Bos,
                Style = spec.Extract.Packing,
                TrainingTokens = spec.Corpus.TrainTokens,
                ValidationTokens = 0,
                // All documents are taken.
                ValidationFraction = Double.Epsilon
            )

        use model = inputs.OpenModel spec

        let packed =
            ContextPacking.Pack(inputs.Documents spec, inputs.Tokenizer spec, packing, cancel)

        packed.Notes |> Seq.iter warn
        let folders = folders store request

        let extraction =
            ExtractionSpec(
                Array.ofList (points request),
                spec.Extract.BatchContexts,
                inputs.TokenizerDigest spec,
                inputs.CorpusDigest spec,
                packed.BosId,
                Dtype = request.Dtype,
                Origin = origin inputs spec
            )

        let total = int64 packed.Training.Rows

        Extraction.Run(
            model,
            Devices.Parse spec.Device,
            packed.Training,
            extraction,
            Array.ofList folders,
            (fun done' -> progress done' total),
            cancel
        )

        folders
