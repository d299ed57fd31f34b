/// `interp check`: the alarm for lost determinism.
module Interp.Cli.CheckCommand

open Argu
open Interp
open Interp.Cli.Arguments
open Interp.Cli.Json
open Interp.Runtime

type CheckOptions =
    | [<MainCommand; ExactlyOnce>] Key of key: string
    | Threads of count: string
    | Store of folder: string
    | Json

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | Key _ -> "the beginning of an artifact's key, or STAGE/ and that; interp store ls lists them."
            | Threads _ -> "threads (default: all processors); results do not depend on it."
            | Store _ -> "folder of the store (default $INTERP_STORE, else .interp)."
            | Json -> "print one JSON object."

let private examples = [ "check train/3f2a"; "check 3f2a --json" ]

let private check arguments =
    let options = parse<CheckOptions> "check" examples arguments

    options.TryGetResult Threads
    |> Option.iter (fun text -> Workers.Count <- wholeNumber "--threads" 1 text)

    let store = Interp.Store.Open(options.TryGetResult Store)
    let artifact = store.Find(options.GetResult Key)
    let count = Progress.counter artifact.Name

    // Bytes that rotted on disk are no lost determinism: they are told apart.
    let faults = store.Faults(store.Folder artifact.Stage artifact.Key)

    Interruption.stoppable (typed ("interp" :: "check" :: arguments)) (fun cancel ->
        let differences =
            Recheck.run (Inputs store.Root) store (fun done' total _ -> count done' total) cancel artifact

        if options.Contains Json then
            let file (name, what) =
                Fields [ "file", Text name; "what", Text what ]

            printfn
                "%s"
                (render (
                    Fields
                        [
                            "stage", Text artifact.Stage
                            "key", Text artifact.Key
                            "same", Flag(differences.IsEmpty && faults.IsEmpty)
                            "differences", Items(List.map file differences)
                            "on_disk", Items(List.map Text faults)
                        ]
                ))
        else
            match differences, faults with
            | [], [] -> printfn "%s is the same, %d files." artifact.Name artifact.Outputs.Length
            | differences, faults ->
                for file, what in differences do
                    printfn "%s/%s %s when it is made again." artifact.Name file what

                for fault in faults do
                    printfn "On disk: %s" fault

        if differences.IsEmpty && faults.IsEmpty then 0 else 1)

let command =
    {
        Name = "check"
        Summary = "run a stage again beside its artifact and compare the bytes; exits 0 same, 1 differs"
        Examples = examples
        Run = check
    }
