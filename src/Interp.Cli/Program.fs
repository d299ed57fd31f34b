/// Finds the command, runs it, and turns errors into one sentence and an exit code.
module Interp.Cli.Program

open System
open System.Globalization
open System.IO
open Interp.Cli.Arguments
open Interp.Runtime

/// All commands; a new one is a file and a line here.
let private commands =
    [
        RunCommand.run'
        RunCommand.plan'
        NewCommand.command
        SchemaCommand.command
        ResultsCommand.command
        DiffCommand.command
        ReportCommand.command
        ExtractCommand.command
        AtlasCommand.command
        ActivationsCommand.command
        ShowCommand.command
        CheckCommand.command
        StoreCommand.command
        ExportCommand.command
        InspectCommand.command
        VerifyCommand.command
        GenerateCommand.command
        StudioCommand.command
        BenchCommand.command
        WorldCommand.command
        DoctorCommand.command
    ]

let private help () =
    let line (command: Command) =
        $"    {command.Name, -12}{command.Summary}"

    String.concat
        "\n"
        ([
            "Interp: experiments in mechanistic interpretability."
            ""
            "USAGE: interp COMMAND [OPTIONS]"
            ""
         ]
         @ List.map line commands
         @ [
             "    test        run all tests; --slow for the long ones too"
             ""
             "interp COMMAND --help says more."
         ])

let private named name =
    find "command" "see interp --help" commands name

/// `interp help run` is `interp run --help`, and `interp help store gc` that of a part of a command.
let private commandHelp words =
    (named (List.head words)).Run(List.tail words @ [ "--help" ])

let private version () =
    let attribute = typeof<Command>.Assembly.GetName().Version |> Option.ofObj
    attribute |> Option.map (fun version -> version.ToString 3) |> Option.defaultValue "unknown"

let private run arguments =
    match arguments with
    | []
    | [ "--help" ]
    | [ "-h" ]
    | [ "help" ] ->
        printfn "%s" (help ())
        0
    | [ "--version" ] ->
        printfn "interp %s" (version ())
        0
    | "help" :: words -> commandHelp words
    | name :: rest -> (named name).Run rest

/// Why libtorch did not load, in the words of its loader.
let private libtorchProblem () =
    try
        Libtorch.Load() |> ignore
        "libtorch did not initialise; see interp doctor."
    with :? InterpException as error ->
        error.Message

[<EntryPoint>]
let main arguments =
    CultureInfo.DefaultThreadCurrentCulture <- CultureInfo.InvariantCulture
    CultureInfo.CurrentCulture <- CultureInfo.InvariantCulture

    try
        run (List.ofArray arguments)
    with
    | HelpWanted text ->
        printfn "%s" text
        0
    | :? InterpException as error ->
        eprintfn "%s" error.Message
        2
    | :? OperationCanceledException -> 130
    | :? TypeInitializationException as error when error.TypeName = "TorchSharp.torch" ->
        eprintfn "%s" (libtorchProblem ())
        2
    | :? IOException
    | :? UnauthorizedAccessException as error ->
        eprintfn "%s Check the path, its permissions and the free space." (error.Message.Split('\n')[0])
        2
    | error ->
        eprintfn
            "%s: %s Please report this with the command that led to it."
            (error.GetType().Name)
            (error.Message.Split('\n')[0])

        if Environment.GetEnvironmentVariable "INTERP_TRACE" = "1" then
            eprintfn "%O" error

        2
