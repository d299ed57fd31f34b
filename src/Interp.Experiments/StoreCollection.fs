namespace Interp

open System.IO
open Interp.Runtime

/// What a store holds that nothing needs.
type internal Garbage =
    {
        Artifacts: Artifact list
        /// Folders of work that was stopped and is not under way.
        Unfinished: string list
        Bytes: int64
    }

/// Takes away what nothing needs.
[<RequireQualifiedAccess>]
module internal StoreCollection =
    /// What no named result and no pin needs.
    let find inputs (store: Store) experiments =
        let needed = StoreNeeds.find inputs store experiments

        let artifacts =
            store.All |> List.filter (fun artifact -> needed artifact = ([], false))

        let folders =
            artifacts |> List.map (fun artifact -> store.Folder artifact.Stage artifact.Key)

        {
            Artifacts = artifacts
            Unfinished = store.Unfinished
            Bytes = folders @ store.Unfinished |> List.sumBy ArtifactFolder.bytes
        }

    /// Takes away what `find` finds while nobody else uses the store, and returns it; a store in use is an error.
    let collect inputs (store: Store) experiments =
        match store.TryOwn() with
        | None ->
            raise (
                InterpException
                    $"A run is using the store {store.Root}; collect when it has ended. Nothing was removed."
            )
        | Some held ->
            use _ = held
            let garbage = find inputs store experiments

            for artifact in garbage.Artifacts do
                store.Remove artifact.Stage artifact.Key

            for folder in garbage.Unfinished do
                Directory.Delete(folder, true)

            store.RemoveEmptyWork()
            garbage
