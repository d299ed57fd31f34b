/// `interp schema`: the JSON Schema of spec.json.
module Interp.Cli.SchemaCommand

open Argu
open Interp
open Interp.Cli.Arguments

type private Options =
    | Output of path: string
    | Force

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | Output _ -> "a file to write; without it the schema is printed."
            | Force -> OutputFile.forceUsage

let private examples = [ "schema"; "schema --output spec.schema.json" ]

let private run arguments =
    let options = parse<Options> "schema" examples arguments
    let text = Canonical.print Schema.experiment

    match options.TryGetResult Output with
    | Some path ->
        OutputFile.write (options.Contains Force) path text
        printfn "%s" path
    | None -> printf "%s" text

    0

let command =
    {
        Name = "schema"
        Summary = "the JSON Schema (draft 2020-12) of spec.json, for editors and other programs"
        Examples = examples
        Run = run
    }
