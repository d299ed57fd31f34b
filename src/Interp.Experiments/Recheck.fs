namespace Interp

open System.IO
open System.Threading
open Interp.Runtime

/// Runs a stage again beside its artifact: where the bytes differ, determinism is lost.
[<RequireQualifiedAccess>]
module internal Recheck =
    /// The stage that an artifact was made by, from its recorded spec; a stage that is another today is an error that says why.
    let stageOf (inputs: Inputs) (store: Store) (artifact: Artifact) =
        match Provenance.spec store artifact with
        | None ->
            raise (
                InterpException
                    $"{artifact.Name} has no {ArtifactFolder.provenance} with its spec, so it cannot be made again; run its experiment on a new store."
            )
        | Some spec ->
            let stages = Stage.ofCell inputs { Axes = []; Spec = spec }

            let stage =
                match stages |> List.tryFind (fun stage -> stage.Name = artifact.Stage) with
                | Some stage -> stage
                | None ->
                    raise (
                        InterpException
                            $"{artifact.Name} was made by a function of its script, which cannot run from here; run the script on a new store."
                    )

            if stage.Key <> artifact.Key then
                let reason =
                    MissReason.between inputs (KnownArtifacts store) stages artifact stage
                    |> Option.defaultValue "its inputs changed"

                raise (
                    InterpException
                        $"{artifact.Name} cannot be made again as it was: {reason}. Bring that back, or run its experiment anew."
                )

            for name, key in stage.Needs do
                if not (store.Contains name key) then
                    raise (
                        InterpException
                            $"{artifact.Name} needs {name}/{Artifact.Short key}, which is not in the store; run its experiment first."
                    )

            stage

    /// Makes an artifact's outputs in a temporary folder and returns the files that differ from the recorded digests, with what is
    /// wrong with them. The artifacts that it needs come from the store.
    let run
        (inputs: Inputs)
        (store: Store)
        (progress: int64 -> int64 -> string -> unit)
        (cancel: CancellationToken)
        (artifact: Artifact)
        =
        let stage = stageOf inputs store artifact
        use _ = store.Use()
        use opened = new Opened()
        let work = Directory.CreateTempSubdirectory("interp-check-").FullName
        let outputs = Path.Combine(work, "outputs")
        Directory.CreateDirectory outputs |> ignore

        try
            StageWork.run
                {
                    Inputs = inputs
                    Store = store
                    Stage = stage
                    Work = outputs
                    Logs = Path.Combine(work, "logs")
                    Progress = progress
                    Warn = ignore
                    Cancel = cancel
                    Opened = opened
                    Live = artifact.Outputs |> List.exists (fst >> (=) TrainingTokens.file)
                    KeepCheckpoints = RunOptions.Default.KeepCheckpoints
                    Place = None
                }

            ArtifactFolder.differences artifact.Outputs (ArtifactFolder.outputs outputs)
        finally
            Directory.Delete(work, true)
