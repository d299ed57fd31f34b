/// `interp atlas export`: an atlas as pages that open from disk, and as Neuronpedia's uploads.
module Interp.Cli.AtlasExportCommand

open System.IO
open Argu
open Interp.Cli.Arguments
open Interp.Features
open Interp.Hooks
open Interp.Runtime
open Interp.Studio.Export

type AtlasExportOptions =
    | [<MainCommand; ExactlyOnce>] Folder of folder: string
    | Atlas of folder: string
    | Only of form: string
    | Model_Id of id: string
    | Source_Id of id: string

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | Folder _ -> "folder to write (it must not exist or be empty); open its index.html."
            | Atlas _ -> "folder that interp atlas made (default: the only one under atlases/)."
            | Only _ -> "pages, or neuronpedia for the uploads alone, which else lie in the folder's neuronpedia/."
            | Model_Id _ -> "the model's id at Neuronpedia (default: its name in lower case)."
            | Source_Id _ -> "the source's id at Neuronpedia (default: the layer and interp, such as 2-interp)."

let examples =
    [
        "atlas export pages --atlas atlases/world-sae"
        "atlas export uploads --atlas atlases/my-sae --only neuronpedia --model-id gpt2-small --source-id 8-mine"
    ]

let private onlyAtlas () =
    let found =
        if Directory.Exists "atlases" then
            Directory.GetDirectories "atlases" |> Array.filter Atlas.Exists
        else
            [||]

    match found with
    | [| atlas |] -> atlas
    | [||] ->
        raise (InterpException "There is no atlas under atlases/; make one with interp atlas, or name it with --atlas.")
    | several -> raise (InterpException $"There are {several.Length} atlases under atlases/; name one with --atlas.")

/// Which of pages and uploads are wanted.
let private forms only =
    match only with
    | None -> true, true
    | Some "pages" -> true, false
    | Some "neuronpedia" -> false, true
    | Some other -> raise (InterpException $"--only is '{other}'; give pages or neuronpedia.")

let private export arguments =
    let options = parse<AtlasExportOptions> "atlas export" examples arguments

    let folder = options.GetResult Folder
    let pages, uploads = forms (options.TryGetResult Only)

    if Directory.Exists folder && Directory.EnumerateFileSystemEntries folder |> Seq.isEmpty |> not then
        raise (InterpException $"{folder} is not empty; name a new folder.")

    use atlas = Atlas.Open(options.TryGetResult Atlas |> Option.defaultWith onlyAtlas)

    Interruption.stoppableAfter (fun () -> false) (typed ("interp" :: "atlas" :: "export" :: arguments)) (fun cancel ->
        let counter title =
            let count = Progress.counter title
            fun latents -> count (int64 latents) (int64 atlas.Latents)

        if uploads then
            let target =
                if pages then
                    Path.Combine(folder, "neuronpedia")
                else
                    folder

            let layer = HookPoint.Parse(atlas.Summary.Hook).Layer

            let written =
                NeuronpediaExport.Write(
                    atlas,
                    target,
                    options.GetResult(Model_Id, atlas.Summary.Model.ToLowerInvariant()),
                    options.GetResult(Source_Id, $"{layer}-interp"),
                    counter "atlas export  uploads",
                    cancel
                )

            printfn "%s: %d latents in requests of 128 for Neuronpedia" target written

        if pages then
            StaticExport.Write(atlas, folder, counter "atlas export  pages", cancel)
            printfn "%s" (Path.Combine(folder, "index.html"))

        0)

let command =
    {
        Name = "export"
        Summary = "an atlas as pages that open from disk, and as Neuronpedia's uploads"
        Examples = examples
        Run = export
    }
