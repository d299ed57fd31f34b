namespace Interp

open System
open System.IO
open System.Text.RegularExpressions
open Interp.Formats
open Interp.Runtime

[<RequireQualifiedAccess>]
module ConfigCache =
    let assemblies = [ typeof<Spec>.Assembly; typeof<InterpException>.Assembly ]

    let directive =
        Regex(@"^\s*#(load|r)\s+(?:@?""([^""]+)""\s*)+", RegexOptions.Multiline)

    /// Files that a script names, from its own folder; a package or an assembly found elsewhere is none.
    let named (path: string) text =
        let folder =
            Path.GetDirectoryName(Path.GetFullPath path) |> Option.ofObj |> Option.defaultValue "."

        [
            for line in directive.Matches text do
                for name in line.Groups[2].Captures do
                    Path.GetFullPath(name.Value, folder)
        ]
        |> List.filter File.Exists

    /// The files that a script reads, itself among them, each once.
    let closure path text =
        let rec visit seen (path, text: string) =
            if List.contains path seen then
                seen
            else
                named path text
                |> List.map (fun file ->
                    file,
                    (if file.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) then
                         ""
                     else
                         File.ReadAllText file))
                |> List.fold visit (path :: seen)

        visit [] (Path.GetFullPath(path: string), text) |> List.rev

    let key path text =
        let loaded =
            closure path text
            |> List.tail
            |> List.map (fun file ->
                Convert.ToHexStringLower(Security.Cryptography.SHA256.HashData(File.ReadAllBytes file)))

        let versions =
            assemblies |> List.map (fun assembly -> assembly.ManifestModule.ModuleVersionId.ToString())

        Canonical.digest (Canon.Items(List.map Canon.Text (text :: loaded @ versions)))

    /// Where what a script gave is kept.
    let fileOf (storeRoot: string) path text =
        Path.Combine(storeRoot, "configs", (key path text).Substring(0, 24) + ".json")

    let tryRead file =
        if not (File.Exists file) then
            None
        else
            match Canonical.parse (File.ReadAllText file) with
            | Ok(Canon.Fields fields) ->
                match List.sortBy fst fields with
                | [ "digest", Canon.Text digest; "experiment", experiment ] when digest = Canonical.digest experiment ->
                    ExperimentFile.ofCanon experiment |> Result.toOption
                | _ -> None
            | _ -> None

    /// A store that cannot be written to is no obstacle.
    let write (file: string) experiment =
        let value = ExperimentFile.toCanon experiment

        let kept =
            Canon.Fields [ "digest", Canon.Text(Canonical.digest value); "experiment", value ]

        try
            AtomicFile.WriteText(file, Canonical.print kept)
        with
        | :? IOException
        | :? UnauthorizedAccessException -> ()

    let remember storeRoot path text evaluate =
        let kept = fileOf storeRoot path text

        match tryRead kept with
        | Some experiment -> experiment
        | None ->
            let experiment: Experiment = evaluate ()

            if experiment.Stages.IsEmpty && (Validation.experiment experiment).IsEmpty then
                write kept experiment

            experiment
