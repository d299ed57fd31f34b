/// `interp show`: where an artifact came from.
module Interp.Cli.ShowCommand

open Interp.Cli.Arguments
open Interp.Runtime

let private examples =
    [ "show train/3f2a"; "show 3f2a --json"; "show train/3f2a --spec again.json" ]

/// The file of a config, where there is one among the arguments; anything else is a key.
let private config (arguments: string list) =
    arguments
    |> List.tryFind (fun argument -> argument.EndsWith ".fsx" || argument.EndsWith ".json")
    |> Option.filter (fun _ -> not (List.contains "--spec" arguments))

let private show arguments =
    match config arguments with
    | Some config ->
        raise (InterpException $"interp show takes a key, not the config {config}; see interp plan {config}.")
    | None -> ShowKey.run examples arguments

let command =
    {
        Name = "show"
        Summary = "where an artifact came from, and what makes it again"
        Examples = examples
        Run = show
    }
