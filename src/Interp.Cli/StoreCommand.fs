/// `interp store`: what the store holds, and taking from it and giving to it.
module Interp.Cli.StoreCommand

open System.IO
open Argu
open Interp
open Interp.Cli.Arguments
open Interp.Cli.Json
open Interp.Cli.StoreListing
open Interp.Runtime

type CollectOptions =
    | Yes
    | Store of folder: string
    | Json

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | Yes -> "remove; without it, only what would be removed is listed."
            | Store _ -> storeUsage
            | Json -> jsonUsage

let private gc arguments =
    let options =
        parse<CollectOptions> "store gc" [ "store gc"; "store gc --yes" ] arguments

    let store = Interp.Store.Open(options.TryGetResult CollectOptions.Store)
    let removes = options.Contains Yes

    let garbage =
        (if removes then
             StoreCollection.collect
         else
             StoreCollection.find)
            (Inputs store.Root)
            store
            (StoreNeeds.experiments store)

    if options.Contains CollectOptions.Json then
        printfn
            "%s"
            (render (
                Fields
                    [
                        "removed", Flag removes
                        "artifacts", Items(garbage.Artifacts |> List.map (fun artifact -> Text artifact.Name))
                        "unfinished",
                        Items(garbage.Unfinished |> List.map (fun folder -> Text(DirectoryInfo(folder).Name)))
                        "bytes", Integer garbage.Bytes
                    ]
            ))
    else
        for artifact in garbage.Artifacts do
            printfn "%s" artifact.Name

        for folder in garbage.Unfinished do
            printfn "work/%s, which was stopped" (DirectoryInfo(folder).Name)

        let count = garbage.Artifacts.Length + garbage.Unfinished.Length

        match count, removes with
        | 0, _ -> printfn "Everything in the store is needed by a result or a pin."
        | _, true -> printfn "%d removed, %s." count (Amounts.bytes garbage.Bytes)
        | _, false ->
            printfn
                "%d would be removed, %s, which no named result and no pin needs; --yes removes them."
                count
                (Amounts.bytes garbage.Bytes)

    0

type KeyOptions =
    | [<MainCommand; ExactlyOnce>] Key of key: string
    | Store of folder: string

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | Key _ -> "the beginning of a key, or STAGE/ and that."
            | Store _ -> storeUsage

let private onKey name example change (words: string) arguments =
    let options = parse<KeyOptions> name [ example ] arguments
    let store = Interp.Store.Open(options.TryGetResult KeyOptions.Store)
    let artifact = store.Find(options.GetResult Key)
    change store artifact
    printfn "%s %s" artifact.Name words
    0

type ExportOptions =
    | [<MainCommand; ExactlyOnce>] Export of key: string * file: string
    | With_Needs
    | Force
    | Store of folder: string

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | Export _ -> "the beginning of a key, or STAGE/ and that; and the .tar file to write."
            | With_Needs -> "also what it was made from."
            | Force -> OutputFile.forceUsage
            | Store _ -> storeUsage

let private exportExample = "store export train/3f2a train.tar"

let private export arguments =
    let options = parse<ExportOptions> "store export" [ exportExample ] arguments
    let store = Interp.Store.Open(options.TryGetResult ExportOptions.Store)
    let key, file = options.GetResult Export

    OutputFile.refuseTaken (options.Contains Force) file

    let rec withNeeds (artifact: Artifact) =
        artifact
        :: (artifact.Needs
            |> List.choose (fun (stage, key) -> store.TryRead stage key)
            |> List.collect withNeeds)

    let artifacts =
        match store.Find key with
        | artifact when options.Contains With_Needs ->
            withNeeds artifact |> List.distinctBy _.Name |> List.sortBy _.Name
        | artifact -> [ artifact ]

    StoreArchive.export store artifacts file

    for artifact in artifacts do
        printfn "%s" artifact.Name

    0

type ImportOptions =
    | [<MainCommand; ExactlyOnce>] Archive of path: string
    | Store of folder: string

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | Archive _ -> "a .tar file of interp store export."
            | Store _ -> storeUsage

let private import arguments =
    let options =
        parse<ImportOptions> "store import" [ "store import train.tar" ] arguments

    let path = options.GetResult Archive

    if not (File.Exists path) then
        raise (InterpException $"There is no file {path}; give one that interp store export wrote.")

    let taken, known =
        StoreArchive.import (Interp.Store.Open(options.TryGetResult ImportOptions.Store)) path

    for artifact in taken do
        printfn "%s" artifact.Name

    for artifact in known do
        printfn "%s was there, the same" artifact.Name

    0

let private single name summary example run =
    {
        Name = name
        Summary = summary
        Examples = [ example ]
        Run = run
    }

let command =
    group
        "store"
        "artifacts on disk: ls, du, gc, pin, unpin, export, import"
        "USAGE: interp store ls|du|gc|pin|unpin|export|import [OPTIONS]"
        [
            single "ls" "all artifacts, with size, age, cells and what needs them" "store ls" ls
            single "du" "disk by kind of stage" "store du" du
            single "gc" "what no named result and no pin needs; --yes removes it" "store gc" gc
            single
                "pin"
                "keep an artifact and what it was made from"
                "store pin train/3f2a"
                (onKey "store pin" "store pin train/3f2a" StoreNeeds.pin "is kept until interp store unpin.")
            single
                "unpin"
                "take a pin back"
                "store unpin train/3f2a"
                (onKey "store unpin" "store unpin train/3f2a" StoreNeeds.unpin "has no pin.")
            single "export" "write an artifact as a .tar file" exportExample export
            single "import" "take artifacts from a .tar file, if their digests hold" "store import train.tar" import
        ]
