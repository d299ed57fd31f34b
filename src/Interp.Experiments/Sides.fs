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

    let private isKey (store: Store) (text: string) =
        let digits = text.Substring(text.IndexOf '/' + 1)

        digits.Length >= 6
        && digits |> Seq.forall Char.IsAsciiHexDigitLower
        && (not (text.Contains '/') || Directory.Exists(Path.Combine(store.Root, text.Split('/')[0])))

    /// The spec that an artifact was made from, as far as it is known.
    let private specOf store artifact =
        Provenance.spec store artifact |> Option.defaultValue Spec.Default

    /// An artifact as the result of one cell on some axes.
    let private ofArtifact (store: Store) (name: string) axes (artifact: Artifact) =
        let rec needed (artifact: Artifact) =
            artifact
            :: (artifact.Needs |> List.choose (fun (stage, key) -> store.TryRead stage key) |> List.collect needed)

        let all = needed artifact |> List.distinct

        let cell =
            {
                Axes = axes
                Spec = specOf store artifact
            }

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

    /// The artifact that a name stands for, if it stands for one.
    let private tryArtifact (store: Store) (name: string) =
        if
            ConfigScript.isConfig name
            || (Results.tryReadFile name "table.csv").IsSome
            || name.IndexOf ':' > 0
            || not (isKey store name)
        then
            None
        else
            Some(store.Find name)

    /// What a name stands for: a config or spec (.fsx, .json) is what the store has of it; else a stored result, REVISION:FOLDER,
    /// or the key of an artifact.
    let find (store: Store) (name: string) =
        if ConfigScript.isConfig name then
            ofConfig store name
        elif (Results.tryReadFile name "table.csv").IsSome then
            stored name
        elif name.IndexOf ':' > 0 then
            ofRevision name
        elif isKey store name then
            store.Find name |> ofArtifact store name []
        else
            stored name

    /// The cells of a side that an artifact belongs to, or else those of its seed.
    let private cellsOf (artifact: Artifact) (spec: Spec) (side: Side) =
        let owners =
            [
                for record in side.Provenance |> Option.map _.Stages |> Option.defaultValue [] do
                    if record.Stage = artifact.Stage && record.Key = artifact.Key then
                        yield! record.Cells
            ]

        side.Results.Cells
        |> List.filter (fun cell ->
            if owners.IsEmpty then
                cell.Seed = spec.Seed
            else
                List.contains cell.Cell owners)

    /// One cell of a side, as far as the side of a key reaches: its stages and its metrics.
    let private only (key: Side) (cell: CellResult) (side: Side) =
        let stages =
            key.Provenance |> Option.map (fun provenance -> provenance.Stages |> List.map _.Stage)

        let measured =
            key.Results.Cells |> List.collect (fun cell -> List.ofSeq cell.Metrics.Keys)

        { side with
            Results =
                { side.Results with
                    Cells =
                        [
                            if not key.Results.Cells.IsEmpty then
                                { cell with
                                    Metrics = cell.Metrics |> Map.filter (fun name _ -> List.contains name measured)
                                }
                        ]
                }
            Experiment =
                side.Experiment
                |> Option.map (fun experiment ->
                    { experiment with
                        Cells = experiment.Cells |> List.filter (fun other -> other.Name = cell.Cell)
                    })
            Provenance =
                Option.map2
                    (fun stages (provenance: ResultProvenance) ->
                        { provenance with
                            Stages =
                                [
                                    for record in provenance.Stages do
                                        if
                                            List.contains cell.Cell record.Cells && List.contains record.Stage stages
                                        then
                                            { record with Cells = [ cell.Cell ] }
                                ]
                        })
                    stages
                    side.Provenance
        }

    /// Both sides of a comparison. Two keys must be of one kind of stage; a key beside a result is held against the cell that it belongs
    /// to, or the only one of its seed.
    let both (store: Store) before after =
        let a, b = find store before, find store after

        let beside name (artifact: Artifact) (key: Side) (other: Side) =
            match cellsOf artifact (specOf store artifact) other with
            | [ cell ] -> ofArtifact store name cell.Axes artifact, only key cell other
            | _ -> key, other

        match tryArtifact store before, tryArtifact store after with
        | Some first, Some second when first.Stage <> second.Stage ->
            raise (
                InterpException
                    $"{before} and {after} are keys of different stages, {first.Stage} and {second.Stage}; give two of one stage."
            )
        | Some artifact, None -> beside before artifact a b
        | None, Some artifact ->
            let key, other = beside after artifact b a
            other, key
        | _ -> a, b
