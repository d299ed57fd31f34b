namespace Interp

open System
open System.IO
open Interp.Formats
open Interp.Runtime

/// Artifacts by content: `<stage>/<key>/` in the store's folder. A folder appears under its key by one rename, when it is
/// complete; work under way is in `work/`, beside a lock that its process holds, and the message of what failed.
type Store(root: string) =
    let work = Path.Combine(root, "work")

    let ordinal (paths: string[]) =
        paths |> Array.sortWith (fun a b -> String.CompareOrdinal(a, b))

    let folders folder =
        if Directory.Exists folder then
            List.ofArray (ordinal (Directory.GetDirectories folder))
        else
            []

    let holdsFiles folder =
        Directory.Exists folder
        && not (Seq.isEmpty (Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)))

    let inWork (stage: string) key (ending: string) =
        Path.Combine(work, $"{stage}-{Artifact.Short key}{ending}")

    let createWork () =
        try
            Directory.CreateDirectory work |> ignore
        with
        | :? IOException
        | :? UnauthorizedAccessException as error ->
            raise (
                InterpException(
                    $"The store {root} cannot be written: {error.Message} Name another folder with --store.",
                    error
                )
            )

    /// A lock that ends with the process, however that ends; none while another holds it.
    let tryOpen path (access: FileAccess) (share: FileShare) : IDisposable option =
        createWork ()

        try
            Some(new FileStream(path, FileMode.OpenOrCreate, access, share))
        with :? IOException when File.Exists path ->
            None

    let rec wait (attempt: unit -> IDisposable option) =
        match attempt () with
        | Some held -> held
        | None ->
            Threading.Thread.Sleep 200
            wait attempt

    /// The folder of the store: `--store`, else INTERP_STORE, else `.interp` here.
    static member Open(folder: string option) =
        let given =
            folder
            |> Option.orElse (
                Environment.GetEnvironmentVariable "INTERP_STORE" |> Option.ofObj |> Option.filter ((<>) "")
            )

        Store(Path.GetFullPath(Option.defaultValue ".interp" given))

    /// Full path of its folder.
    member _.Root = root

    /// Free bytes of the disk that the store is on, or will be.
    member internal _.FreeBytes =
        let rec existing (folder: string) =
            if Directory.Exists folder then
                folder
            else
                match Path.GetDirectoryName folder with
                | null -> "/"
                | parent -> existing parent

        DriveInfo(existing root).AvailableFreeSpace

    /// Where the artifact of a key is or will be.
    member _.Folder stage key =
        Path.Combine(root, stage, Artifact.Short key)

    /// Where a stage works before its artifact is complete; what is there lets a stopped stage go on.
    member internal _.WorkFolder stage key = inWork stage key ""

    /// Whether the artifact of a key is there, whole.
    member store.Contains stage key =
        File.Exists(Path.Combine(store.Folder stage key, ArtifactFolder.record))

    /// Whether a stopped stage left something to go on from.
    member internal store.IsPartial stage key = holdsFiles (store.WorkFolder stage key)

    /// The artifact of a key; none where it is not there or cannot be read.
    member store.TryRead stage key =
        ArtifactFolder.tryRead (store.Folder stage key)

    /// All artifacts of a stage that can be read, in the order of their keys.
    member _.Artifacts stage =
        folders (Path.Combine(root, stage)) |> List.choose ArtifactFolder.tryRead

    /// The folders of all artifacts, of every stage, in the order of stages and keys.
    member internal _.ArtifactFolders =
        folders root
        |> List.filter ((<>) work)
        |> List.collect folders
        |> List.filter (fun folder -> File.Exists(Path.Combine(folder, ArtifactFolder.record)))

    /// All artifacts that can be read.
    member store.All = store.ArtifactFolders |> List.choose ArtifactFolder.tryRead

    /// What an artifact's folder holds otherwise than its record says, a sentence each; none when it is sound.
    member internal store.Faults(folder: string) =
        match ArtifactFolder.tryRead folder with
        | None -> [ $"{Path.Combine(folder, ArtifactFolder.record)} cannot be read." ]
        | Some artifact ->
            [
                if artifact.Key <> Canonical.digest (Canon.Fields artifact.Inputs) then
                    $"{Path.Combine(folder, ArtifactFolder.record)} has a key that is not the digest of its inputs."

                if
                    Path.GetRelativePath(root, store.Folder artifact.Stage artifact.Key) <> ArtifactFolder.name folder
                then
                    $"{folder} is not the place of its artifact's key."

                for file, what in ArtifactFolder.differences artifact.Outputs (ArtifactFolder.outputs folder) do
                    $"{Path.Combine(folder, file)} {what}."
            ]

    /// The artifact of the beginning of a key, or of `STAGE/` and that; one that is none or several is an error.
    member store.Find(name: string) =
        let stage, key =
            match name.IndexOf '/' with
            | -1 -> None, name
            | at -> Some(name.Substring(0, at)), name.Substring(at + 1)

        let isMeant (artifact: Artifact) =
            (key <> "" || stage.IsSome)
            && Option.forall ((=) artifact.Stage) stage
            && artifact.Key.StartsWith(key, StringComparison.Ordinal)

        match store.All |> List.filter isMeant with
        | [ artifact ] -> artifact
        | [] ->
            raise (
                InterpException $"There is no artifact {name} in the store {root}; interp store ls lists what there is."
            )
        | several ->
            let some = several |> List.truncate 3 |> List.map _.Name |> String.concat ", "

            raise (
                InterpException
                    $"{several.Length} artifacts in the store begin with {name}, such as {some}; give more of the key."
            )

    /// Folders of work that was not completed, under way or left, with something in them.
    member internal _.Unfinished = folders work |> List.filter holdsFiles

    /// Takes away what was stopped before it left anything; nobody else may use the store.
    member internal _.RemoveEmptyWork() =
        for folder in folders work |> List.filter (holdsFiles >> not) do
            Directory.Delete(folder, true)

    /// What keeps others from computing a stage, until it is disposed of; none where another process does.
    member internal _.TryLock stage key =
        tryOpen (inWork stage key ".lock") FileAccess.ReadWrite FileShare.None

    /// The same, waited for.
    member internal store.WaitLock stage key =
        wait (fun () -> store.TryLock stage key)

    /// Held while stages run, by any number of processes, so that nothing is collected under them.
    member internal _.Use() =
        wait (fun () -> tryOpen (Path.Combine(work, "in-use.lock")) FileAccess.Read FileShare.Read)

    /// Held while artifacts are taken away; none while any process uses the store.
    member internal _.TryOwn() =
        tryOpen (Path.Combine(work, "in-use.lock")) FileAccess.ReadWrite FileShare.None

    /// Completes a stage whose lock the caller holds, unless its artifact is there: `run` leaves the outputs in its folder.
    member internal store.Complete stage key inputs (run: string -> unit) =
        if not (store.Contains stage key) then
            let work = store.WorkFolder stage key
            Directory.CreateDirectory work |> ignore

            // What a killed process was writing.
            for file in Directory.GetFiles(work, "*.tmp", SearchOption.AllDirectories) do
                File.Delete file

            run work
            ArtifactFolder.seal work stage key inputs
            store.Adopt work stage key
            store.Forget stage key

        File.Delete(inWork stage key ".lock")

    /// Gives a complete folder its place.
    member internal store.Adopt (folder: string) stage key =
        Directory.CreateDirectory(Path.Combine(root, stage)) |> ignore
        let place = store.Folder stage key

        // A folder without a record is the rest of one that was being removed.
        if Directory.Exists place then
            Directory.Delete(place, true)

        Directory.Move(folder, place)

    /// Takes an artifact away; its record goes first, so that a rest is no artifact.
    member internal store.Remove stage key =
        let folder = store.Folder stage key
        File.Delete(Path.Combine(folder, ArtifactFolder.record))
        Directory.Delete(folder, true)

    /// Runs a stage unless its artifact is there; a second process waits for the first, and takes over when that dies.
    member internal store.Make stage key inputs run =
        use _ = store.WaitLock stage key
        store.Complete stage key inputs run

    /// Notes why a stage failed, for later runs.
    member internal _.Fail stage key (message: string) =
        AtomicFile.WriteText(inWork stage key ".failed", message + "\n")

    /// Why a stage failed when it last ran.
    member internal _.Failure stage key =
        let path = inWork stage key ".failed"

        if File.Exists path then
            Some(File.ReadAllText(path).Trim())
        else
            None

    /// Lets a stage that failed run again.
    member internal _.Forget stage key = File.Delete(inWork stage key ".failed")
