namespace Interp

open System
open System.IO
open System.IO.Compression
open System.Security.Cryptography

/// What is noted of an input's file, so that a later plan can say how it changed.
type internal FileFacts =
    {
        /// Without its folder.
        Name: string
        Bytes: int64
        /// Lines of text, also of compressed text; none of other files.
        Lines: int64 option
        /// SHA-256 of the bytes.
        Digest: string
    }

[<RequireQualifiedAccess>]
module internal FileFacts =
    let private isText (path: string) =
        [ ".txt"; ".jsonl"; ".csv"; ".tsv" ]
        |> List.exists (fun ending ->
            path.EndsWith(ending, StringComparison.OrdinalIgnoreCase)
            || path.EndsWith(ending + ".gz", StringComparison.OrdinalIgnoreCase))

    /// Ends of lines; a last line counts without one.
    let private countLines (stream: Stream) =
        let buffer = Array.zeroCreate<byte>(1 <<< 16)

        let rec count lines last =
            match stream.Read(buffer, 0, buffer.Length) with
            | 0 -> if last = '\n'B then lines else lines + 1L
            | read ->
                let ends = MemoryExtensions.Count(ReadOnlySpan(buffer, 0, read), '\n'B)
                count (lines + int64 ends) buffer[read - 1]

        count 0L '\n'B

    /// Reads a file once for its digest and, where it is text, once for its lines.
    let ofFile (path: string) =
        use bytes = File.OpenRead path
        let digest = Convert.ToHexStringLower(SHA256.HashData bytes)
        bytes.Position <- 0L

        {
            Name = string (Path.GetFileName path)
            Bytes = bytes.Length
            Lines =
                if not (isText path) then
                    None
                elif path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) then
                    use text = new GZipStream(bytes, CompressionMode.Decompress)
                    Some(countLines text)
                else
                    Some(countLines bytes)
            Digest = digest
        }

    let toCanon facts =
        Canon.Fields
            [
                "name", Canon.Text facts.Name
                "bytes", Canon.Integer facts.Bytes
                match facts.Lines with
                | Some lines -> "lines", Canon.Integer lines
                | None -> ()
                "digest", Canon.Text facts.Digest
            ]

    let ofCanon value =
        let integer name =
            match Canonical.tryField name value with
            | Some(Canon.Integer number) -> Some number
            | _ -> None

        match Canonical.tryText "name" value, integer "bytes", Canonical.tryText "digest" value with
        | Some name, Some bytes, Some digest ->
            Some
                {
                    Name = name
                    Bytes = bytes
                    Lines = integer "lines"
                    Digest = digest
                }
        | _ -> None

    let private change before now =
        let by unit (difference: int64) =
            let plural = if abs difference = 1L then "" else "s"
            $"""{abs difference} {unit}{plural} {if difference > 0L then "added" else "removed"}"""

        match before.Lines, now.Lines with
        | Some a, Some b when a <> b -> by "line" (b - a)
        | Some _, Some _ -> "other text in as many lines"
        | _ when before.Bytes <> now.Bytes -> by "byte" (now.Bytes - before.Bytes)
        | _ -> "other bytes"

    /// How files changed, a phrase for each that did.
    let differences before now =
        let byName facts =
            facts |> List.map (fun file -> file.Name, file) |> Map.ofList

        let before, now = byName before, byName now

        [
            for name in Set.union (Set.ofSeq before.Keys) (Set.ofSeq now.Keys) do
                match Map.tryFind name before, Map.tryFind name now with
                | Some a, Some b when a.Digest = b.Digest -> ()
                | Some a, Some b -> $"file {name}, {change a b}"
                | None, _ -> $"file {name} is new"
                | _, None -> $"file {name} is gone"
        ]
