/// The key half of `interp show`: where an artifact came from, and what makes it again.
module Interp.Cli.ShowKey

open Interp
open Interp.Cli.Arguments
open Interp.Cli.Json
open Interp.Runtime

/// Whether a function of a script made the artifact, which no spec holds.
let private isOwn (artifact: Artifact) =
    not (List.contains artifact.Stage Stage.names)

/// A one-cell experiment that makes the artifact.
let private experiment (store: Interp.Store) (artifact: Artifact) =
    match Provenance.spec store artifact with
    | _ when isOwn artifact ->
        raise (
            InterpException
                $"{artifact.Name} was made by a function of its script, which no spec holds; run the script."
        )
    | Some spec ->
        { Experiment.create $"{artifact.Stage}-{artifact.Key.Substring(0, 12)}" with
            Cells = [ { Axes = []; Spec = spec } ]
        }
    | None ->
        raise (
            InterpException
                $"{artifact.Name} has no {ArtifactFolder.provenance} that its spec could be taken from; run its experiment on a new store."
        )

let private again (store: Interp.Store) (artifact: Artifact) =
    if isOwn artifact then
        Provenance.read store artifact
        |> Canonical.fields "made"
        |> List.choose (function
            | "command", Canon.Text command when command <> "" -> Some command
            | _ -> None)
    else
        let spec = $"{artifact.Stage}-{artifact.Key.Substring(0, 12)}.json"

        [
            typed [ "interp"; "show"; artifact.Name; "--store"; store.Root; "--spec"; spec ]
            typed [ "interp"; "run"; spec; "--store"; store.Root ]
        ]

/// Artifacts that were made from this one.
let private dependents (store: Interp.Store) (artifact: Artifact) =
    store.All |> List.filter (fun other -> List.contains (artifact.Stage, artifact.Key) other.Needs)

let private json store (artifact: Artifact) =
    let texts = List.map Text >> Items

    Fields
        [
            "stage", Text artifact.Stage
            "key", Text artifact.Key
            "inputs", ofCanon (Canon.Fields artifact.Inputs)
            "outputs", Fields(artifact.Outputs |> List.map (fun (file, digest) -> file, Text digest))
            "needs", artifact.Needs |> List.map (fun (stage, key) -> $"{stage}/{key}") |> texts
            "needed_by", dependents store artifact |> List.map (fun other -> $"{other.Stage}/{other.Key}") |> texts
            "provenance", ofCanon (Provenance.read store artifact)
            "again", texts (again store artifact)
        ]

/// A name and its value as people read them, amounts in their units.
let private shown name value =
    match name, value, Codec.float.Read value with
    | "bytes", Canon.Integer bytes, _ -> "size", Amounts.bytes bytes
    | "peakMemoryBytes", Canon.Integer bytes, _ -> "peak memory", Amounts.bytes bytes
    | "seconds", _, Some seconds -> "time", Amounts.time seconds
    | "lines", _, Some count -> name, Amounts.count count
    | _, Canon.Text text, _ -> name, text
    | _, Canon.Null, _ -> name, "none"
    | _, value, _ -> name, Canonical.encode value

/// A value below its name, or beside it in the column that those of its block begin in.
let rec private lines indent column (name: string) value =
    match value with
    | Canon.Fields [] -> []
    | Canon.Fields fields ->
        let column = fields |> List.map (fst >> String.length) |> List.fold max 26

        $"{indent}{name}"
        :: (fields |> List.collect (fun (name, value) -> lines (indent + "  ") column name value))
    | Canon.Items [] -> []
    | Canon.Items items when items |> List.forall _.IsFields -> items |> List.collect (lines indent column name)
    | Canon.Items items ->
        let items =
            items
            |> List.map (function
                | Canon.Text text -> text
                | value -> Canonical.encode value)
            |> String.concat ", "

        [ $"{indent}{name.PadRight column} {items}" ]
    | value ->
        let name, text = shown name value
        [ $"{indent}{name.PadRight column} {text}" ]

let private describe store (artifact: Artifact) =
    let names title artifacts =
        match artifacts with
        | [] -> []
        | names -> title :: (names |> List.map (fun name -> $"  {name}"))

    [
        yield! lines "" 0 artifact.Name (Provenance.read store artifact)
        yield! names "needs" (artifact.Needs |> List.map (fun (stage, key) -> $"{stage}/{Artifact.Short key}"))
        yield! names "needed by" (dependents store artifact |> List.map _.Name)
        yield!
            lines
                ""
                0
                "outputs"
                (artifact.Outputs |> List.map (fun (file, digest) -> file, Canon.Text digest) |> Canon.Fields)
        yield! names "made again by" (again store artifact)
    ]

/// Prints where an artifact came from.
let print (store: Interp.Store) asJson (artifact: Artifact) =
    if asJson then
        printfn "%s" (render (json store artifact))
    else
        describe store artifact |> List.iter (printfn "%s")

/// Writes the spec that makes an artifact, and prints where.
let writeSpec (store: Interp.Store) force artifact (path: string) =
    OutputFile.write force path (ExperimentFile.print (experiment store artifact))
    printfn "%s" path
