namespace Interp

open System
open System.IO
open System.Text.RegularExpressions
open Interp.Formats
open Interp.Runtime

/// What scripts gave, kept by content: of the script, of all that it loads or references, and of the framework's assemblies.
[<RequireQualifiedAccess>]
module internal ConfigCache =
    let assemblies = [ typeof<Spec>.Assembly; typeof<InterpException>.Assembly ]

    let private directive =
        Regex(@"^\s*#(load|r)\s+(?:@?""([^""]+)""\s*)+", RegexOptions.Multiline)

    /// Files that a script names, from its own folder; a package or an assembly found elsewhere is none.
    let private named (path: string) text =
        let folder =
            Path.GetDirectoryName(Path.GetFullPath path) |> Option.ofObj |> Option.defaultValue "."

        [
            for line in directive.Matches text do
                for name in line.Groups[2].Captures do
                    Path.GetFullPath(name.Value, folder)
        ]
        |> List.filter File.Exists

    /// The files that a script reads, itself among them, each once.
    let private closure path text =
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

    let private key path text =
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

    /// What is kept, unless it is torn or altered: then it is not believed.
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

    /// Keeps what a script gave; a store that cannot be written to is no obstacle.
    let write (file: string) experiment =
        let value = ExperimentFile.toCanon experiment

        let kept =
            Canon.Fields [ "digest", Canon.Text(Canonical.digest value); "experiment", value ]

        try
            AtomicFile.WriteText(file, Canonical.print kept)
        with
        | :? IOException
        | :? UnauthorizedAccessException -> ()
