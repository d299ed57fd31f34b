/// `interp show`: an experiment cell by cell, or where an artifact came from.
module Interp.Cli.ShowCommand

open Interp.Cli.Arguments

let private examples =
    [
        "show configs/demo.fsx"
        "show configs/demo.fsx --set sae.k=12 --json"
        "show train/3f2a"
        "show 3f2a --json"
        "show train/3f2a --spec again.json"
    ]

/// An argument that ends in .fsx or .json is a config, unless it is the file that --spec writes; anything else is a key.
let private namesConfig (arguments: string list) =
    "" :: arguments
    |> List.pairwise
    |> List.exists (fun (before, argument) -> before <> "--spec" && ShowConfig.isConfig argument)

let private show arguments =
    if namesConfig arguments then
        ShowConfig.run examples arguments
    else
        ShowKey.run examples arguments

let command =
    {
        Name = "show"
        Summary = "an experiment cell by cell, or where an artifact came from and what makes it again"
        Examples = examples
        Run = show
    }
