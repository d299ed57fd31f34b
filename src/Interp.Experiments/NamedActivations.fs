namespace Interp

open System
open System.IO
open Interp.Activations
open Interp.Runtime

/// Activation stores that have a name: `activations/NAME/HOOK/` in the store's folder.
[<RequireQualifiedAccess>]
module internal NamedActivations =
    let private root (store: Store) = Path.Combine(store.Root, "activations")

    /// Refuses what cannot name a folder.
    let checkName (name: string) =
        let allowed c =
            Char.IsAsciiLetterOrDigit c || c = '-' || c = '_' || c = '.'

        if name = "" || name.StartsWith '.' || not (Seq.forall allowed name) then
            raise (
                InterpException
                    $"The name '{name}' cannot name activations; use letters, digits, - and _, without a folder."
            )

    /// Where the activations of a name at a hook are, or will be.
    let folder store name (hook: string) = Path.Combine(root store, name, hook)

    /// Names of all activations, whole or in part, in ordinal order.
    let names store =
        if Directory.Exists(root store) then
            Directory.GetDirectories(root store)
            |> Seq.map (fun folder -> DirectoryInfo(folder).Name)
            |> Seq.sortWith (fun a b -> String.CompareOrdinal(a, b))
            |> List.ofSeq
        else
            []

    /// The hooks that a name has stores for.
    let hooks store name =
        let folder = Path.Combine(root store, name)

        if Directory.Exists folder then
            Directory.GetDirectories folder
            |> Seq.map (fun folder -> DirectoryInfo(folder).Name)
            |> Seq.sortWith (fun a b -> String.CompareOrdinal(a, b))
            |> List.ofSeq
        else
            []

    let private missing (store: Store) name =
        let hint =
            match NearestName.Of(name, names store) with
            | null -> "make them with interp extract, or interp activations import"
            | near -> $"did you mean {near}?"

        raise (InterpException $"There are no activations {name} in {store.Root}; {hint}")

    let private refuse name found wanted =
        let found = String.concat ", " found

        raise (
            InterpException(
                match wanted with
                | Some hook ->
                    $"The activations {name} are not those of {hook} but of {found}; name one of these as the hook."
                | None -> $"The activations {name} are of {found}; name one of them with --hook."
            )
        )

    /// Deletes the stores of a name, or only that of a hook, damaged ones too.
    let remove store name hook =
        checkName name

        match hooks store name, hook with
        | [], _ -> missing store name
        | found, Some hook when not (List.contains hook found) -> refuse name found (Some hook)
        | found, _ ->
            let gone = hook |> Option.map List.singleton |> Option.defaultValue found
            gone |> List.iter (fun hook -> Directory.Delete(folder store name hook, true))

            if gone = found then
                Directory.Delete(Path.Combine(root store, name), true)

            gone

    /// The hooks that a name has whole stores or parts of them for, at least one.
    let require store name =
        checkName name

        match hooks store name |> List.filter (folder store name >> StoreManifest.Exists) with
        | [] -> missing store name
        | found -> found

    /// The folder of a name's store; the hook may be left out where there is but one.
    let find store name hook =
        match require store name, hook with
        | [ only ], None -> folder store name only
        | found, Some hook when List.contains hook found -> folder store name hook
        | found, wanted -> refuse name found wanted
