/// `interp show`: an experiment cell by cell, or where an artifact came from.
module Interp.Cli.ShowCommand

open System.IO
open Argu
open Interp
open Interp.Cli.Arguments
open Interp.Runtime

type ShowOptions =
    | [<MainCommand; ExactlyOnce>] What of what: string
    | Set of edit: string
    | Spec of file: string
    | Force
    | Store of folder: string
    | Json

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | What _ ->
                "a config (a .fsx script or a spec.json), or an artifact: the beginning of its key, or STAGE/ and that; interp store ls lists them."
            | Set _ -> "of a config: PATH=VALUE, as for interp run. Repeatable."
            | Spec _ -> "of an artifact: write the spec that makes it as a file for interp run."
            | Force -> OutputFile.forceUsage
            | Store _ -> "folder of the store (default $INTERP_STORE, else .interp)."
            | Json -> "print one JSON object."

let private examples =
    [
        "show configs/demo.fsx"
        "show configs/demo.fsx --set sae.k=12 --json"
        "show train/3f2a"
        "show 3f2a --json"
        "show train/3f2a --spec again.json"
    ]

let private refuse option what other =
    raise (InterpException $"{option} belongs to {what}; '{other}' is none.")

let private show arguments =
    let options = parse<ShowOptions> "show" examples arguments
    let store = Interp.Store.Open(options.TryGetResult Store)
    let what, asJson = options.GetResult What, options.Contains Json

    // The folder of a result is called by what is in it.
    let isResult = File.Exists(Path.Combine(what, "spec.json"))

    if ConfigScript.isConfig what || isResult then
        if options.Contains Spec then
            refuse "--spec" "an artifact" what

        ShowConfig.print store what (options.GetResults Set) asJson
    else
        if options.Contains Set then
            refuse "--set" "a config" what

        let artifact = store.Find what

        match options.TryGetResult Spec with
        | Some path -> ShowKey.writeSpec store (options.Contains Force) artifact path
        | None -> ShowKey.print store asJson artifact

    0

let command =
    {
        Name = "show"
        Summary = "an experiment cell by cell, or where an artifact came from and what makes it again"
        Examples = examples
        Run = show
    }
