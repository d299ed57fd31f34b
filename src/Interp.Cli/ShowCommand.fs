/// `interp show`: an experiment cell by cell.
module Interp.Cli.ShowCommand

open Interp.Cli.Arguments

let private examples =
    [
        "show configs/demo.fsx"
        "show configs/demo.fsx --set sae.k=12 --json"
        "show results/demo/spec.json"
    ]

let command =
    {
        Name = "show"
        Summary = "an experiment cell by cell, with digests"
        Examples = examples
        Run = ShowConfig.run examples
    }
