namespace Interp

open System
open System.IO
open System.Security.Cryptography
open Interp.Formats
open Interp.Runtime

/// What is known of an artifact: what went into its key, and digests of what came out.
type Artifact =
    {
        Stage: string
        Key: string
        Inputs: (string * Canon) list
        Outputs: (string * string) list
    }

/// Artifacts by content: `<stage>/<key>/` in the store's folder. A folder appears under its key by one rename, when it is
/// complete; work under way is in `work/`.
type Store(root: string) =
    let artifactFile = "artifact.json"
    let short (key: string) = key.Substring(0, 24)

    let relative (folder: string) (file: string) =
        Path.GetRelativePath(folder, file).Replace('\\', '/')

    let files folder =
        Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
        |> Array.filter (fun file -> Path.GetFileName file <> artifactFile)
        |> Array.sortWith (fun a b -> String.CompareOrdinal(a, b))
        |> List.ofArray

    let digest (file: string) =
        use stream = File.OpenRead file
        Convert.ToHexStringLower(SHA256.HashData stream)

    let text name fields =
        match List.tryFind (fst >> (=) name) fields with
        | Some(_, Canon.Text text) -> text
        | _ -> ""

    let read folder =
        match Canonical.parse (File.ReadAllText(Path.Combine(folder, artifactFile))) with
        | Ok(Canon.Fields fields) ->
            let pairs name =
                match List.tryFind (fst >> (=) name) fields with
                | Some(_, Canon.Fields pairs) -> pairs
                | _ -> []

            Some
                {
                    Stage = text "stage" fields
                    Key = text "key" fields
                    Inputs = pairs "inputs"
                    Outputs =
                        pairs "outputs"
                        |> List.choose (function
                            | name, Canon.Text digest -> Some(name, digest)
                            | _ -> None)
                }
        | _ -> None

    /// The folder of the store: `--store`, else INTERP_STORE, else `.interp` here.
    static member Open(folder: string option) =
        let given =
            folder
            |> Option.orElse (
                Environment.GetEnvironmentVariable "INTERP_STORE" |> Option.ofObj |> Option.filter ((<>) "")
            )

        Store(Path.GetFullPath(Option.defaultValue ".interp" given))

    member _.Root = root

    /// Free bytes of the disk that the store is on, or will be.
    member _.FreeBytes =
        let rec existing (folder: string) =
            if Directory.Exists folder then
                folder
            else
                match Path.GetDirectoryName folder with
                | null -> "/"
                | parent -> existing parent

        DriveInfo(existing root).AvailableFreeSpace

    /// Where the artifact of a key is or will be.
    member _.Folder stage key = Path.Combine(root, stage, short key)

    /// Where a stage works before its artifact is complete; what is there lets a stopped stage go on.
    member _.WorkFolder stage key =
        Path.Combine(root, "work", $"{stage}-{short key}")

    member store.Contains stage key =
        File.Exists(Path.Combine(store.Folder stage key, artifactFile))

    /// Whether a stopped stage left something to go on from.
    member store.IsPartial stage key =
        Directory.Exists(store.WorkFolder stage key)

    member store.TryRead stage key =
        if store.Contains stage key then
            read (store.Folder stage key)
        else
            None

    /// All artifacts of a stage.
    member _.Artifacts stage =
        let folder = Path.Combine(root, stage)

        if Directory.Exists folder then
            Directory.GetDirectories folder
            |> Array.sortWith (fun a b -> String.CompareOrdinal(a, b))
            |> Array.filter (fun folder -> File.Exists(Path.Combine(folder, artifactFile)))
            |> Array.choose read
            |> List.ofArray
        else
            []

    /// The folders of all artifacts, of every stage.
    member _.ArtifactFolders =
        if Directory.Exists root then
            Directory.GetDirectories root
            |> Seq.collect Directory.GetDirectories
            |> Seq.filter (fun folder -> File.Exists(Path.Combine(folder, artifactFile)))
            |> Seq.filter (fun folder -> not (folder.StartsWith(Path.Combine(root, "work"), StringComparison.Ordinal)))
            |> Seq.sortWith (fun a b -> String.CompareOrdinal(a, b))
            |> List.ofSeq
        else
            []

    /// What an artifact's folder holds otherwise than its record says, a sentence each; none when it is sound.
    member store.Faults(folder: string) =
        match read folder with
        | None -> [ $"{Path.Combine(folder, artifactFile)} cannot be read." ]
        | Some artifact ->
            let known = Map artifact.Outputs
            let found = files folder |> List.map (fun file -> relative folder file, file)

            [
                if artifact.Key <> Canonical.digest (Canon.Fields artifact.Inputs) then
                    $"{Path.Combine(folder, artifactFile)} has a key that is not the digest of its inputs."

                if store.Folder artifact.Stage artifact.Key <> folder then
                    $"{folder} is not the place of its artifact's key."

                for name, file in found do
                    match known.TryFind name with
                    | None -> $"{file} does not belong to the artifact."
                    | Some expected when digest file <> expected ->
                        $"{file} is not what was written (its digest differs)."
                    | Some _ -> ()

                for name in known.Keys do
                    if not (List.exists (fst >> (=) name) found) then
                        $"{Path.Combine(folder, name)} is missing."
            ]

    /// Runs a stage unless its artifact is there; a second process waits for the first.
    member store.Make stage key inputs (run: string -> unit) =
        let lockFile = Path.Combine(root, "work", $"{stage}-{short key}.lock")

        try
            Directory.CreateDirectory(Path.Combine(root, "work")) |> ignore
        with
        | :? IOException
        | :? UnauthorizedAccessException as error ->
            raise (
                InterpException(
                    $"The store {root} cannot be written: {error.Message} Name another folder with --store.",
                    error
                )
            )

        let rec acquire () =
            try
                new FileStream(lockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None)
            with :? IOException when File.Exists lockFile ->
                Threading.Thread.Sleep 200
                acquire ()

        use _ = acquire ()

        if not (store.Contains stage key) then
            let work = store.WorkFolder stage key
            Directory.CreateDirectory work |> ignore

            // What a killed process was writing.
            for file in Directory.GetFiles(work, "*.tmp", SearchOption.AllDirectories) do
                File.Delete file

            run work

            let outputs =
                files work |> List.map (fun file -> relative work file, Canon.Text(digest file))

            let record =
                Canon.Fields
                    [
                        "stage", Canon.Text stage
                        "key", Canon.Text key
                        "inputs", Canon.Fields inputs
                        "outputs", Canon.Fields outputs
                    ]

            AtomicFile.WriteText(Path.Combine(work, artifactFile), Canonical.print record)
            let folder = store.Folder stage key

            match Path.GetDirectoryName folder with
            | null -> ()
            | parent -> Directory.CreateDirectory parent |> ignore

            Directory.Move(work, folder)

        File.Delete lockFile
