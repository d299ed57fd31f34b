/// `interp report`: a result as one web page.
module Interp.Cli.ReportCommand

open System.IO
open Argu
open Interp
open Interp.Cli.Arguments
open Interp.Cli.Json
open Interp.Runtime

type ReportOptions =
    | [<MainCommand; ExactlyOnce>] Name of name: string
    | Output of file: string
    | Force
    | Json

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | Name _ -> "name of a result, or a folder with a table.csv."
            | Output _ -> "the file to write (default: report.html in the folder of the result, which is written anew)."
            | Force -> OutputFile.forceUsage
            | Json -> "print one JSON object."

let private examples = [ "report demo"; "report demo --output demo.html" ]

let private run arguments =
    let options = parse<ReportOptions> "report" examples arguments
    let name = options.GetResult Name
    let page = ReportPage.load name

    let file, force =
        match options.TryGetResult Output with
        | Some file -> file, options.Contains Force
        | None ->
            [ Results.folder name; name ]
            |> List.tryFind Directory.Exists
            |> Option.map (fun folder -> Path.Combine(folder, "report.html"), true)
            |> Option.defaultWith (fun () ->
                raise (InterpException $"{name} is no folder; say where the report goes with --output."))

    OutputFile.write force file page

    if options.Contains Json then
        printfn "%s" (render (Fields [ "file", Text file; "bytes", Integer (FileInfo file).Length ]))
    else
        printfn "%s: one page of %s that loads nothing from elsewhere." file (Amounts.bytes (FileInfo file).Length)

    0

let command =
    {
        Name = "report"
        Summary = "a result as one web page: table, charts, settings, provenance"
        Examples = examples
        Run = run
    }
