namespace Interp

open System
open System.Diagnostics
open System.IO
open Interp.Formats
open Interp.Runtime

/// Where an artifact came from: `provenance.json` beside it. Nothing here is part of a key or of an output's digest.
[<RequireQualifiedAccess>]
module internal Provenance =
    /// What of machine and libraries can move the last bit of a number.
    let private environment =
        lazy
            (let report = SystemReport.Take()

             [
                 "code", Canon.Text SystemReport.Revision
                 "libtorch", report.Libtorch |> Option.ofObj |> Option.map Canon.Text |> Option.defaultValue Canon.Null
                 "torchsharp", Canon.Text report.TorchSharp
                 "dotnet", Canon.Text report.DotNet
                 "system", Canon.Text report.System
                 "vectors", Canon.Text report.VectorLevel
                 "processors", Canon.Integer(int64 report.Processors)
             ])

    /// What the digests of a stage's own inputs stand for: the model's files and the text's.
    let private inputs (inputs: Inputs) (stage: Stage) =
        let digest name =
            stage.Inputs |> List.filter (fst >> (=) name) |> List.map (fun (_, value) -> "digest", value)

        match digest "corpus", digest "model" with
        | [], [] -> []
        | corpus, model ->
            let path = inputs.ModelPath stage.Spec

            [
                "model", Canon.Fields(("path", Canon.Text path) :: model)
                "corpus",
                Canon.Fields(
                    [
                        "name", Canon.Text (inputs.Documents stage.Spec).Name
                        "files", inputs.CorpusFiles stage.Spec |> List.map FileFacts.toCanon |> Canon.Items
                    ]
                    @ corpus
                )
            ]

    /// Writes where the artifact in a folder comes from. The time is that of the process that completed it, the memory the largest
    /// that this process has had.
    let write opened (options: RunOptions) experiment (stage: Stage) (folder: string) (seconds: float) =
        use self = Process.GetCurrentProcess()

        let made =
            [
                "command", Canon.Text options.Command
                "device", Canon.Text stage.Spec.Device
                "precision", Canon.Text stage.Spec.Precision
                "kernel", Canon.Text stage.Spec.Kernel
                "threads", Canon.Integer(int64 Workers.Count)
                "seed", Canon.Integer(int64 stage.Spec.Seed)
                "seconds", Canon.Number(Math.Round(seconds, 3))
                "peakMemoryBytes", Canon.Integer self.PeakWorkingSet64
                "completed",
                Canon.Text(
                    DateTimeOffset.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ", Globalization.CultureInfo.InvariantCulture)
                )
            ]

        AtomicFile.WriteText(
            Path.Combine(folder, ArtifactFolder.provenance),
            Canonical.print (
                Canon.Fields
                    [
                        "experiment", Canon.Text experiment
                        "cells", stage.Cells |> List.map Canon.Text |> Canon.Items
                        "spec", SpecFields.toCanon stage.Spec
                        "inputs", Canon.Fields(inputs opened stage)
                        "made", Canon.Fields made
                        "environment", Canon.Fields environment.Value
                    ]
            )
        )

    /// Where an artifact comes from; null where that was not noted.
    let read (store: Store) (artifact: Artifact) =
        let path =
            Path.Combine(store.Folder artifact.Stage artifact.Key, ArtifactFolder.provenance)

        match
            if File.Exists path then
                Canonical.parse (File.ReadAllText path)
            else
                Error ""
        with
        | Ok provenance -> provenance
        | Error _ -> Canon.Null

    /// The spec that an artifact was made from.
    let spec (store: Store) (artifact: Artifact) =
        match read store artifact |> Canonical.tryField "spec" with
        | Some spec -> SpecFields.ofCanon spec |> Result.toOption
        | None -> None

    /// The cells that an artifact was first made for.
    let cells (store: Store) (artifact: Artifact) =
        read store artifact
        |> Canonical.items "cells"
        |> List.choose (function
            | Canon.Text cell -> Some cell
            | _ -> None)

    /// The files that the text of an artifact was read from.
    let corpusFiles (store: Store) (artifact: Artifact) =
        match read store artifact |> Canonical.fields "inputs" |> List.tryFind (fst >> (=) "corpus") with
        | Some(_, corpus) -> Canonical.items "files" corpus |> List.choose FileFacts.ofCanon
        | None -> []
