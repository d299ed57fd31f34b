/// `interp atlas`: what each latent of a dictionary fires on and does, from one pass over a text.
module Interp.Cli.AtlasCommand

open System
open System.Collections.Concurrent
open System.IO
open Argu
open Interp
open Interp.Autoencoders
open Interp.Cli.Arguments
open Interp.Cli.Json
open Interp.Features
open Interp.Models
open Interp.Runtime

type AtlasOptions =
    | [<MainCommand; ExactlyOnce>] Sae of what: string
    | Model of path: string
    | Corpus of path: string
    | Text_Field of name: string
    | Tokens of count: string
    | Held_Out of count: string
    | Out of folder: string
    | Examples of count: string
    | Seed of number: string
    | Device of name: string
    | Threads of count: string
    | Store of folder: string
    | Json

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | Sae _ ->
                "SAE folder, or NAME/CELL of a result such as demo/k=16,schedule=constant,seed=1; or export, see interp atlas export --help."
            | Model _ -> $"{models} (default world, where the SAE is of the world)."
            | Corpus _ -> $"{texts} (default world, where the model is)."
            | Text_Field _ -> "field of a record that holds the text (default text)."
            | Tokens _ -> "tokens of the text, such as 400k or 2M (default 500k); fewer where the text ends."
            | Held_Out _ -> "tokens of other documents on which the explanations are measured (default 50k)."
            | Out _ -> "folder of the atlas (default atlases/NAME of the SAE); an atlas that is there is replaced."
            | Examples _ -> "top examples of each latent (default 20)."
            | Seed _ -> "seed of the random examples (default 1)."
            | Device _ -> "cpu (default) or cuda."
            | Threads _ -> "threads (default: all processors); results do not depend on it."
            | Store _ -> "folder of the store (default $INTERP_STORE, else .interp)."
            | Json -> "print one JSON object."

let private examples =
    [
        "atlas assets/world-sae"
        "atlas demo/k=32,schedule=constant,seed=1 --tokens 200k --out atlases/k32"
        "atlas my-sae --model model.gguf --corpus text.jsonl.gz --tokens 2M"
        yield! AtlasExportCommand.examples
    ]

/// A model that is there: world, or one at a path or in the Hugging Face cache.
let existing model =
    if model = "world" || Path.Exists(HuggingFaceCache.Resolve model) then
        model
    else
        raise (InterpException $"There is no model at {model}; --model takes {models}.")

/// The model that an SAE was trained on, when it is the embedded one.
let private modelOf (metadata: SaeMetadata) given =
    match given, metadata.ModelName with
    | Some model, _ -> existing model
    | None, null
    | None, "world" -> "world"
    | None, name -> raise (InterpException $"The SAE was trained on the model {name}; name it with --model.")

let private corpusOf model given =
    match given, model with
    | Some corpus, _ -> corpus
    | None, "world" -> "world"
    | None, _ -> raise (InterpException "An atlas of this model needs a text; name one with --corpus.")

/// What an SAE's folder says of its activations, with a model and a text and other settings.
let specOf (sae: string) model corpus (settings: (string * string option) list) =
    let metadata = SaeFolder.ReadMetadata sae
    let model = modelOf metadata model

    ({ Spec.Default with
        Extract = AtlasRequest.extraction metadata
     },
     ("model", Some model) :: ("corpus.source", Some(corpusOf model corpus)) :: settings)
    ||> List.fold (fun spec (path, value) ->
        match value |> Option.map (fun value -> SpecFields.setText path value spec) with
        | None -> spec
        | Some(Ok spec) -> spec
        | Some(Error error) -> raise (InterpException error))

/// The request that the options make.
let private request (options: ParseResults<AtlasOptions>) (sae: string) =
    let spec =
        specOf
            sae
            (options.TryGetResult Model)
            (options.TryGetResult Corpus)
            [
                "corpus.textField", options.TryGetResult Text_Field
                "corpus.trainTokens", Some(string (tokenCount "--tokens" (options.GetResult(Tokens, "500k"))))
                "corpus.validationTokens", Some(string (tokenCount "--held-out" (options.GetResult(Held_Out, "50k"))))
                "device", options.TryGetResult Device
            ]

    {
        Sae = sae
        Spec = spec
        Keep =
            AtlasSpec(
                TopExamples = wholeNumber "--examples" 1 (options.GetResult(Examples, "20")),
                Seed = wholeNumber "--seed" 0 (options.GetResult(Seed, "1"))
            )
    }

/// Makes the folder of an atlas before the work begins, and refuses one that is something else's.
let private claim (folder: string) =
    try
        Directory.CreateDirectory folder |> ignore
    with
    | :? IOException
    | :? UnauthorizedAccessException as error ->
        raise (
            InterpException(
                $"The folder {folder} cannot be made ({error.Message.TrimEnd '.'}); name another with --out.",
                error
            )
        )

    if
        Directory.EnumerateFileSystemEntries folder |> Seq.isEmpty |> not
        && not (Interp.Features.Atlas.Exists folder)
    then
        raise (InterpException $"{folder} is not empty and holds no atlas; name a new folder with --out.")

/// Where an atlas goes by default: named after the folder or the cell.
let private defaultFolder (what: string) =
    Path.Combine("atlases", (Path.TrimEndingDirectorySeparator what |> Path.GetFileName |> string))

let private print (summary: AtlasSummary) (folder: string) (times: AtlasTimes) studio asJson =
    if asJson then
        printfn
            "%s"
            (render (
                Fields
                    [
                        "folder", Text folder
                        "latents", Integer(int64 summary.Latents)
                        "dead", Integer(int64 summary.Dead)
                        "tokens", Integer summary.Tokens
                        "held_out_tokens", Integer summary.HeldOutTokens
                        "pass_s", Number times.Pass
                        "cost", Number times.Cost
                        "explanations_s", Number times.Explanations
                        "concepts_s", Number times.Concepts
                        "weights_s", Number times.Weights
                    ]
            ))
    else
        eprintfn
            "%s for the text (%.2f times model and encoder alone), %s for the explanations, %s for what needs no text."
            (Amounts.time times.Pass)
            times.Cost
            (Amounts.time times.Explanations)
            (Amounts.time (times.Weights + times.Concepts))

        printfn
            "%s: %d latents, %d of them dead on %s tokens. Look at it: %s"
            folder
            summary.Latents
            summary.Dead
            (Amounts.count (float summary.Tokens))
            studio

/// Shows how far an atlas is, step by step.
let progress () =
    let steps = ConcurrentDictionary<string, Lazy<int64 -> int64 -> unit>>()
    fun (step: string) -> steps.GetOrAdd(step, lazy (Progress.counter $"atlas  {step}")).Value

let private atlas arguments =
    let options = parse<AtlasOptions> "atlas" examples arguments

    options.TryGetResult Threads
    |> Option.iter (fun text -> Workers.Count <- wholeNumber "--threads" 1 text)

    let store = Interp.Store.Open(options.TryGetResult Store)
    let what = options.GetResult Sae
    let sae = ExportCommand.saeFolder store what
    let request = request options sae
    let folder = options.GetResult(Out, defaultFolder what)

    claim folder
    Libtorch.Load() |> ignore

    Interruption.stoppableAfter (fun () -> false) (typed ("interp" :: "atlas" :: arguments)) (fun cancel ->
        let times =
            AtlasRequest.make (Inputs store.Root) (progress ()) (eprintfn "%s") cancel folder request

        use made = Interp.Features.Atlas.Open folder

        let model =
            options.TryGetResult Model |> Option.map (fun model -> [ "--model"; model ])

        let studio =
            typed ([ "interp"; "studio"; "--sae"; what; "--atlas"; folder ] @ Option.defaultValue [] model)

        print made.Summary folder times studio (options.Contains Json)
        0)

let command =
    {
        Name = "atlas"
        Summary = "what each latent of a dictionary fires on and does"
        Examples = examples
        Run =
            function
            | "export" :: rest -> AtlasExportCommand.command.Run rest
            | arguments -> atlas arguments
    }
