namespace Interp

open System
open System.ComponentModel
open System.Diagnostics
open System.IO
open Interp.Runtime

/// Finds what is compared: a stored result, one of a git revision, what the store has of a config, or an artifact by its key.
[<RequireQualifiedAccess>]
module Sides =
    let private experimentOf (name: string) text =
        match ExperimentFile.parse text with
        | Ok experiment -> experiment
        | Error errors ->
            raise (
                InterpException $"The spec.json of {name} cannot be read: {List.head errors} Run its experiment again."
            )

    let private ofFiles (name: string) (read: string -> string option) table =
        {
            Name = name
            Results = Results.parse name table
            Experiment = read "spec.json" |> Option.map (experimentOf name)
            Provenance = read "provenance.json" |> Option.bind ResultProvenance.parse
        }

    /// A stored result by its name, folder or table.csv.
    let stored name =
        ofFiles name (Results.tryReadFile name) (Results.load name |> Results.csv)

    let private git (arguments: string list) =
        let start =
            ProcessStartInfo("git", arguments, RedirectStandardOutput = true, RedirectStandardError = true)

        try
            match Process.Start start with
            | null -> None
            | child ->
                use child = child
                let errors = child.StandardError.ReadToEndAsync()
                let text = child.StandardOutput.ReadToEnd()
                child.WaitForExit()
                errors.Wait()
                if child.ExitCode = 0 then Some text else None
        with :? Win32Exception as error ->
            raise (InterpException("git does not start; install it to compare revisions.", error))

    /// REVISION:FOLDER or REVISION:NAME of the git repository here.
    let private ofRevision (name: string) =
        let at = name.IndexOf ':'
        let revision, place = name.Substring(0, at), name.Substring(at + 1).TrimEnd('/')

        let show folder file =
            git [ "show"; $"{revision}:{folder}/{file}" ]

        [ place; $"results/{place}" ]
        |> List.tryPick (fun folder -> show folder "table.csv" |> Option.map (ofFiles name (show folder)))
        |> Option.defaultWith (fun () ->
            raise (
                InterpException
                    $"git has no {revision}:{place}/table.csv; give REVISION:FOLDER, such as HEAD~1:results/demo."
            ))

    /// What the store has of a config: cells that were not run are left out.
    let ofExperiment (inputs: Inputs) (store: Store) (experiment: Experiment) =
        let result (cell: Cell) =
            let numbers (stage: Stage) =
                if store.Contains stage.Name stage.Key then
                    Path.Combine(store.Folder stage.Name stage.Key, "metrics.json") |> Numbers.read |> Some
                else
                    None

            let own = Stage.ownOf inputs experiment cell |> List.choose numbers

            Stage.ofCell inputs cell |> List.last |> numbers |> Option.map (Results.ofNumbers cell own)

        let results =
            {
                Name = experiment.Name
                Cells = List.choose result experiment.Cells
            }

        {
            Name = experiment.Name
            // As a table would have them.
            Results = Results.csv results |> Results.parse experiment.Name
            Experiment = Some experiment
            Provenance = Some(ResultProvenance.ofExperiment inputs store experiment)
        }

    let private ofConfig (store: Store) path =
        let experiment = ConfigScript.load store.Root path

        match Validation.experiment experiment with
        | [] -> ()
        | errors -> raise (InterpException(String.concat "\n" errors))

        let side = ofExperiment (Inputs store.Root) store experiment

        if side.Results.Cells.IsEmpty then
            raise (InterpException $"The store has no finished cell of {path}; run it first with interp run {path}.")

        { side with Name = path }

    let private isKey (text: string) =
        let digits = text.Substring(text.IndexOf '/' + 1)

        digits.Length >= 6
        && digits |> Seq.forall Char.IsAsciiHexDigitLower
        && (not (text.Contains '/') || List.contains (text.Split('/')[0]) Stage.names)

    let private ofKey (store: Store) (name: string) =
        let digits = name.Substring(name.IndexOf '/' + 1)

        let fits (artifact: Artifact) =
            artifact.Key.StartsWith(digits, StringComparison.Ordinal)
            && (not (name.Contains '/') || artifact.Stage = name.Split('/')[0])

        let artifact =
            match Stage.names |> List.collect store.Artifacts |> List.filter fits with
            | [ artifact ] -> artifact
            | [] ->
                raise (
                    InterpException $"The store {store.Root} has no artifact {name}; interp plan --json prints keys."
                )
            | several ->
                raise (InterpException $"{several.Length} artifacts of the store begin with {name}; give more digits.")

        let rec needed (artifact: Artifact) =
            artifact
            :: (artifact.Inputs
                |> List.collect (fun (input, value) ->
                    match input.StartsWith "input.", value with
                    | true, Canon.Text key ->
                        store.TryRead (input.Substring 6) key |> Option.map needed |> Option.defaultValue []
                    | _ -> []))

        let all = needed artifact |> List.distinct

        let spec =
            all
            |> List.collect _.Inputs
            |> List.filter (fun (path, _) -> SpecFields.all |> List.exists (fun field -> field.Path = path))
            |> List.distinctBy fst
            |> Canon.Fields
            |> SpecFields.ofCanon
            |> Result.defaultValue Spec.Default

        let cell = { Axes = []; Spec = spec }
        let metrics = Path.Combine(store.Folder artifact.Stage artifact.Key, "metrics.json")

        let results =
            {
                Name = name
                Cells =
                    if File.Exists metrics then
                        [ Numbers.read metrics |> Results.ofNumbers cell [] ]
                    else
                        []
            }

        {
            Name = name
            Results = Results.csv results |> Results.parse name
            Experiment =
                Some
                    { Experiment.create name with
                        Cells = [ cell ]
                    }
            Provenance =
                Some
                    {
                        Environment = []
                        Stages = all |> List.map (ResultProvenance.ofArtifact [ cell.Name ])
                    }
        }

    /// What a name stands for: a config or spec (.fsx, .json) is what the store has of it; else a stored result, REVISION:FOLDER,
    /// or the key of an artifact.
    let find (store: Store) (name: string) =
        let ends (ending: string) =
            name.EndsWith(ending, StringComparison.OrdinalIgnoreCase)

        if ends ".fsx" || ends ".json" then
            ofConfig store name
        elif (Results.tryReadFile name "table.csv").IsSome then
            stored name
        elif name.IndexOf ':' > 0 then
            ofRevision name
        elif isKey name then
            ofKey store name
        else
            stored name
