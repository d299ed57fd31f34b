namespace Interp

open System.IO
open Interp.Runtime

/// A stage behind a result.
type StageRecord =
    {
        /// Name of the stage.
        Stage: string
        /// Key of the artifact, 64 hexadecimal digits.
        Key: string
        /// Version of the stage, part of its key.
        Version: int
        /// Digests and sizes of its inputs that are no settings: model, tokenizer, text.
        Inputs: (string * string) list
        /// Digest of the names and digests of all that it made, but for training activations.
        Output: string
        /// The cells that use it.
        Cells: string list
    }

/// Where a result comes from: the machine and the code, and the stages with what they made. The same run on the same machine
/// gives the same text: no times, paths or threads.
type ResultProvenance =
    {
        /// Names and values such as libtorch and its version.
        Environment: (string * string) list
        /// The stages behind the table, in the order in which they run.
        Stages: StageRecord list
    }

[<RequireQualifiedAccess>]
module internal ResultProvenance =
    let private settings = SpecFields.all |> List.map _.Path |> set

    let private version (inputs: (string * Canon) list) =
        match List.tryFind (fst >> (=) "stageVersion") inputs with
        | Some(_, Canon.Integer version) -> int version
        | _ -> 0

    let private isInput (name: string) =
        not (settings.Contains name || name.StartsWith "input." || List.contains name [ "stage"; "stageVersion" ])

    let private show =
        function
        | Canon.Text text -> text
        | value -> Canonical.encode value

    /// The record of an artifact that is in the store.
    let ofArtifact cells (artifact: Artifact) =
        {
            Stage = artifact.Stage
            Key = artifact.Key
            Version = version artifact.Inputs
            Inputs = artifact.Inputs |> List.filter (fst >> isInput) |> List.map (fun (name, value) -> name, show value)
            Output =
                artifact.Common
                |> List.map (fun (file, digest) -> file, Canon.Text digest)
                |> Canon.Fields
                |> Canonical.digest
            Cells = cells
        }

    /// Versions of code, runtime and libtorch, and what the processor can do.
    let environment devices =
        let report = SystemReport.Take()

        [
            "code", SystemReport.Revision
            "cpu", report.VectorLevel
            "device", String.concat ", " devices
            "dotnet", report.DotNet
            "libtorch", Option.ofObj report.Libtorch |> Option.defaultValue "none"
        ]

    /// What is in the store of an experiment's stages.
    let ofExperiment inputs (store: Store) (experiment: Experiment) =
        {
            Environment =
                experiment.Cells
                |> List.map (fun cell -> cell.Spec.Device.Split(':')[0])
                |> List.distinct
                |> environment
            Stages =
                Stage.ofExperiment inputs experiment
                |> List.choose (fun stage -> store.TryRead stage.Name stage.Key |> Option.map (ofArtifact stage.Cells))
        }

    let private texts pairs =
        pairs |> List.map (fun (name, text) -> name, Canon.Text text) |> Canon.Fields

    let private stage (record: StageRecord) =
        Canon.Fields
            [
                "stage", Canon.Text record.Stage
                "key", Canon.Text record.Key
                "version", Canon.Integer(int64 record.Version)
                "inputs", texts record.Inputs
                "output", Canon.Text record.Output
                "cells", record.Cells |> List.map Canon.Text |> Canon.Items
            ]

    let print provenance =
        Canon.Fields
            [
                "environment", texts provenance.Environment
                "stages", provenance.Stages |> List.map stage |> Canon.Items
            ]
        |> Canonical.print

    let private readTexts =
        function
        | Some(Canon.Fields fields) ->
            fields
            |> List.choose (function
                | name, Canon.Text text -> Some(name, text)
                | _ -> None)
        | _ -> []

    let private readStage =
        function
        | Canon.Fields fields ->
            let find name =
                fields |> List.tryFind (fst >> (=) name) |> Option.map snd

            match find "stage", find "key", find "output", find "version" with
            | Some(Canon.Text stage), Some(Canon.Text key), Some(Canon.Text output), Some(Canon.Integer version) ->
                Some
                    {
                        Stage = stage
                        Key = key
                        Version = int version
                        Inputs = readTexts (find "inputs")
                        Output = output
                        Cells =
                            match find "cells" with
                            | Some(Canon.Items cells) ->
                                cells
                                |> List.choose (function
                                    | Canon.Text cell -> Some cell
                                    | _ -> None)
                            | _ -> []
                    }
            | _ -> None
        | _ -> None

    /// Reads what `print` wrote; none where it is no provenance.
    let parse text =
        match Canonical.parse text with
        | Ok(Canon.Fields fields) ->
            let find name =
                fields |> List.tryFind (fst >> (=) name) |> Option.map snd

            match find "stages" with
            | Some(Canon.Items stages) ->
                Some
                    {
                        Environment = readTexts (find "environment")
                        Stages = List.choose readStage stages
                    }
            | _ -> None
        | _ -> None
