namespace Interp

open System
open System.Collections.Generic
open System.IO
open Interp.Activations
open Interp.Hooks
open Interp.Models
open Interp.Runtime
open Interp.Texts
open Interp.Tokenization
open Interp.Tokenization.Chat

/// What a spec names, opened: configuration, digests, model, tokenizer and text. Each is read once; digests of files are
/// remembered in the folder of the store.
type Inputs(storeRoot: string) =
    let digests = DigestCache storeRoot
    let remember kind path compute = digests.Remember kind path compute
    let memo = Dictionary<string, objnull>()

    let once (name: string) (make: unit -> 'T) : 'T =
        lock memo (fun () ->
            match memo.TryGetValue name with
            | true, value -> downcast (value: objnull)
            | _ ->
                let value = make ()
                memo[name] <- box value
                value)

    let problem (work: unit -> unit) =
        try
            work ()
            None
        with :? InterpException as error ->
            Some error.Message

    /// The folder of the model that comes with the repository.
    static member internal WorldFolder =
        let rec search (folder: DirectoryInfo | null) =
            match folder with
            | null ->
                raise (
                    InterpException
                        "The embedded model assets/world is not beside the program; run it from a clone of the repository."
                )
            | folder when File.Exists(Path.Combine(folder.FullName, "assets", "world", "config.json")) ->
                Path.Combine(folder.FullName, "assets", "world")
            | folder -> search folder.Parent

        search (
            DirectoryInfo(
                Path.GetDirectoryName typeof<Spec>.Assembly.Location |> Option.ofObj |> Option.defaultValue "."
            )
        )

    member internal _.ModelPath(spec: Spec) =
        match spec.Model with
        | WorldModel -> Inputs.WorldFolder
        | ModelPath path -> HuggingFaceCache.Resolve path

    /// How tables call the model.
    member internal inputs.ModelName(spec: Spec) =
        match spec.Model with
        | _ when inputs.IsImported spec -> ActivationImport.Unknown
        | WorldModel -> "world"
        | ModelPath path -> (DirectoryInfo path).Name

    /// The stores that a spec reads at a hook, with their weights; none where it reads text.
    member internal _.Stored(spec: Spec, hook) =
        match spec.Corpus.Source with
        | StoredActivations stores ->
            stores
            |> List.map (fun (name, weight) -> NamedActivations.find (Store storeRoot) name (Some hook), weight)
        | _ -> []

    member private inputs.Manifests(spec: Spec) =
        inputs.Stored(spec, spec.Extract.Hook)
        |> List.map (fun (folder, weight) -> StoreManifest.Read folder, weight)

    /// Whether the activations are arrays that others made, whose model and tokens nobody knows.
    member internal inputs.IsImported(spec: Spec) =
        inputs.Manifests spec
        |> List.exists (fun (manifest, _) -> manifest.Model = ActivationImport.Unknown)

    /// Width of the activations.
    member internal inputs.Width(spec: Spec) =
        match inputs.Manifests spec with
        | (manifest, _) :: _ -> int manifest.Shape[1]
        | [] -> (inputs.Config spec).WidthOf(HookPoint.Parse spec.Extract.Hook)

    /// Tokens that a pass of training reads.
    member internal inputs.TrainingTokens(spec: Spec) =
        match inputs.Manifests spec with
        | [] -> int64 spec.Corpus.TrainTokens
        | stores ->
            stores
            |> List.sumBy (fun (manifest, weight) ->
                weight * float (min manifest.Shape[0] (int64 spec.Corpus.TrainTokens)))
            |> int64

    /// Architecture of the model, read from its configuration alone; a model that is not there is an error.
    member inputs.Config(spec: Spec) : ModelConfig =
        let path = inputs.ModelPath spec
        once $"config {path}" (fun () -> LanguageModel.Describe path)

    /// Whether the weights are there, or only the configuration.
    member internal inputs.HasWeights(spec: Spec) =
        let path = inputs.ModelPath spec

        File.Exists path || Directory.Exists path && Directory.GetFiles(path, "*.safetensors").Length > 0

    /// SHA-256 of the model's weights and configuration, `no weights` where only the configuration is there.
    member inputs.ModelDigest(spec: Spec) =
        let path = inputs.ModelPath spec

        if inputs.HasWeights spec then
            once $"model digest {path}" (fun () ->
                remember "model" path (fun () ->
                    use model = LanguageModel.Load(path, Devices.Parse "cpu")
                    model.Digest))
        else
            "no weights"

    /// The model on the spec's device, in its precision; whoever opens it disposes of it.
    member inputs.OpenModel(spec: Spec) =
        LanguageModel.Load(inputs.ModelPath spec, Devices.Parse spec.Device, Devices.ParsePrecision spec.Precision)

    /// The model's tokenizer, loaded once.
    member inputs.Tokenizer(spec: Spec) =
        let path = inputs.ModelPath spec
        once $"tokenizer {path}" (fun () -> Tokenizer.Load path)

    member internal inputs.TokenizerDigest(spec: Spec) =
        let path = inputs.ModelPath spec

        if inputs.HasWeights spec then
            once $"tokenizer digest {path}" (fun () ->
                remember "tokenizer" path (fun () -> (inputs.Tokenizer spec).Digest))
        else
            "no weights"

    member internal inputs.ChatTemplate(spec: Spec) =
        let path = inputs.ModelPath spec
        once $"chat template {path}" (fun () -> ChatTemplate.Load path)

    /// How a record of the text becomes a document.
    member private inputs.Form(spec: Spec) =
        let chat: ChatRule | null =
            match spec.Corpus.Chat with
            | None -> null
            | Some chat -> ChatRule(inputs.ChatTemplate spec, CorpusText.fields chat)

        DocumentForm(spec.Corpus.TextField, Chat = chat)

    /// Files whose digest is remembered.
    member private inputs.Files(spec: Spec, path: string, name: string | null) : IDocumentSource =
        let form = inputs.Form spec

        once $"text {path} {form.Rule}" (fun () ->
            let files = TextFiles.Open(path, form, name)
            let digest = lazy remember $"corpus {form.Rule}" path (fun () -> files.Digest)

            { new IDocumentSource with
                member _.Name = files.Name
                member _.Digest = digest.Value
                member _.Read note = files.Read note
            })

    member private inputs.Source (spec: Spec) source : IDocumentSource =
        match source with
        | WorldText -> WorldDocuments.source
        | TextFile path -> inputs.Files(spec, path, null)
        | StandardInput ending ->
            let kept () =
                once $"standard input {ending}" (fun () ->
                    Interp.Texts.StandardInput.Spool(ending, Path.Combine(storeRoot, "stdin")))

            let files () =
                inputs.Files(spec, kept (), "standard input")

            { new IDocumentSource with
                member _.Name = "standard input"
                member _.Digest = (files ()).Digest
                member _.Read note = (files ()).Read note
            }
        | Mixed _
        | StoredActivations _ -> invalidArg (nameof source) "A mixture, or activations, are no single text."

    /// The documents of the spec's corpus, in its order; a text that cannot be opened is an error.
    member inputs.Documents(spec: Spec) : IDocumentSource =
        match spec.Corpus.Source with
        | StoredActivations stores ->
            let name = Codec.showStored stores
            once name (fun () -> DocumentSource.Of(name, inputs.CorpusDigest spec, []))
        | _ -> CorpusText.compose (inputs.Source spec) (fun () -> inputs.Tokenizer spec) spec.Corpus

    /// Opens the text, or the activations in its place; what cannot be opened is an error.
    member private inputs.OpenText(spec: Spec) =
        for _, source in CorpusText.parts spec.Corpus.Source do
            match source with
            | StoredActivations _ ->
                for hook in spec.Extract.Hook :: Option.toList spec.Extract.Target do
                    inputs.Stored(spec, hook) |> ignore
            | source -> inputs.Source spec source |> ignore

    /// Why the text, or the activations in its place, cannot be opened; none where they can.
    member internal inputs.TextProblem(spec: Spec) =
        problem (fun () -> inputs.OpenText spec)

    /// Refuses at once what would fail later: weights, text, tokenizer, device.
    member internal inputs.Require(spec: Spec) =
        if not (inputs.HasWeights spec) then
            raise (
                InterpException
                    $"{inputs.ModelPath spec} holds no weights (.safetensors); download the whole model, or name another one with --model."
            )

        use model = inputs.OpenModel spec
        model.CheckWeights() |> ignore
        inputs.OpenText spec
        let tokenizer = inputs.Tokenizer spec

        if tokenizer.VocabularySize > model.Config.VocabularySize then
            raise (
                InterpException
                    $"The tokenizer of {inputs.ModelPath spec} has {tokenizer.VocabularySize} tokens, but the model's vocabulary has {model.Config.VocabularySize}; use the tokenizer that belongs to the model."
            )

        Devices.Parse spec.Device |> ignore

    /// What would fail in every stage of a spec: weights, text, tokenizer or device; none where all are right.
    member internal inputs.Problem(spec: Spec) = problem (fun () -> inputs.Require spec)

    /// What is noted of the files that the text is read from.
    member internal _.CorpusFiles(spec: Spec) =
        let facts path =
            let text =
                remember "facts" path (fun () -> FileFacts.ofFile path |> FileFacts.toCanon |> Canonical.encode)

            match Canonical.parse text with
            | Ok facts -> FileFacts.ofCanon facts
            | Error _ -> None

        [
            for _, source in CorpusText.parts spec.Corpus.Source do
                match source with
                | TextFile path when File.Exists path -> path
                | TextFile path when Directory.Exists path ->
                    yield!
                        Directory.GetFiles path
                        |> Array.filter TextFiles.IsServed
                        |> Array.sortWith (fun a b -> String.CompareOrdinal(a, b))
                | _ -> ()
        ]
        |> List.choose facts

    member internal inputs.CorpusDigest(spec: Spec) =
        match spec.Corpus.Source with
        | _ when (inputs.TextProblem spec).IsSome -> "no text"
        | StoredActivations _ ->
            spec.Extract.Hook :: Option.toList spec.Extract.Target
            |> List.collect (fun hook -> inputs.Stored(spec, hook))
            |> List.map (fun (folder, weight) ->
                Canon.Fields
                    [
                        "manifest", Canon.Text((StoreManifest.Read folder).Digest())
                        "weight", Canon.Number weight
                    ])
            |> Canon.Items
            |> Canonical.digest
        | _ when CorpusText.dependsOnModel spec.Corpus && not (inputs.HasWeights spec) -> "no weights"
        | _ -> (inputs.Documents spec).Digest
