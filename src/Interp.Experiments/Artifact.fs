namespace Interp

open System
open System.IO
open System.Security.Cryptography
open Interp.Formats

/// What is known of an artifact: what went into its key, and digests of what came out.
type Artifact =
    {
        /// Name of the stage that made it.
        Stage: string
        /// Digest of the inputs, 64 hexadecimal digits.
        Key: string
        /// Everything that went into the key, by name.
        Inputs: (string * Canon) list
        /// SHA-256 by file, without what only tells where the artifact came from.
        Outputs: (string * string) list
    }

    /// Keys of the artifacts that it was made from, with their stages.
    member artifact.Needs =
        artifact.Inputs
        |> List.choose (function
            | name, Canon.Text key when name.StartsWith "input." -> Some(name.Substring 6, key)
            | _ -> None)

    /// What every run of the stage leaves. Training activations are not part of it, since a live run does not store them; what was trained on
    /// them is compared.
    member artifact.Common =
        if artifact.Stage = "extract" then
            artifact.Outputs
            |> List.filter (fun (file, _) -> not (file.StartsWith("training", StringComparison.Ordinal)))
        else
            artifact.Outputs

    /// `STAGE/KEY` with as much of the key as a folder is called by.
    member artifact.Name = $"{artifact.Stage}/{Artifact.Short artifact.Key}"

    /// The part of a key that names a folder.
    static member Short(key: string) = key.Substring(0, min key.Length 24)

/// The folder of an artifact: its outputs, `artifact.json` with their digests, and `provenance.json`, which is no output.
[<RequireQualifiedAccess>]
module internal ArtifactFolder =
    /// The file whose presence makes a folder an artifact.
    let record = "artifact.json"
    /// The file that says who made it, where and when.
    let provenance = "provenance.json"

    let private digest (file: string) =
        use stream = File.OpenRead file
        Convert.ToHexStringLower(SHA256.HashData stream)

    /// `STAGE/KEY`: the folder's last two names.
    let name (folder: string) =
        let place = DirectoryInfo folder

        match place.Parent with
        | null -> place.Name
        | stage -> $"{stage.Name}/{place.Name}"

    /// Paths of the outputs in a folder, in ordinal order.
    let files folder =
        let isOutput file =
            not (List.contains file [ record; provenance ])

        Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
        |> Array.map (fun file -> Path.GetRelativePath(folder, file).Replace('\\', '/'))
        |> Array.filter isOutput
        |> Array.sortWith (fun a b -> String.CompareOrdinal(a, b))
        |> List.ofArray

    /// Bytes of all files in a folder.
    let bytes folder =
        Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
        |> Array.sumBy (fun file -> FileInfo(file).Length)

    /// Digests of the outputs that are in a folder now.
    let outputs folder =
        files folder |> List.map (fun file -> file, digest (Path.Combine(folder, file)))

    /// Writes what is known of the artifact whose outputs are in a folder.
    let seal folder stage key inputs =
        let outputs =
            outputs folder |> List.map (fun (file, digest) -> file, Canon.Text digest)

        AtomicFile.WriteText(
            Path.Combine(folder, record),
            Canonical.print (
                Canon.Fields
                    [
                        "stage", Canon.Text stage
                        "key", Canon.Text key
                        "inputs", Canon.Fields inputs
                        "outputs", Canon.Fields outputs
                    ]
            )
        )

    /// What is known of the artifact in a folder; none where that is missing or unreadable.
    let tryRead folder =
        let path = Path.Combine(folder, record)

        match
            if File.Exists path then
                Canonical.parse (File.ReadAllText path)
            else
                Error ""
        with
        | Error _ -> None
        | Ok value ->
            match Canonical.tryText "stage" value, Canonical.tryText "key" value with
            | Some stage, Some key ->
                Some
                    {
                        Stage = stage
                        Key = key
                        Inputs = Canonical.fields "inputs" value
                        Outputs =
                            Canonical.fields "outputs" value
                            |> List.choose (function
                                | name, Canon.Text digest -> Some(name, digest)
                                | _ -> None)
                    }
            | _ -> None

    /// Files by what became of them: of recorded and present digests those that differ, are missing, or are new.
    let differences (recorded: (string * string) list) (present: (string * string) list) =
        let recorded, present = Map.ofList recorded, Map.ofList present

        [
            for file in Set.union (Set.ofSeq recorded.Keys) (Set.ofSeq present.Keys) do
                match Map.tryFind file recorded, Map.tryFind file present with
                | Some before, Some now when before = now -> ()
                | Some _, Some _ -> file, "differs"
                | Some _, None -> file, "is missing"
                | None, _ -> file, "is new"
        ]
