/// `interp store ls` and `interp store du`: what the store holds.
module Interp.Cli.StoreListing

open System
open System.IO
open Argu
open Interp
open Interp.Cli.Arguments
open Interp.Cli.Json

let internal storeUsage =
    "folder of the store (default $INTERP_STORE, else .interp)."

let internal jsonUsage = "print one JSON object."

/// What `ls` and `du` tell of an artifact.
[<NoEquality; NoComparison>]
type private Entry =
    {
        Artifact: Artifact
        Bytes: int64
        Completed: DateTime
        Cells: string list
        Experiments: string list
        Pinned: bool
    }

let private entries (store: Interp.Store) =
    let needed =
        StoreNeeds.find (Inputs store.Root) store (StoreNeeds.experiments store)

    store.All
    |> List.map (fun artifact ->
        let folder = store.Folder artifact.Stage artifact.Key

        {
            Artifact = artifact
            Bytes = ArtifactFolder.bytes folder
            Completed = File.GetLastWriteTimeUtc(Path.Combine(folder, ArtifactFolder.record))
            Cells = Provenance.cells store artifact
            Experiments = fst (needed artifact)
            Pinned = StoreNeeds.isPinned store artifact
        })

type ListOptions =
    | Store of folder: string
    | Json

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | Store _ -> storeUsage
            | Json -> jsonUsage

let private age (completed: DateTime) =
    Amounts.time (max 0.0 (DateTime.UtcNow - completed).TotalSeconds)

let private stamp (time: DateTime) =
    time.ToString("yyyy-MM-ddTHH:mm:ssZ", Globalization.CultureInfo.InvariantCulture)

let private entryJson entry =
    Fields
        [
            "stage", Text entry.Artifact.Stage
            "key", Text entry.Artifact.Key
            "bytes", Integer entry.Bytes
            "completed", Text(stamp entry.Completed)
            "cells", Items(List.map Text entry.Cells)
            "results", Items(List.map Text entry.Experiments)
            "pinned", Flag entry.Pinned
        ]

/// A line for an entry, the names of stages and of cells in columns of some width.
let private line stages cells entry =
    let by =
        entry.Experiments @ (if entry.Pinned then [ "a pin" ] else [])
        |> function
            | [] -> "nothing needs it"
            | names -> "for " + String.concat ", " names

    $"{entry.Artifact.Stage.PadRight stages} {entry.Artifact.Key.Substring(0, 12)}  {Amounts.bytes entry.Bytes, 10}  {age entry.Completed, 10} ago  {(Amounts.cells entry.Cells).PadRight cells}  {by}"

/// Lists all artifacts.
let ls arguments =
    let options = parse<ListOptions> "store ls" [ "store ls" ] arguments
    let store = Interp.Store.Open(options.TryGetResult Store)
    let entries = entries store

    if options.Contains Json then
        printfn "%s" (render (Fields [ "store", Text store.Root; "artifacts", Items(List.map entryJson entries) ]))
    elif entries.IsEmpty then
        printfn "The store %s is empty; interp run fills it." store.Root
    else
        let widest text =
            entries |> List.map (text >> String.length) |> List.max

        entries
        |> List.iter (line (widest _.Artifact.Stage) (widest (_.Cells >> Amounts.cells)) >> printfn "%s")

    0

/// Bytes by kind of stage.
let du arguments =
    let options = parse<ListOptions> "store du" [ "store du" ] arguments
    let store = Interp.Store.Open(options.TryGetResult Store)

    let stages =
        store.All
        |> List.groupBy _.Stage
        |> List.map (fun (stage, artifacts) ->
            stage,
            artifacts.Length,
            artifacts
            |> List.sumBy (fun artifact -> ArtifactFolder.bytes (store.Folder artifact.Stage artifact.Key)))

    let unfinished =
        store.Unfinished.Length, store.Unfinished |> List.sumBy ArtifactFolder.bytes

    let total = snd unfinished + (stages |> List.sumBy (fun (_, _, bytes) -> bytes))

    if options.Contains Json then
        let part count bytes =
            [ "count", Integer(int64<int> count); "bytes", Integer bytes ]

        printfn
            "%s"
            (render (
                Fields
                    [
                        "store", Text store.Root
                        "stages",
                        stages
                        |> List.map (fun (stage, count, bytes) -> Fields(("stage", Text stage) :: part count bytes))
                        |> Items
                        "unfinished", Fields(unfinished ||> part)
                        "bytes", Integer total
                    ]
            ))
    else
        let width =
            "unfinished" :: (stages |> List.map (fun (stage, _, _) -> stage))
            |> List.map String.length
            |> List.max

        let line (title: string) count bytes =
            printfn "%s %5s  %10s" (title.PadRight width) count (Amounts.bytes bytes)

        for stage, count, bytes in stages do
            line stage (string<int> count) bytes

        line "unfinished" (string (fst unfinished)) (snd unfinished)
        line "together" "" total

    0
