/// `interp export`: the SAE of a cell as a SAELens folder.
module Interp.Cli.ExportCommand

open System.IO
open Argu
open Interp
open Interp.Autoencoders
open Interp.Cli.Arguments
open Interp.Runtime

type ExportOptions =
    | [<MainCommand; ExactlyOnce; Last>] From of cell: string * folder: string
    | Store of folder: string

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | From _ -> "NAME/CELL of a result, and the folder to write (it must not exist or be empty)."
            | Store _ -> "folder of the store (default $INTERP_STORE, else .interp)."

let private examples = [ "export demo/k=32,schedule=linear,seed=1 my-sae" ]

/// The SAE folder of a folder or of NAME/CELL.
let saeFolder (store: Store) (what: string) =
    if SaeFolder.Exists what then
        what
    else
        let name, cell =
            match what.IndexOf '/' with
            | at when at <= 0 ->
                raise (
                    InterpException
                        $"'{what}' is no SAE folder and no NAME/CELL such as demo/k=32,schedule=linear,seed=1; give one of them."
                )
            | at -> what.Substring(0, at), what.Substring(at + 1)

        let path = Path.Combine(Results.folder name, "spec.json")

        if not (File.Exists path) then
            raise (InterpException $"There is no result {name} here ({path} is missing); run its experiment first.")

        match ExperimentFile.parse (File.ReadAllText path) with
        | Error errors -> raise (InterpException $"{path}: {List.head errors}")
        | Ok experiment ->
            match experiment.Cells |> List.tryFind (fun found -> found.Name = cell) with
            | None ->
                let hint =
                    match NearestName.Of(cell, experiment.Cells |> List.map _.Name) with
                    | null -> $"see interp results {name}"
                    | near -> $"did you mean {near}?"

                raise (InterpException $"The result {name} has no cell '{cell}'; {hint}")
            | Some found ->
                let stage =
                    Stage.ofCell (Inputs store.Root) found |> List.find (fun stage -> stage.Name = "train")

                let folder = Path.Combine(store.Folder stage.Name stage.Key, "sae")

                if Directory.Exists folder then
                    folder
                else
                    raise (
                        InterpException
                            $"The SAE of {what} is not in the store {store.Root}; run its experiment again, or name the store with --store."
                    )

let private export arguments =
    let options = parse<ExportOptions> "export" examples arguments
    let cell, folder = options.GetResult From

    if Directory.Exists folder && Directory.EnumerateFileSystemEntries folder |> Seq.isEmpty |> not then
        raise (InterpException $"{folder} is not empty; name a new folder.")

    let source = saeFolder (Interp.Store.Open(options.TryGetResult Store)) cell
    Directory.CreateDirectory folder |> ignore

    for file in Directory.GetFiles source do
        File.Copy(file, Path.Combine(folder, Path.GetFileName file |> string))

    if not (isNull (SaeFolder.ReadMetadata folder).TargetHookName) then
        eprintfn
            "SAELens knows no K for transcoders and lets all positive latents through; keep the k largest of cfg.json there."

    printfn "%s" folder
    0

let command =
    {
        Name = "export"
        Summary = "write the SAE of a cell as a SAELens folder"
        Examples = examples
        Run = export
    }
