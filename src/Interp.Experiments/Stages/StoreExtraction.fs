namespace Interp

open System
open System.Collections.Generic
open System.IO
open System.Threading
open Interp.Activations
open Interp.Hooks
open Interp.Models
open Interp.Runtime

/// Activations of a text at several hooks, to be kept under a name: what `interp extract` makes, as a value.
type StoreRequest =
    {
        /// What the stores are called, by `activations:NAME` in a corpus.
        Name: string
        /// Any names of hook points; all are served by one pass of the model, a store each.
        Hooks: string list
        /// How the numbers are stored.
        Dtype: StoreDtype
        /// Its model, corpus, extraction, device and precision count; the rest has no influence.
        Spec: Spec
        /// The command line that makes the same, for the manifest.
        Command: string option
    }

    /// A request with float32 numbers. A misspelt hook is found when it is run.
    static member Create name hooks (spec: Spec) =
        {
            Name = name
            Hooks = hooks |> List.map Codec.hookName
            Dtype = StoreDtype.Float32
            Spec = spec
            Command = None
        }

/// What a request takes.
type internal StoreEstimate =
    {
        /// Rows of each store.
        Tokens: int64
        Seconds: float
        /// Bytes that are still to be written.
        DiskBytes: int64
        FreeBytes: int64
    }

/// A request that was found valid, with its text as contexts.
[<NoEquality; NoComparison>]
type internal PackedRequest =
    {
        Request: StoreRequest
        Text: PackedCorpus
        Estimate: StoreEstimate
    }

/// A text to activation stores that have a name.
[<RequireQualifiedAccess>]
module StoreExtraction =
    /// The settings of a spec that a store depends on; its hooks and its name stand in the request.
    let internal settings =
        [
            "model"
            "corpus.source"
            "corpus.textField"
            "corpus.chat"
            "corpus.distinct"
            "corpus.order"
            "corpus.trainTokens"
            "extract.contextLength"
            "extract.bos"
            "extract.packing"
            "extract.skipPositions"
            "extract.skipNorm"
            "extract.batchContexts"
            "device"
            "precision"
        ]

    let private points request =
        request.Hooks |> List.map HookPoint.Parse

    let private errors (config: ModelConfig) request =
        let hooks = points request

        [
            if hooks.IsEmpty then
                "No hook is named; give one such as blocks.2.hook_resid_post."
            for hook, count in hooks |> List.countBy id do
                if count > 1 then
                    $"The hook {hook} is named {count} times; name it once."

                match config.WhyNot hook, HookSupport.WhyNoRows hook with
                | null, null -> ()
                | null, reason
                | reason, _ -> $"The hook {hook} {reason}."
            if request.Spec.Corpus.Source.IsStoredActivations then
                "corpus.source names activations that are there already; name a text."
            yield!
                Validation.extraction
                    { request.Spec with
                        Extract.Hook = ExtractSpec.Default.Hook
                        Extract.Target = None
                    }
            yield! Validation.extractionAgainstModel config [] request.Spec
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

    /// Whether anything of a request is there to go on from.
    let internal isBegun store request =
        folders store request |> List.exists (fun folder -> written folder > 0L)

    let private estimate (inputs: Inputs) (store: Store) request rows =
        let config = inputs.Config request.Spec
        let hooks = points request

        let bytes =
            hooks |> List.sumBy (fun hook -> rows * request.Dtype.BytesPerToken(config.WidthOf hook))

        let left = max 0L (bytes - (folders store request |> List.sumBy written))

        {
            Tokens = rows
            Seconds = Cost.extraction config rows hooks * float left / float (max 1L bytes)
            DiskBytes = left
            FreeBytes = store.FreeBytes
        }

    /// Refuses what the disk has no room for.
    let private requireRoom (store: Store) estimate =
        if estimate.DiskBytes > estimate.FreeBytes then
            let bytes = Amounts.bytes

            raise (
                InterpException
                    $"The activations need {bytes estimate.DiskBytes} of disk and {bytes estimate.FreeBytes} are free at {store.Root}, {bytes (estimate.DiskBytes - estimate.FreeBytes)} too few; use fewer tokens or hooks, --dtype bf16 or int8, or another --store."
            )

    let private packing (spec: Spec) =
        PackingSpec(
            ContextLength = spec.Extract.ContextLength,
            Bos = spec.Extract.Bos,
            Style = spec.Extract.Packing,
            TrainingTokens = spec.Corpus.TrainTokens,
            ValidationTokens = 0,
            // All documents are taken.
            ValidationFraction = Double.Epsilon
        )

    /// Checks a request, reads its text and says what it takes; what cannot be right is refused before the text is read.
    let internal pack (inputs: Inputs) (store: Store) warn (cancel: CancellationToken) request =
        let spec = request.Spec
        NamedActivations.checkName request.Name

        errors (inputs.Config spec) request
        |> List.tryHead
        |> Option.iter (fun error -> raise (InterpException error))

        inputs.Require spec

        let surely =
            min (float spec.Corpus.TrainTokens) (CorpusText.leastTokens spec.Corpus.Source)

        estimate inputs store request (int64 surely) |> requireRoom store

        let text =
            ContextPacking.Pack(inputs.Documents spec, inputs.Tokenizer spec, packing spec, cancel)

        text.Notes |> Seq.iter warn
        let estimate = estimate inputs store request (int64 text.Training.Rows)
        requireRoom store estimate

        {
            Request = request
            Text = text
            Estimate = estimate
        }

    /// What makes a store again, by the names that were given.
    let private origin request =
        SortedDictionary(
            dict
                [
                    for path in settings do
                        path, SpecFields.typed path request.Spec
                    match request.Command with
                    | Some command -> StoreManifest.CommandName, command
                    | None -> ()
                ],
            StringComparer.Ordinal
        )

    /// Makes the stores of a packed request.
    let internal make
        (inputs: Inputs)
        (store: Store)
        (progress: int64 -> int64 -> unit)
        (cancel: CancellationToken)
        packed
        =
        let request = packed.Request
        let spec = request.Spec
        use model = inputs.OpenModel spec
        let folders = folders store request

        let extraction =
            ExtractionSpec(
                Array.ofList (points request),
                spec.Extract.BatchContexts,
                inputs.TokenizerDigest spec,
                inputs.CorpusDigest spec,
                packed.Text.BosId,
                Dtype = request.Dtype,
                Skipping = TokenSkipping(spec.Extract.SkipPositions, Option.toNullable spec.Extract.SkipNorm),
                Origin = origin request
            )

        Extraction.Run(
            model,
            Devices.Parse spec.Device,
            packed.Text.Training,
            extraction,
            Array.ofList folders,
            (fun done' -> progress done' packed.Estimate.Tokens),
            cancel
        )

        folders

    /// Makes the stores of a request and returns their folders, which are complete then; what a stopped run left is gone on with.
    /// `progress` gets the tokens done and in all, `warn` a sentence on each thing that is not as asked. A request that is wrong, or does
    /// not fit the disk, is an error before anything is computed.
    let run inputs store progress warn cancel request =
        pack inputs store warn cancel request |> make inputs store progress cancel
