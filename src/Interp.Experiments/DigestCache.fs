namespace Interp

open System
open System.Collections.Concurrent
open System.Collections.Generic
open System.Globalization
open System.IO
open Interp.Formats

/// Digests of large files, kept beside the store under the files' sizes and times, so that a plan costs nothing.
type internal DigestCache(storeRoot: string) =
    let path = Path.Combine(storeRoot, "digests.json")

    let remembered =
        let stored =
            if File.Exists path then
                match Canonical.parse (File.ReadAllText path) with
                | Ok(Canon.Fields fields) -> fields
                | _ -> []
            else
                []

        ConcurrentDictionary<string, string>(
            stored
            |> Seq.choose (function
                | name, Canon.Text digest -> Some(KeyValuePair(name, digest))
                | _ -> None)
        )

    /// Path, size and time of a file, or of each file of a folder.
    let stamp (path: string) =
        let files =
            if Directory.Exists path then
                Directory.GetFiles path |> Array.sortWith (fun a b -> String.CompareOrdinal(a, b))
            elif File.Exists path then
                [| path |]
            else
                [||]

        files
        |> Array.map (fun file ->
            let info = FileInfo file

            String.Format(
                CultureInfo.InvariantCulture,
                "{0}|{1}|{2}",
                Path.GetFullPath file,
                info.Length,
                info.LastWriteTimeUtc.Ticks
            ))
        |> String.concat "\n"

    /// What was computed from a file or folder as it is now, or what that gives.
    member _.Remember (kind: string) (source: string) (compute: unit -> string) =
        let name = Canonical.digest (Canon.Text $"{kind}\n{stamp source}")

        match remembered.TryGetValue name with
        | true, digest -> digest
        | _ ->
            let digest = compute ()
            remembered[name] <- digest

            lock remembered (fun () ->
                AtomicFile.WriteText(
                    path,
                    Canonical.print (Canon.Fields [ for pair in remembered -> pair.Key, Canon.Text pair.Value ])
                ))

            digest
