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

type ExtractOptions =
    | [<Mandatory>] Hooks of names: string
    | [<Mandatory>] Tokens of count: string
    | [<Mandatory>] Out of name: string
    | Model of path: string
    | Corpus of path: string
    | Text_Field of name: string
    | Context of length: string
    | No_Bos
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
            | Model _ -> "world (default), a Hugging Face folder or a .gguf file."
            | Corpus _ -> "world (default), a .txt, .jsonl or .jsonl.gz file, or a folder of them."
            | Text_Field _ -> "field of a JSON line that holds the text (default text)."
            | Context _ -> "tokens of a context (default 128)."
            | No_Bos -> "contexts do not begin with the tokenizer's BOS token."
            | Batch_Contexts _ -> "contexts of one forward pass (default 8); can move a bit, so it is in the manifest."
            | Dtype _ -> "f32 (default), bf16, f16, or int8 with a scale per token."
            | Device _ -> "cpu (default) or cuda."
            | Precision _ -> "of the model: float32 (default), float64 or bfloat16."
            | Threads _ -> "threads (default: all processors); results do not depend on it."
            | Store _ -> "folder of the store (default $INTERP_STORE, else .interp)."
            | Json -> "print one JSON object."

let private examples =
    [
        "extract --hooks blocks.1.hook_resid_post,blocks.2.hook_mlp_out --tokens 20k --out demo"
        "extract --model model.gguf --corpus text.jsonl.gz --hooks blocks.16.hook_resid_post --tokens 2M --context 256 --dtype bf16 --out big"
    ]

let private request (options: ParseResults<ExtractOptions>) =
    let set path value edits =
        match value with
        | Some value -> (path, value) :: edits
        | None -> edits

    let number option =
        Option.map (wholeNumber option 1 >> string)

    let edits =
        []
        |> set "model" (options.TryGetResult Model)
        |> set "corpus.source" (options.TryGetResult Corpus)
        |> set "corpus.textField" (options.TryGetResult Text_Field)
        |> set "corpus.trainTokens" (Some(string (tokenCount "--tokens" (options.GetResult Tokens))))
        |> set "extract.contextLength" (options.TryGetResult Context |> number "--context")
        |> set "extract.batchContexts" (options.TryGetResult Batch_Contexts |> number "--batch-contexts")
        |> set "extract.bos" (if options.Contains No_Bos then Some "false" else None)
        |> set "device" (options.TryGetResult Device)
        |> set "precision" (options.TryGetResult Precision)

    let spec =
        (Spec.Default, edits)
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
    }

/// What a finished store is, in a line or an object.
let summary (folder: string) =
    let manifest = StoreManifest.Read folder

    let bytes =
        manifest.Shards |> Array.sumBy (fun shard -> FileInfo(Path.Combine(folder, shard.File)).Length)

    let json =
        Fields
            [
                "hook", Text manifest.Hook
                "folder", Text folder
                "tokens", Integer manifest.Shape[0]
                "width", Integer manifest.Shape[1]
                "dtype", Text manifest.Dtype
                "relative_error", Number manifest.RelativeError
                "shards", Integer(int64 manifest.Shards.Length)
                "bytes", Integer bytes
            ]

    let error = manifest.RelativeError.ToString("0.0e+00", CultureInfo.InvariantCulture)

    let tokens = Amounts.count (float manifest.Shape[0])

    json,
    $"{manifest.Hook, -28} {tokens} tokens of {manifest.Shape[1]} {manifest.Dtype}, relative error {error}, {Amounts.bytes bytes}: {folder}"

let private extract arguments =
    let options = parse<ExtractOptions> "extract" examples arguments

    options.TryGetResult Threads
    |> Option.iter (fun text -> Workers.Count <- wholeNumber "--threads" 1 text)

    let store = Interp.Store.Open(options.TryGetResult Store)
    let request = request options
    let inputs = Inputs store.Root
    Libtorch.Load() |> ignore
    let estimate = StoreExtraction.estimate inputs store request
    let tokens = Amounts.count (float estimate.Tokens)

    eprintfn
        "%s tokens at %d hooks: about %s, %s of disk, %s are free (rough)."
        tokens
        request.Hooks.Length
        (Amounts.time estimate.Seconds)
        (Amounts.bytes estimate.DiskBytes)
        (Amounts.bytes estimate.FreeBytes)

    Interruption.stoppable (typed ("interp" :: "extract" :: arguments)) (fun cancel ->
        let folders =
            StoreExtraction.run
                inputs
                store
                (Progress.counter $"extract  {request.Name}")
                (eprintfn "%s")
                cancel
                request

        let stores = folders |> List.map summary

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
