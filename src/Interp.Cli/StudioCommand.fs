/// `interp studio`: the web page that shows a dictionary's latents and moves the model.
module Interp.Cli.StudioCommand

open System
open System.IO
open System.Runtime.InteropServices
open System.Threading
open Argu
open Interp
open Interp.Cli.Arguments
open Interp.Features
open Interp.Models
open Interp.Runtime
open Interp.Studio

type StudioCommandOptions =
    | Port of number: string
    | Sae of what: string
    | Model of path: string
    | Atlas of folder: string
    | Corpus of path: string
    | Text_Field of name: string
    | Tokens of count: string
    | Compare of dictionary: string
    | Results of folder: string
    | Threads of count: string
    | Store of folder: string

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | Port _ -> "port of this machine's loopback address (default 5000); 0 takes a free one."
            | Sae _ ->
                "SAE folder, or NAME/CELL of a result such as demo/k=16,schedule=constant,seed=1 (default: the embedded one)."
            | Model _ -> $"{models} (default world, where the SAE is of the world)."
            | Atlas _ ->
                "folder that interp atlas made of the SAE (default: one made on the first start and kept in the per-user cache)."
            | Corpus _ -> $"text of the atlas that the first start makes: {texts} (default world, where the model is)."
            | Text_Field _ -> "field of a record that holds the text (default text)."
            | Tokens _ -> "tokens of the atlas that the first start makes (default 60k)."
            | Compare _ ->
                "NAME=SAE: another dictionary of the same hook, for the page Compare; SAE as for --sae. Its atlas is made on the first start; with --atlas only where the text is known, the world's or --corpus. Repeatable."
            | Results _ -> "folder of the result tables (default results)."
            | Threads _ -> "threads (default: all processors); results do not depend on it."
            | Store _ -> "folder of the store (default $INTERP_STORE, else .interp)."

let private examples =
    [
        "studio"
        "studio --port 0"
        "studio --sae demo/k=32,schedule=constant,seed=1 --compare k16=demo/k=16,schedule=constant,seed=1"
        "studio --sae my-sae --model model.gguf --atlas atlases/my-sae"
    ]

/// Held-out tokens on which the explanations are measured.
let private heldOut = "20000"

let private request (options: ParseResults<StudioCommandOptions>) sae =
    {
        Sae = sae
        Spec =
            AtlasCommand.specOf
                sae
                (options.TryGetResult Model)
                (options.TryGetResult Corpus)
                [
                    "corpus.textField", options.TryGetResult Text_Field
                    "corpus.trainTokens", Some(string (tokenCount "--tokens" (options.GetResult(Tokens, "60k"))))
                    "corpus.validationTokens", Some heldOut
                ]
        Keep = AtlasSpec.Default
    }

/// Whether there is a text to make an atlas of: the world's, or the one that is named.
let private hasText (options: ParseResults<StudioCommandOptions>) =
    options.Contains Corpus || List.contains (options.TryGetResult Model) [ None; Some "world" ]

/// Where the model is, and what a recipe calls it.
let private model (options: ParseResults<StudioCommandOptions>) =
    match options.TryGetResult Model with
    | None
    | Some "world" -> Inputs.WorldFolder, "assets/world"
    | Some path ->
        let found = HuggingFaceCache.Resolve(AtlasCommand.existing path)
        found, (if Path.Exists path then path else found)

/// Where the SAE is, what a recipe calls it, and what the pages call it where that is not its folder's name.
let private dictionary store (options: ParseResults<StudioCommandOptions>) =
    match options.TryGetResult Sae with
    | None -> Path.GetFullPath(Path.Combine(Inputs.WorldFolder, "..", "world-sae")), "assets/world-sae", None
    | Some what ->
        match ExportCommand.saeFolder store what with
        | folder when folder = what -> folder, what, None
        | folder -> folder, Path.GetRelativePath(".", folder), Some what

/// Another dictionary's name and folder.
let private named store (text: string) =
    match text.IndexOf '=' with
    | at when at > 0 && at < text.Length - 1 ->
        text.Substring(0, at), ExportCommand.saeFolder store (text.Substring(at + 1))
    | _ -> raise (InterpException $"--compare is '{text}'; give NAME=SAE, the name that the page Compare shows it by.")

/// The other dictionaries, each with a name of its own.
let private others store (options: ParseResults<StudioCommandOptions>) =
    let others = options.GetResults Compare |> List.map (named store)

    match others |> List.countBy fst |> List.tryFind (fun (_, count) -> count > 1) with
    | Some(name, _) -> raise (InterpException $"--compare names {name} twice; give each dictionary a name of its own.")
    | None -> others

/// The folder of the result tables; one that is named must be there.
let private results (options: ParseResults<StudioCommandOptions>) =
    match options.TryGetResult Results with
    | Some folder when not (Directory.Exists folder) ->
        raise (InterpException $"There is no folder {folder}; --results names the folder of the result tables.")
    | given -> Option.defaultValue "results" given

let private port (options: ParseResults<StudioCommandOptions>) =
    match wholeNumber "--port" 0 (options.GetResult(Port, "5000")) with
    | port when port <= 65535 -> port
    | port -> raise (InterpException $"--port is '{port}'; give 0 to 65535.")

let private assets () =
    match Environment.GetEnvironmentVariable "INTERP_STUDIO_ASSETS" with
    | null
    | "" -> null
    | folder -> folder

let private settings (options: ParseResults<StudioCommandOptions>) cancel =
    let port = port options
    let store = Interp.Store.Open(options.TryGetResult Store)
    let results = results options
    let model, modelName = model options
    let sae, saeName, title = dictionary store options
    let others = others store options

    let made sae =
        StudioAtlas.folder (request options sae) cancel

    let atlas =
        match options.TryGetResult Atlas with
        | Some folder -> folder
        | None -> made sae

    let atlasOf other =
        if options.Contains Atlas && not (hasText options) then
            None
        else
            Some(made other)

    StudioOptions(
        Model = model,
        Sae = sae,
        ModelName = modelName,
        SaeName = saeName,
        Title = Option.toObj title,
        Atlas = atlas,
        Others =
            [|
                for name, other in others -> OtherDictionary(name, other, Option.toObj (atlasOf other))
            |],
        Results = results,
        Port = port,
        Assets = assets (),
        Log = Action<string>(eprintfn "%s")
    )

let private serve (options: ParseResults<StudioCommandOptions>) (stopped: CancellationToken) =
    let server =
        StudioServer.StartAsync(settings options stopped, stopped).GetAwaiter().GetResult()

    try
        printfn "Studio: %O" server.Address
        Console.Out.Flush()
        stopped.WaitHandle.WaitOne() |> ignore
    finally
        server.DisposeAsync().AsTask().GetAwaiter().GetResult()

let private run arguments =
    let options = parse<StudioCommandOptions> "studio" examples arguments

    options.TryGetResult Threads
    |> Option.iter (fun text -> Workers.Count <- wholeNumber "--threads" 1 text)

    use source = new CancellationTokenSource()
    let mutable code = 0

    let stop signal (context: PosixSignalContext) =
        context.Cancel <- true
        code <- signal
        source.Cancel()

    use _ = PosixSignalRegistration.Create(PosixSignal.SIGINT, stop 130)
    use _ = PosixSignalRegistration.Create(PosixSignal.SIGTERM, stop 143)
    Libtorch.Load() |> ignore

    try
        serve options source.Token
    with :? OperationCanceledException ->
        ()

    code

let command =
    {
        Name = "studio"
        Summary = "the web page that shows a dictionary's latents and moves the model"
        Examples = examples
        Run = run
    }
