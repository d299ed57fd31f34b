namespace Interp

open System
open System.Formats.Tar
open System.IO
open Interp.Runtime

[<RequireQualifiedAccess>]
module internal StoreArchive =
    let export (store: Store) (artifacts: Artifact list) (path: string) =
        Interp.Formats.AtomicFile.Write(
            path,
            fun stream ->
                use tar = new TarWriter(stream, TarEntryFormat.Ustar, leaveOpen = true)

                for artifact in artifacts do
                    let folder = store.Folder artifact.Stage artifact.Key

                    let about =
                        [ ArtifactFolder.record; ArtifactFolder.provenance ]
                        |> List.filter (fun file -> File.Exists(Path.Combine(folder, file)))

                    for file in about @ ArtifactFolder.files folder do
                        use content = File.OpenRead(Path.Combine(folder, file))

                        tar.WriteEntry(
                            UstarTarEntry(
                                TarEntryType.RegularFile,
                                $"{artifact.Name}/{file}",
                                DataStream = content,
                                Mode = enum<UnixFileMode> 0o644,
                                ModificationTime = DateTimeOffset.UnixEpoch
                            )
                        )
        )

    let refuse path why =
        raise (InterpException $"{path} is no archive of artifacts: {why}. Nothing of it was taken.")

    /// A name of a part of a path that stays where it is put.
    let isPlain (part: string) =
        part <> ""
        && part <> "."
        && part <> ".."
        && part |> Seq.forall (fun c -> c <> '\\' && c <> ':' && not (Char.IsControl c))

    /// Unpacks regular files below a folder, two folders deep at least; anything else is refused.
    let unpack path (folder: string) =
        use stream = File.OpenRead path
        use tar = new TarReader(stream)

        let rec next () =
            match tar.GetNextEntry() with
            | null -> ()
            | entry ->
                let parts = entry.Name.Split '/'

                if entry.EntryType <> TarEntryType.RegularFile && entry.EntryType <> TarEntryType.V7RegularFile then
                    refuse path $"'{entry.Name}' is a {entry.EntryType} and no file"

                if parts.Length < 3 || not (Array.forall isPlain parts) then
                    refuse path $"'{entry.Name}' is not STAGE/KEY/FILE"

                let target = Path.Combine(folder, entry.Name)

                Directory.CreateDirectory(Path.Combine(folder, String.Join('/', parts[.. parts.Length - 2])))
                |> ignore

                entry.ExtractToFile(target, overwrite = false)
                // Archives have no times; an artifact's age is how long it is in this store.
                File.SetLastWriteTimeUtc(target, DateTime.UtcNow)
                next ()

        try
            next ()
        with
        | :? InvalidDataException
        | :? FormatException
        | :? EndOfStreamException -> refuse path "it is damaged or no .tar file"

    /// The artifact in an unpacked folder, if it is what it says: its name that of its key, its key the digest of its inputs, its files
    /// those of its digests.
    let believe (store: Store) path (folder: string) =
        match store.Faults folder, ArtifactFolder.tryRead folder with
        | [], Some artifact when List.contains artifact.Stage Stage.names -> artifact
        | [], _ -> refuse path $"there is no stage of {ArtifactFolder.name folder}"
        | fault :: _, _ -> refuse path (fault.Replace(folder, ArtifactFolder.name folder).TrimEnd '.')

    let import (store: Store) (path: string) =
        use _ = store.Use()
        let folder = Path.Combine(store.Root, "work", $"import-{Guid.NewGuid():N}")
        Directory.CreateDirectory folder |> ignore

        try
            unpack path folder

            let artifacts =
                Directory.GetDirectories folder
                |> Array.collect Directory.GetDirectories
                |> Array.sortWith (fun a b -> String.CompareOrdinal(a, b))
                |> Array.map (fun unpacked -> unpacked, believe store path unpacked)
                |> List.ofArray

            if artifacts.IsEmpty then
                refuse path "it holds none"

            let known, fresh =
                artifacts |> List.partition (fun (_, artifact) -> store.Contains artifact.Stage artifact.Key)

            for _, artifact in known do
                match store.TryRead artifact.Stage artifact.Key with
                | Some here when here.Common <> artifact.Common ->
                    refuse
                        path
                        $"{artifact.Name} is in the store with other outputs; interp check tells which are right"
                | _ -> ()

            let taken =
                fresh
                |> List.filter (fun (unpacked, artifact) ->
                    use held = store.WaitLock artifact.Stage artifact.Key
                    ignore held
                    let isNew = not (store.Contains artifact.Stage artifact.Key)

                    if isNew then
                        store.Adopt unpacked artifact.Stage artifact.Key

                    isNew)

            List.map snd taken, List.map snd known
        finally
            Directory.Delete(folder, true)
