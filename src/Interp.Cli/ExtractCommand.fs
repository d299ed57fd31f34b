/// `interp extract`: the activations of a text at several hooks, from one pass of the model.
module Interp.Cli.ExtractCommand

open System.Globalization
open System.IO
open Argu
open Interp
open Interp.Activations
open Interp.Cli.Arguments
open Interp.Cli.Json
open Interp.Hooks
open Interp.Runtime

/// The settings that --set takes; --tokens gives the number of tokens.
let private settable =
    StoreExtraction.settings |> List.except [ "corpus.trainTokens" ]

let private settingsHelp =
    SpecFields.all
    |> List.filter (fun field -> List.contains field.Path settable)
    |> List.map (fun field -> $"{field.Path} ({field.Expected})")
    |> String.concat "; "

type ExtractOptions =
    | [<Mandatory>] Hooks of names: string
    | [<Mandatory>] Tokens of count: string
    | [<Mandatory>] Out of name: string
    | Model of path: string
    | Corpus of path: string
    | Text_Field of name: string
    | Context of length: string
    | No_Bos
    | Set of edit: string
    | Batch_Contexts of count: string
    | Dtype of name: string
    | Device of name: string
    | Precision of name: string
    | Threads of count: string
    | Store of folder: string
    | Json

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | Hooks _ -> "hook points, such as blocks.8.hook_resid_post,blocks.16.hook_mlp_out; a store each."
            | Tokens _ -> "text tokens, such as 400k or 2M; fewer where the text ends."
            | Out _ -> "name of the activations; they lie in activations/NAME/HOOK of the store."
            | Model _ -> $"{models} (default world)."
            | Corpus _ -> $"{texts} (default world)."
            | Text_Field _ -> "field of a record that holds the text (default text)."
            | Context _ -> "tokens of a context (default 128)."
            | No_Bos -> "contexts do not begin with the tokenizer's BOS token."
            | Set _ -> $"PATH=VALUE, repeatable; the settings of a config that an extraction reads: {settingsHelp}."
            | Batch_Contexts _ -> "contexts of one forward pass (default 8); can move a bit, so it is in the manifest."
            | Dtype _ -> "f32 (default), bf16, f16, or int8 with a scale per token."
            | Device _ -> "cpu (default) or cuda."
            | Precision _ -> "of the model: float32 (default), float64 or bfloat16."
            | Threads _ -> "threads (default: all processors); results do not depend on it."
            | Store _ -> "folder of the store (default $INTERP_STORE, else .interp)."
            | Json -> "print one JSON object."

let private examples =
    [
        "extract --hooks blocks.1.hook_resid_post,blocks.2.attn.hook_z --tokens 20k --out demo"
        "extract --model model.gguf --corpus text.jsonl.gz --hooks blocks.16.hook_resid_post --tokens 2M --context 256 --dtype bf16 --out big"
        "extract --corpus 'mix:0.7=a.jsonl;0.3=world' --hooks mlp_out.2 --tokens 50k --set extract.packing=oneDocument --set corpus.order=1 --out mixed"
        "extract --hooks resid_post.2 --tokens 50k --set extract.skipPositions=1 --set extract.skipNorm=10 --out without-sinks"
    ]

let private edit (text: string) =
    match Overrides.parse text with
    | Error error -> raise (InterpException error)
    | Ok(path, value) when List.contains path settable -> path, value
    | Ok(path, _) ->
        match SpecFields.find path with
        | Error error -> raise (InterpException error)
        | Ok _ ->
            let hint =
                match path with
                | "extract.hook"
                | "extract.target" -> "name the hooks with --hooks"
                | "corpus.trainTokens" -> "give the number of tokens with --tokens"
                | _ -> "see interp extract --help for those that do"

            raise (InterpException $"The setting {path} changes nothing of an extraction; {hint}.")

/// The command line without what does not change the stores.
let rec private reproducing arguments =
    match arguments with
    | ("--threads" | "--store") :: _ :: rest -> reproducing rest
    | "--json" :: rest -> reproducing rest
    | argument :: rest -> argument :: reproducing rest
    | [] -> []

let private request arguments (options: ParseResults<ExtractOptions>) =
    let number option =
        Option.map (wholeNumber option 1 >> string)

    let shorthand =
        [
            "model", options.TryGetResult Model
            "corpus.source", options.TryGetResult Corpus
            "corpus.textField", options.TryGetResult Text_Field
            "corpus.trainTokens", Some(string (tokenCount "--tokens" (options.GetResult Tokens)))
            "extract.contextLength", options.TryGetResult Context |> number "--context"
            "extract.batchContexts", options.TryGetResult Batch_Contexts |> number "--batch-contexts"
            "extract.bos", (if options.Contains No_Bos then Some "false" else None)
            "device", options.TryGetResult Device
            "precision", options.TryGetResult Precision
        ]
        |> List.choose (fun (path, value) -> value |> Option.map (fun value -> path, value))

    let spec =
        (Spec.Default, (options.GetResults Set |> List.map edit) @ shorthand)
        ||> List.fold (fun spec (path, value) ->
            match SpecFields.setText path value spec with
            | Ok spec -> spec
            | Error error -> raise (InterpException error))

    let hooks =
        (options.GetResult Hooks).Split(',', System.StringSplitOptions.TrimEntries)
        |> Array.map (fun name -> HookPoint.Parse(name).ToString())
        |> List.ofArray

    { StoreRequest.Create (options.GetResult Out) hooks spec with
        Dtype = StoreDtypes.Parse(options.GetResult(Dtype, "f32"))
        Command = Some(typed ("interp" :: "extract" :: reproducing arguments))
    }

/// What a store is, in a line or an object.
let summary (folder: string) =
    let manifest = StoreManifest.Read folder

    let bytes =
        manifest.Shards
        |> Array.sumBy (fun shard ->
            let file = FileInfo(Path.Combine(folder, shard.File))

            if file.Exists then
                file.Length
            else
                raise (
                    InterpException $"{file.FullName} is missing; run the extraction again, it makes that shard anew."
                ))

    let counted = Option.ofNullable manifest.CountedTokens
    let written = manifest.Shards |> Array.sumBy (fun shard -> int64 shard.Rows)

    let json =
        Fields
            [
                "hook", Text manifest.Hook
                "folder", Text folder
                "complete", Flag manifest.Complete
                "tokens", Integer manifest.Shape[0]
                "counted_tokens", counted |> Option.defaultValue manifest.Shape[0] |> Integer
                "width", Integer manifest.Shape[1]
                "dtype", Text manifest.Dtype
                "relative_error", Number manifest.RelativeError
                "shards", Integer(int64 manifest.Shards.Length)
                "bytes", Integer bytes
            ]

    let error = manifest.RelativeError.ToString("0.0e+00", CultureInfo.InvariantCulture)
    let tokens = Amounts.count (float manifest.Shape[0])

    let state =
        match counted with
        | _ when not manifest.Complete -> $", not complete ({Amounts.count (float written)} tokens are there)"
        | Some counted -> $", of which {manifest.Shape[0] - counted} do not count"
        | None -> ""

    json,
    $"{manifest.Hook, -28} {tokens} tokens of {manifest.Shape[1]} {manifest.Dtype}{state}, relative error {error}, {Amounts.bytes bytes}: {folder}"

let private announce request estimate =
    eprintfn
        "%s tokens at %s: about %s, %s of disk, %s are free (rough)."
        (Amounts.count (float estimate.Tokens))
        (match request.Hooks with
         | [ hook ] -> hook
         | hooks -> $"{hooks.Length} hooks")
        (Amounts.time estimate.Seconds)
        (Amounts.bytes estimate.DiskBytes)
        (Amounts.bytes estimate.FreeBytes)

let private extract arguments =
    let options = parse<ExtractOptions> "extract" examples arguments

    options.TryGetResult Threads
    |> Option.iter (fun text -> Workers.Count <- wholeNumber "--threads" 1 text)

    let store = Interp.Store.Open(options.TryGetResult Store)
    let request = request arguments options
    let inputs = Inputs store.Root
    Libtorch.Load() |> ignore

    let isSaved () = StoreExtraction.isBegun store request

    Interruption.stoppableAfter isSaved (typed ("interp" :: "extract" :: arguments)) (fun cancel ->
        eprintfn "extract  %s  packing the text" request.Name
        let packed = StoreExtraction.pack inputs store (eprintfn "%s") cancel request
        announce request packed.Estimate
        let progress = Progress.counter $"extract  {request.Name}"

        let stores =
            StoreExtraction.make inputs store progress cancel packed |> List.map summary

        if options.Contains Json then
            printfn "%s" (render (Fields [ "name", Text request.Name; "stores", Items(List.map fst stores) ]))
        else
            stores |> List.iter (snd >> printfn "%s")

        0)

let command =
    {
        Name = "extract"
        Summary = "the activations of a text at several hooks, from one pass of the model"
        Examples = examples
        Run = extract
    }
