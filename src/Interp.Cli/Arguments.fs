/// Parses the options of one command. Errors are one sentence; numbers are read by code of our own, in the invariant culture.
module Interp.Cli.Arguments

open System
open Argu
open Interp.Runtime

/// What a command is called, what it does, and how it is typed.
[<NoEquality; NoComparison>]
type Command =
    {
        Name: string
        Summary: string
        Examples: string list
        Run: string list -> int
    }

/// Raised by --help with the text to print.
exception HelpWanted of string

let private optionNames (parser: ArgumentParser) =
    parser.GetArgumentCases() |> List.collect (fun case -> List.ofSeq case.CommandLineNames.Value)

let private refuseUnknown (name: string) (parser: ArgumentParser) (arguments: string list) =
    let known = "--help" :: optionNames parser

    for argument in arguments do
        if argument.StartsWith "--" && not (List.contains (argument.Split('=')[0]) known) then
            let hint =
                match NearestName.Of(argument, known) with
                | null -> $"see interp {name} --help"
                | near -> $"did you mean {near}?"

            raise (InterpException $"interp {name} has no option {argument}; {hint}")

let private firstSentence (message: string) =
    let line = message.Split('\n')[0]
    (if line.StartsWith "ERROR: " then line.Substring 7 else line).TrimEnd('.', '\r')

/// Parses the arguments of a command described by an Argu template.
let parse<'Template when 'Template :> IArgParserTemplate>
    (name: string)
    (examples: string list)
    (arguments: string list)
    : ParseResults<'Template> =
    let parser =
        ArgumentParser.Create<'Template>(programName = $"interp {name}", usageStringCharacterWidth = 100)

    if arguments |> List.exists (fun argument -> argument = "--help" || argument = "-h") then
        let lines = examples |> List.map (fun example -> $"    interp {example}")
        raise (HelpWanted(String.concat "\n" (parser.PrintUsage().TrimEnd() :: "" :: "EXAMPLES:" :: "" :: lines)))

    refuseUnknown name parser arguments

    try
        parser.ParseCommandLine(Array.ofList arguments, ignoreMissing = false, raiseOnUsage = false)
    with :? ArguParseException as error ->
        raise (InterpException $"interp {name}: {firstSentence error.Message}; see interp {name} --help.")

/// A whole number of at least `smallest`.
let wholeNumber option smallest (text: string) =
    match Int32.TryParse(text, Globalization.NumberStyles.None, Globalization.CultureInfo.InvariantCulture) with
    | true, number when number >= smallest -> number
    | _ -> raise (InterpException $"{option} is '{text}'; give a whole number of {smallest} or more.")

/// A finite number.
let number option (text: string) =
    match Double.TryParse(text, Globalization.NumberStyles.Float, Globalization.CultureInfo.InvariantCulture) with
    | true, number when Double.IsFinite number -> number
    | _ -> raise (InterpException $"{option} is '{text}'; give a number.")

/// A number of tokens: a whole number, or one with k, M or G behind it, such as 400k or 1.5M.
let tokenCount option (text: string) =
    let invariant = Globalization.CultureInfo.InvariantCulture

    let digits, factor =
        match text[text.Length - 1 ..].ToLowerInvariant() with
        | "k" -> text.TrimEnd('k', 'K'), 1_000m
        | "m" -> text.TrimEnd('m', 'M'), 1_000_000m
        | "g" -> text.TrimEnd('g', 'G'), 1_000_000_000m
        | _ -> text, 1m

    match Decimal.TryParse(digits, Globalization.NumberStyles.AllowDecimalPoint, invariant) with
    | true, number when
        number > 0m
        && number <= decimal Int32.MaxValue
        && number * factor <= decimal Int32.MaxValue
        && Decimal.IsInteger(number * factor)
        ->
        int (number * factor)
    | _ ->
        raise (
            InterpException
                $"{option} is '{text}'; give a number of tokens from 1 to {Int32.MaxValue}, such as 500000, 400k or 2M."
        )

/// A size of memory: a number with an optional unit, KiB, MiB or GiB.
let byteCount option (text: string) =
    let units = [ "KiB", 10; "MiB", 20; "GiB", 30; "", 0 ]

    let unit, shift =
        units |> List.find (fun (unit, _) -> text.EndsWith(unit, StringComparison.OrdinalIgnoreCase))

    let number = text.Substring(0, text.Length - unit.Length).Trim()
    let style = Globalization.NumberStyles.AllowDecimalPoint

    match Double.TryParse(number, style, Globalization.CultureInfo.InvariantCulture) with
    | true, number when number > 0.0 -> int64 (number * float (1L <<< shift))
    | _ -> raise (InterpException $"{option} is '{text}'; give a size such as 6GiB or 500MiB.")

let private quoted (text: string) =
    if text |> Seq.forall (fun c -> Char.IsLetterOrDigit c || "-_./:=,".Contains c) then
        text
    else
        "'" + text.Replace("'", "'\\''") + "'"

/// A command line as it can be typed again.
let typed words =
    "./" + String.concat " " (List.map quoted words)

/// What `--model` takes.
let models =
    "world, a Hugging Face folder, a .gguf file, or org/name of a downloaded model"

/// What `--corpus` takes.
let texts =
    "world, a .txt, .jsonl, .csv or .tsv file (each also .gz), a .parquet file, a folder of these, - for standard input, or mix:0.7=A;0.3=B of these"

/// Finds a command by name; a misspelt one is an error that names the nearest, or says where all are named.
let find what otherwise (commands: Command list) name =
    match commands |> List.tryFind (fun command -> command.Name = name) with
    | Some command -> command
    | None ->
        let hint =
            match NearestName.Of(name, commands |> List.map _.Name) with
            | null -> otherwise
            | near -> $"did you mean '{near}'?"

        raise (InterpException $"There is no {what} '{name}'; {hint}")

/// A command whose first argument names one of several.
let group name summary usage (commands: Command list) =
    let examples = commands |> List.collect _.Examples
    let names = commands |> List.map _.Name |> String.concat ", "

    {
        Name = name
        Summary = summary
        Examples = examples
        Run =
            function
            | []
            | [ "--help" ]
            | [ "-h" ] ->
                let line (command: Command) =
                    $"    {command.Name, -12}{command.Summary}"

                raise (
                    HelpWanted(
                        String.concat
                            "\n"
                            ([ usage; "" ]
                             @ List.map line commands
                             @ [ ""; "EXAMPLES:"; "" ]
                             @ List.map (fun example -> $"    interp {example}") examples)
                    )
                )
            | what :: rest -> (find $"'{name}' command" $"there are {names}." commands what).Run rest
    }
