namespace Interp

open System
open System.IO
open FSharp.Compiler.Diagnostics
open FSharp.Compiler.Interactive.Shell
open Interp.Formats
open Interp.Runtime

/// Reads an experiment from a script, whose last value it is, or from JSON. What a script gave is kept by the content of
/// the script, so that an unchanged one starts without a compiler.
[<RequireQualifiedAccess>]
module ConfigScript =
    let private references = [ typeof<Spec>.Assembly; typeof<InterpException>.Assembly ]

    let private cacheFile (storeRoot: string) (text: string) =
        let version =
            references |> List.map (fun assembly -> assembly.ManifestModule.ModuleVersionId.ToString())

        let digest = Canonical.digest (Canon.Items(List.map Canon.Text (text :: version)))
        Path.Combine(storeRoot, "configs", digest.Substring(0, 24) + ".json")

    let private fail (path: string) (diagnostic: FSharpDiagnostic) =
        let message =
            diagnostic.Message.Split('\n') |> Array.map _.Trim() |> String.concat " "

        raise (InterpException $"{path}({diagnostic.StartLine},{diagnostic.StartColumn + 1}): {message}")

    let private evaluate (path: string) (text: string) =
        let arguments =
            [|
                "interp"
                "--noninteractive"
                "--nologo"
                "--quiet"
                "--gui-"
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
            session.EvalInteractionNonThrowing($"# 1 @\"{path}\"\n{text}\n", path)

        match diagnostics |> Array.tryFind (fun item -> item.Severity = FSharpDiagnosticSeverity.Error) with
        | Some diagnostic -> fail path diagnostic
        | None ->
            match result with
            | Choice1Of2(Some value) ->
                match value.ReflectionValue with
                | :? Experiment as experiment -> experiment
                | _ ->
                    raise (
                        InterpException
                            $"The last value of {path} is a {value.ReflectionType.Name}, not an Experiment; end the script with the experiment."
                    )
            | Choice1Of2 None ->
                raise (InterpException $"{path} ends without a value; end the script with the experiment.")
            | Choice2Of2 error ->
                let inner = error.GetBaseException()
                raise (InterpException($"{path} failed: {inner.Message.Split('\n')[0]}", inner))

    let private parse path text =
        match ExperimentFile.parse text with
        | Ok experiment -> experiment
        | Error errors ->
            raise (InterpException(errors |> List.map (fun error -> $"{path}: {error}") |> String.concat "\n"))

    let private fromScript storeRoot path text =
        let cache = cacheFile storeRoot text

        let loads =
            text.Split('\n') |> Array.exists (fun line -> line.TrimStart().StartsWith "#load")

        if not loads && File.Exists cache then
            parse cache (File.ReadAllText cache)
        else
            let experiment = evaluate (Path.GetFullPath path) text

            if not loads then
                AtomicFile.WriteText(cache, ExperimentFile.print experiment)

            experiment

    /// The experiment of a .fsx or .json file.
    let load (storeRoot: string) (path: string) =
        if not (File.Exists path) then
            let folder =
                Path.GetDirectoryName(Path.GetFullPath path) |> Option.ofObj |> Option.defaultValue "."

            let near =
                [ folder; "configs" ]
                |> List.filter Directory.Exists
                |> List.collect (fun folder -> Directory.GetFiles(folder, "*.fsx") |> List.ofArray)
                |> List.map (fun file -> Path.GetRelativePath(".", file))

            let hint =
                match NearestName.Of(path, near) with
                | null -> "give a .fsx script or a spec.json"
                | near -> $"did you mean {near}?"

            raise (InterpException $"There is no config {path}; {hint}")

        let text =
            try
                File.ReadAllText path
            with
            | :? IOException
            | :? UnauthorizedAccessException as error ->
                raise (InterpException($"The config {path} cannot be read: {error.Message}", error))

        if path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) then
            parse path text
        else
            fromScript storeRoot path text
