namespace Interp

open System.IO
open Interp.Activations
open Interp.Runtime

/// Whether what lies in a store is what was written there: artifacts against the digests of their records, activation stores
/// against their manifests.
[<RequireQualifiedAccess>]
module internal StoreVerification =
    let private nameOf (folder: string) = DirectoryInfo(folder).Name

    let private combine (reports: VerifyReport list) =
        VerifyReport(ResizeArray(reports |> Seq.collect _.Checks), ResizeArray(reports |> Seq.collect _.Notes))

    let private artifact (store: Store) folder =
        let faults = store.Faults folder
        let name = Path.GetRelativePath(store.Root, folder)
        VerifyReport([| VerifyCheck(name, float faults.Length, 0.0) |], ResizeArray faults)

    let private activations title folder =
        let report = ActivationVerification.Verify folder

        let checks =
            report.Checks
            |> Seq.map (fun check -> VerifyCheck($"{title}: {check.Name}", check.Error, check.Tolerance))

        VerifyReport(ResizeArray checks, report.Notes)

    /// The stores of a name, one for each hook.
    let named store name =
        NamedActivations.require store name
        |> List.map (fun hook -> activations $"{name}/{hook}" (NamedActivations.folder store name hook))
        |> combine

    /// All artifacts and all activations that have a name.
    let all (store: Store) =
        let names =
            NamedActivations.names store |> List.filter (NamedActivations.hooks store >> List.isEmpty >> not)

        if store.ArtifactFolders.IsEmpty && names.IsEmpty then
            raise (
                InterpException
                    $"The store {store.Root} holds nothing yet; run an experiment, or name another with --store."
            )

        combine (List.map (artifact store) store.ArtifactFolders @ List.map (named store) names)

    /// What a path or a name stands for: an activation store, the stores of one name, or a whole store.
    let ofPath (store: Store) (path: string) =
        let subfolders =
            if Directory.Exists path then
                List.ofArray (Directory.GetDirectories path)
            else
                []

        if StoreManifest.Exists path then
            activations (nameOf path) path
        elif not subfolders.IsEmpty && List.forall StoreManifest.Exists subfolders then
            subfolders |> List.sort |> List.map (fun folder -> activations (nameOf folder) folder) |> combine
        elif not subfolders.IsEmpty then
            all (Store(Path.GetFullPath path))
        else
            named store path
