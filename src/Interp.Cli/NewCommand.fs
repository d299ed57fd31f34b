/// `interp new`: a commented config to begin from.
module Interp.Cli.NewCommand

open System
open System.IO
open Argu
open Interp
open Interp.Cli.Arguments
open Interp.Formats
open Interp.Runtime

type private Options =
    | [<MainCommand; ExactlyOnce>] File of path: string

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | File _ -> "the .fsx file to write; it must not be there yet."

let private examples = [ "new study.fsx"; "new configs/k-against-size.fsx" ]

/// The script that brings the framework into editors and `dotnet fsi`, seen from a folder; none away from a clone.
let private framework (folder: string) =
    let rec search (place: DirectoryInfo | null) =
        match place with
        | null -> None
        | place ->
            let script = Path.Combine(place.FullName, "configs", "interp.fsx")

            if File.Exists script then
                Some script
            else
                search place.Parent

    search (DirectoryInfo AppContext.BaseDirectory)
    |> Option.map (fun script -> Path.GetRelativePath(folder, script).Replace('\\', '/'))

let private template (path: string) name load =
    String.concat
        "\n"
        [
            "// What this experiment asks, in a sentence."
            "//"
            $"//     ./interp plan {path}      what would run, and what it costs"
            $"//     ./interp run {path}       runs it, prints its table and keeps it in results/{name}"
            yield! load
            "open Interp"
            ""
            $"Experiment.create \"{name}\""
            "// Which model: the embedded one, or Model.path \"FOLDER, FILE.gguf or org/name\"."
            "|> Experiment.model Assets.world"
            "// Which activations: a hook point, and a text with the number of tokens to train on."
            "|> Experiment.activations (Hook.residPost 2) (Corpus.world 50_000 |> Corpus.validation 10_000)"
            "// The dictionary, and how it is trained."
            "|> Experiment.sae (Sae.expansion 4)"
            "|> Experiment.train (Train.batch 512 >> Train.passes 1)"
            "// Held-out tokens that decide which latents are dead, and those of the cross-entropy."
            "|> Experiment.evaluateOn 20_000 5_000"
            "// Columns of the printed table; table.csv has all metrics."
            "|> Experiment.evaluate [ Metric.fvu; Metric.l0; Metric.dead; Metric.ceRecovered ]"
            "// The grid: every axis multiplies the cells."
            "|> Sweep.over \"k\" [ 8; 32 ] Sae.k"
            "|> Sweep.seeds 2"
            "// Prints the plan under dotnet fsi; interp takes the value."
            "|> Script.main"
            ""
        ]

let private run arguments =
    let path = (parse<Options> "new" examples arguments).GetResult File

    if not (path.EndsWith(".fsx", StringComparison.OrdinalIgnoreCase)) then
        raise (InterpException $"A config is a script: '{path}' should end in .fsx.")

    if Path.Exists path then
        raise (InterpException $"{path} is there already; give another name, or remove it first.")

    let name = Path.GetFileNameWithoutExtension path |> string

    match Validation.experiment (Experiment.create name) with
    | [] -> ()
    | errors -> raise (InterpException(String.concat "\n" errors))

    let folder =
        Path.GetDirectoryName(Path.GetFullPath path) |> Option.ofObj |> Option.defaultValue "."

    let load =
        framework folder |> Option.map (fun script -> $"#load \"{script}\"") |> Option.toList

    AtomicFile.WriteText(path, template path name load)
    eprintfn "Wrote %s; ./interp plan %s says what it would do." path path
    0

let command =
    {
        Name = "new"
        Summary = "write a commented config to begin from"
        Examples = examples
        Run = run
    }
