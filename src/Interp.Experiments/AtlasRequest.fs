namespace Interp

open System
open System.IO
open System.Text.Json.Nodes
open Interp.Activations
open Interp.Autoencoders
open Interp.Features
open Interp.Hooks
open Interp.Runtime

/// What an atlas is made of: an autoencoder, and the text and hook that a spec names.
[<NoComparison>]
type internal AtlasRequest =
    {
        /// Folder of the autoencoder.
        Sae: string
        /// Model, text and extraction; its training tokens are those of the atlas, its validation tokens are held out for the explanations.
        Spec: Spec
        /// What is kept of each latent.
        Keep: AtlasSpec
    }

/// Atlases of the latents of an autoencoder.
[<RequireQualifiedAccess>]
module internal AtlasRequest =
    /// Labelled documents of the world that a concept is chosen on, and as many that it is measured on.
    let private labelledDocuments = 250

    /// What an SAE folder says about how its activations were extracted, over the defaults.
    let extraction (metadata: SaeMetadata) =
        let stated =
            metadata.Provenance
            |> Option.ofObj
            |> Option.bind (fun provenance -> provenance["spec"] |> Option.ofObj)

        let own (path: string) read otherwise =
            stated
            |> Option.bind (fun spec -> spec[path] |> Option.ofObj)
            |> Option.map read
            |> Option.defaultValue otherwise

        { ExtractSpec.Default with
            Hook = metadata.HookName |> Option.ofObj |> Option.defaultValue ExtractSpec.Default.Hook
            ContextLength =
                metadata.ContextSize |> Option.ofNullable |> Option.defaultValue ExtractSpec.Default.ContextLength
            Bos =
                if metadata.PrependBos = Nullable false then
                    BosRule.None
                else
                    BosRule.Tokenizer
            SkipPositions = own "extract.skipPositions" (fun (node: JsonNode) -> node.GetValue<int>()) 0
            SkipNorm = own "extract.skipNorm" (fun node -> Some(node.GetValue<float>())) None
        }

    /// The hook that a transcoder reconstructs.
    let private targetOf sae =
        (SaeFolder.ReadMetadata sae).TargetHookName
        |> Option.ofObj
        |> Option.map HookPoint.Parse
        |> Option.toNullable

    let private packing (spec: Spec) =
        PackingSpec(
            ContextLength = spec.Extract.ContextLength,
            Bos = spec.Extract.Bos,
            Style = spec.Extract.Packing,
            TrainingTokens = spec.Corpus.TrainTokens,
            ValidationTokens = spec.Corpus.ValidationTokens
        )

    let private summary (inputs: Inputs) request (text: PackedCorpus) =
        let spec = request.Spec

        AtlasSummary(
            Format = AtlasSummary.CurrentFormat,
            Model = inputs.ModelName spec,
            ModelDigest = inputs.ModelDigest spec,
            TokenizerDigest = inputs.TokenizerDigest spec,
            SaeDigest = SaeFolder.Digest request.Sae,
            Hook = string (HookPoint.Parse spec.Extract.Hook),
            Corpus = (inputs.Documents spec).Name,
            CorpusDigest = inputs.CorpusDigest spec,
            Tokens = 0L,
            Rows = 0L,
            Documents = text.TrainingDocuments,
            ContextLength = spec.Extract.ContextLength,
            BatchContexts = spec.Extract.BatchContexts,
            BosId = text.BosId,
            SkipPositions = spec.Extract.SkipPositions,
            SkipNorm = Option.toNullable spec.Extract.SkipNorm,
            HeldOutTokens = 0L,
            Latents = 0,
            Dead = 0,
            Spec = request.Keep,
            Files = [||]
        )

    /// Makes an atlas in a folder, and says where the time went.
    let make (inputs: Inputs) (progress: string -> int64 -> int64 -> unit) warn cancel (folder: string) request =
        let spec = request.Spec
        inputs.Require spec
        let tokenizer = inputs.Tokenizer spec

        let text =
            ContextPacking.Pack(inputs.Documents spec, tokenizer, packing spec, cancel)

        text.Notes |> Seq.iter warn
        use model = inputs.OpenModel spec
        use sae = SaeFolder.Read(request.Sae, Devices.Parse spec.Device)

        let source =
            AtlasSource(
                model,
                tokenizer,
                sae,
                HookPoint.Parse spec.Extract.Hook,
                text.Training,
                text.Validation,
                TokenSkipping(spec.Extract.SkipPositions, Option.toNullable spec.Extract.SkipNorm),
                spec.Extract.BatchContexts,
                text.BosId,
                Target = targetOf request.Sae
            )

        let source =
            if spec.Model = WorldModel && spec.Corpus.Source = WorldText then
                source.WithLabels(WorldLabels.make tokenizer labelledDocuments)
            else
                source

        AtlasMaking.Run(
            source,
            request.Keep,
            summary inputs request text,
            folder,
            (fun step done' total -> progress step done' total),
            cancel
        )
