namespace Interp

open System
open System.IO
open FSharp.Compiler.Diagnostics
open FSharp.Compiler.Interactive.Shell
open Interp.Runtime

/// Reads an experiment from a script, whose last value it is, or from JSON. What a script gave is kept by content, so that an
/// unchanged one starts without a compiler: a config is a function of its text and of what it loads, and of nothing else.
[<RequireQualifiedAccess>]
module ConfigScript =
    let private references = ConfigCache.assemblies

    /// Lines that bring the framework into an editor and into `dotnet fsi`; here it is there already.
    let private isFrameworkLoad (line: string) =
        let line = line.TrimStart()

        line.StartsWith("#load", StringComparison.Ordinal)
        && line.TrimEnd().EndsWith("interp.fsx\"", StringComparison.Ordinal)

    let private withoutFramework (text: string) =
        text.Split('\n')
        |> Array.map (fun line -> if isFrameworkLoad line then "" else line)
        |> String.concat "\n"

    /// A file as it is named from here, or in full where it lies elsewhere.
    let private shown (path: string) =
        match Path.GetRelativePath(".", path) with
        | relative when relative.StartsWith ".." -> path
        | relative -> relative

    /// Each error with its file, line and column.
    let private sentence (diagnostic: FSharpDiagnostic) =
        let message =
            diagnostic.Message.Split('\n') |> Array.map _.Trim() |> String.concat " "

        $"{shown diagnostic.FileName}({diagnostic.StartLine},{diagnostic.StartColumn + 1}): {message}"

    /// Runs code whose printing goes to standard error, because standard output is the command's.
    let private quietly work =
        let output = Console.Out
        Console.SetOut Console.Error

        try
            work ()
        finally
            Console.SetOut output

    let private evaluate (path: string) (text: string) =
        let arguments =
            [|
                "interp"
                "--noninteractive"
                "--nologo"
                "--quiet"
                "--gui-"
                $"--lib:{Path.GetDirectoryName path}"
                for assembly in references do
                    $"-r:{assembly.Location}"
            |]

        use output = new StringWriter()

        use session =
            FsiEvaluationSession.Create(
                FsiEvaluationSession.GetDefaultConfiguration(),
                arguments,
                new StringReader "",
                output,
                output,
                collectible = false
            )

        let result, diagnostics =
            quietly (fun () -> session.EvalInteractionNonThrowing($"# 1 @\"{path}\"\n{withoutFramework text}\n", path))

        match
            diagnostics
            |> Array.filter (fun item -> item.Severity = FSharpDiagnosticSeverity.Error)
            |> Array.map sentence
        with
        | [||] ->
            match result with
            | Choice1Of2(Some value) ->
                match value.ReflectionValue with
                | :? Experiment as experiment -> experiment
                | _ ->
                    raise (
                        InterpException
                            $"The last value of {shown path} is of type {value.ReflectionType.Name}, not an Experiment; end the script with the experiment."
                    )
            | Choice1Of2 None ->
                raise (InterpException $"{shown path} ends without a value; end the script with the experiment.")
            | Choice2Of2 error ->
                let inner = error.GetBaseException()
                raise (InterpException($"{shown path} failed: {inner.Message.Split('\n')[0]}", inner))
        | errors -> raise (InterpException(errors |> Array.distinct |> String.concat "\n"))

    let private parse path text =
        match ExperimentFile.parse text with
        | Ok experiment -> experiment
        | Error errors ->
            raise (InterpException(errors |> List.map (fun error -> $"{path}: {error}") |> String.concat "\n"))

    let private ends (ending: string) (path: string) =
        path.EndsWith(ending, StringComparison.OrdinalIgnoreCase)

    /// Whether a name is that of a config: a script or JSON.
    let internal isConfig path = ends ".fsx" path || ends ".json" path

    let private configsNear (path: string) =
        let folder =
            Path.GetDirectoryName(Path.GetFullPath path) |> Option.ofObj |> Option.defaultValue "."

        [ folder; "configs" ]
        |> List.filter Directory.Exists
        |> List.collect (fun folder -> Directory.GetFiles(folder, "*.fsx") |> List.ofArray)
        |> List.map (fun file -> Path.GetRelativePath(".", file))

    /// Refuses what can be no config, before anything reads or compiles it.
    let private check (path: string) =
        if Directory.Exists path then
            let inside = Path.Combine(path, "spec.json")

            let hint =
                if File.Exists inside then
                    $"give the {inside} in it"
                else
                    "give a .fsx script or a spec.json"

            raise (InterpException $"{path} is a folder and no config; {hint}.")

        if not (File.Exists path) then
            let hint =
                match NearestName.Of(path, configsNear path) with
                | null -> "give a .fsx script or a spec.json"
                | near -> $"did you mean {near}?"

            raise (InterpException $"There is no config {path}; {hint}")

        if not (isConfig path) then
            raise (
                InterpException
                    $"{path} is no config; give a .fsx script whose last value is an experiment, or a spec.json."
            )

    /// The experiment of a .fsx or .json file.
    let load (storeRoot: string) (path: string) =
        check path

        let text =
            try
                File.ReadAllText path
            with
            | :? IOException
            | :? UnauthorizedAccessException as error ->
                raise (InterpException($"The config {path} cannot be read: {error.Message}", error))

        if ends ".json" path then
            parse path text
        else
            ConfigCache.remember storeRoot path text (fun () -> evaluate (Path.GetFullPath path) text)
