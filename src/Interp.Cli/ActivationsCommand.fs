/// `interp activations`: activations that have a name, from others and to others.
module Interp.Cli.ActivationsCommand

open Argu
open Interp
open Interp.Activations
open Interp.Cli.Arguments
open Interp.Cli.Json
open Interp.Hooks
open Interp.Runtime

type ImportOptions =
    | [<MainCommand; ExactlyOnce>] Files of paths: string list
    | [<Mandatory>] Hook of name: string
    | [<Mandatory>] Out of name: string
    | Token_Ids of file: string
    | Context of length: string
    | Dtype of name: string
    | Store of folder: string
    | Json

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | Files _ ->
                ".npy, .safetensors or .pt files [tokens, width] or [texts, tokens, width]; .pt as data, never executed."
            | Hook _ -> "the hook point that they come from, such as blocks.16.hook_resid_post."
            | Out _ -> "name of the activations."
            | Token_Ids _ -> "a .npy file with the token ids of all files together."
            | Context _ -> "tokens of a text, where the files do not say (default 1)."
            | Dtype _ -> "f32 (default), bf16, f16, or int8 with a scale per token."
            | Store _ -> "folder of the store (default $INTERP_STORE, else .interp)."
            | Json -> "print one JSON object."

type ExportOptions =
    | [<MainCommand; ExactlyOnce>] From of name: string * file: string
    | Hook of name: string
    | Store of folder: string

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | From _ ->
                "name of the activations, and the .npy file to write [tokens, width] float32; tokens that the store skips are left out."
            | Hook _ -> "which of its hook points, where there are several."
            | Store _ -> "folder of the store (default $INTERP_STORE, else .interp)."

type RemoveOptions =
    | [<MainCommand; ExactlyOnce>] Name of name: string
    | Hook of name: string
    | Store of folder: string

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | Name _ -> "name of the activations."
            | Hook _ -> "only those of this hook point."
            | Store _ -> "folder of the store (default $INTERP_STORE, else .interp)."

type ListOptions =
    | Store of folder: string
    | Json

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | Store _ -> "folder of the store (default $INTERP_STORE, else .interp)."
            | Json -> "print one JSON object."

let private importExamples =
    [
        "activations import residual_data_batch_0.pt residual_data_batch_1.pt --hook blocks.16.hook_resid_post --out phi"
        "activations import acts.npy --token-ids ids.npy --context 128 --hook blocks.8.hook_mlp_out --out theirs"
    ]

let private exportExamples = [ "activations export phi phi.npy" ]
let private listExamples = [ "activations list" ]

let private removeExamples =
    [
        "activations remove phi"
        "activations remove demo --hook blocks.1.hook_resid_post"
    ]

let private print json stores =
    if json then
        printfn "%s" (render (Fields [ "stores", Items(List.map fst stores) ]))
    else
        stores |> List.iter (snd >> printfn "%s")

    0

let private import arguments =
    let options = parse<ImportOptions> "activations import" importExamples arguments
    let name = options.GetResult Out
    let hook = HookPoint.Parse(options.GetResult ImportOptions.Hook).ToString()
    let store = Interp.Store.Open(options.TryGetResult ImportOptions.Store)
    NamedActivations.checkName name
    let folder = NamedActivations.folder store name hook
    Libtorch.Load() |> ignore

    let isSaved () =
        StoreManifest.Exists folder && (StoreManifest.Read folder).Shards.Length > 0

    Interruption.stoppableAfter isSaved (typed ("interp" :: "activations" :: "import" :: arguments)) (fun cancel ->
        ActivationImport.Run(
            ResizeArray(options.GetResult Files),
            hook,
            folder,
            StoreDtypes.Parse(options.GetResult(ImportOptions.Dtype, "f32")),
            (options.TryGetResult Context |> Option.map (wholeNumber "--context" 1) |> Option.toNullable),
            Option.toObj (options.TryGetResult Token_Ids),
            Progress.counter $"import  {name}",
            cancel
        )

        print (options.Contains ImportOptions.Json) [ ExtractCommand.summary folder ])

let private export arguments =
    let options = parse<ExportOptions> "activations export" exportExamples arguments
    let name, file = options.GetResult From
    let store = Interp.Store.Open(options.TryGetResult ExportOptions.Store)

    let folder =
        NamedActivations.find store name (options.TryGetResult ExportOptions.Hook |> Option.map Codec.hookName)

    Libtorch.Load() |> ignore
    use activations = ActivationStore.Open folder

    let counted =
        SelectedRows(activations, TokenSkipping(0, System.Nullable()).Rows(activations, infinity))

    let nothing () = false

    Interruption.stoppableAfter nothing (typed ("interp" :: "activations" :: "export" :: arguments)) (fun cancel ->
        ActivationExport.WriteNpy(counted, file, Progress.counter $"export  {name}", cancel)
        printfn "%s: [%d, %d] float32" file counted.Count counted.Width
        0)

let private list arguments =
    let options = parse<ListOptions> "activations list" listExamples arguments
    let store = Interp.Store.Open(options.TryGetResult ListOptions.Store)

    [
        for name in NamedActivations.names store do
            for hook in NamedActivations.hooks store name do
                let json, line =
                    try
                        ExtractCommand.summary (NamedActivations.folder store name hook)
                    with :? InterpException as error ->
                        Fields [ "hook", Text hook; "damaged", Text error.Message ],
                        $"{hook, -28} damaged: {error.Message}"

                Fields [ "name", Text name; "store", json ], $"{name, -16} {line}"
    ]
    |> print (options.Contains ListOptions.Json)

let private remove arguments =
    let options = parse<RemoveOptions> "activations remove" removeExamples arguments
    let store = Interp.Store.Open(options.TryGetResult RemoveOptions.Store)
    let name = options.GetResult Name
    let hook = options.TryGetResult RemoveOptions.Hook |> Option.map Codec.hookName

    for hook in NamedActivations.remove store name hook do
        printfn "removed %s %s" name hook

    0

let command =
    group
        "activations"
        "activations that have a name: import, export, list, remove"
        "USAGE: interp activations WHAT [OPTIONS]"
        [
            {
                Name = "import"
                Summary = "a store of arrays that others made"
                Examples = importExamples
                Run = import
            }
            {
                Name = "export"
                Summary = "a store as one .npy array"
                Examples = exportExamples
                Run = export
            }
            {
                Name = "list"
                Summary = "what is in the store, with sizes and errors"
                Examples = listExamples
                Run = list
            }
            {
                Name = "remove"
                Summary = "delete the stores of a name, or that of one of its hooks"
                Examples = removeExamples
                Run = remove
            }
        ]
