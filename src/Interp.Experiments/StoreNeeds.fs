namespace Interp

open System
open System.IO
open Interp.Formats
open Interp.Runtime

/// Which artifacts are needed: by a named result, by a pin, or by another that is needed.
[<RequireQualifiedAccess>]
module internal StoreNeeds =
    let private pins (store: Store) = Path.Combine(store.Root, "pins")

    let private pinFile store (artifact: Artifact) =
        Path.Combine(pins store, $"{artifact.Stage}-{artifact.Key}")

    /// Keeps an artifact, and what it was made from, until it is unpinned.
    let pin store artifact =
        AtomicFile.WriteText(pinFile store artifact, "")

    /// Lets go of an artifact that was pinned; of another nothing happens.
    let unpin store artifact =
        if Directory.Exists(pins store) then
            File.Delete(pinFile store artifact)

    /// Whether the artifact itself is pinned.
    let isPinned store artifact = File.Exists(pinFile store artifact)

    let private places (store: Store) = Path.Combine(store.Root, "results.txt")

    /// Notes that results which need the store's artifacts lie in a folder; a note of another process at the same time is kept.
    let noteResults (store: Store) (folder: string) =
        use _ = store.WaitLock "results" "places"
        let path, folder = places store, Path.GetFullPath folder

        let known =
            if File.Exists path then
                List.ofArray (File.ReadAllLines path)
            else
                []

        if not (List.contains folder known) then
            AtomicFile.WriteText(path, String.Join("\n", known @ [ folder ]) + "\n")

    /// The experiments of all named results: those here, and those that were noted. One that cannot be read is an error, since what it
    /// needs is not known.
    let experiments store =
        let noted =
            if File.Exists(places store) then
                List.ofArray (File.ReadAllLines(places store))
            else
                []

        Path.GetFullPath "results" :: noted
        |> List.distinct
        |> List.filter Directory.Exists
        |> List.collect (fun folder ->
            [
                for result in
                    Directory.GetDirectories folder |> Array.sortWith (fun a b -> String.CompareOrdinal(a, b)) do
                    let path = Path.Combine(result, "spec.json")

                    if File.Exists path then
                        match ExperimentFile.parse (File.ReadAllText path) with
                        | Ok experiment -> experiment
                        | Error errors ->
                            raise (
                                InterpException
                                    $"{path}: {List.head errors} Mend it or take its folder away; what its result needs is not known."
                            )
            ])

    /// Whether an artifact by itself has the settings of a spec, whatever text, model and version of the program it was made from.
    let private hasSettings (artifact: Artifact) (spec: Spec) =
        let spec =
            if artifact.Stage = "train" then
                TrainingRecipe.read spec
            else
                spec

        let amounts =
            [
                "trainingText", Stage.trainingText spec
                "heldOutText", Stage.heldOutText spec
            ]
            |> List.map (fun (name, tokens) -> name, Canon.Integer(int64 tokens))

        // Inputs of these names are the model's digest and the kind of device.
        let fields =
            SpecFields.all |> List.filter (fun field -> not (List.contains field.Path [ "model"; "device" ]))

        let settings =
            amounts @ (fields |> List.map (fun field -> field.Path, field.Get spec)) |> Map.ofList

        artifact.Inputs
        |> List.forall (fun (name, value) ->
            match Map.tryFind name settings with
            | Some setting -> setting = value
            | None -> true)

    /// The artifacts of a cell: under the keys that it has today, and where they are not there, since its text is elsewhere or the program
    /// newer, those that have its settings and were made from such.
    let private ofCell (inputs: Inputs) (store: Store) (byKey: Map<string * string, Artifact>) experiment (cell: Cell) =
        let rec isMadeWith spec (artifact: Artifact) =
            hasSettings artifact spec
            && artifact.Needs |> List.choose byKey.TryFind |> List.forall (isMadeWith spec)

        let stages =
            try
                Stage.ofCell inputs cell @ Stage.ownOf inputs experiment cell
            with :? InterpException ->
                []

        Stage.namesOf experiment
        |> List.collect (fun name ->
            match stages |> List.tryFind (fun stage -> stage.Name = name && store.Contains name stage.Key) with
            | Some stage -> [ name, stage.Key ]
            | None ->
                [
                    for artifact in byKey.Values do
                        if artifact.Stage = name && isMadeWith cell.Spec artifact then
                            name, artifact.Key
                ])

    /// Names of the experiments that need each artifact, also through another, and whether a pin does.
    let find (inputs: Inputs) (store: Store) (experiments: Experiment list) =
        let byKey =
            store.All |> List.map (fun artifact -> (artifact.Stage, artifact.Key), artifact) |> Map.ofList

        let rec closure keys =
            match
                keys
                |> List.collect (fun key -> byKey |> Map.tryFind key |> Option.map _.Needs |> Option.defaultValue [])
            with
            | [] -> Set.ofList keys
            | needs -> Set.union (Set.ofList keys) (closure (List.distinct needs))

        let byExperiment =
            experiments
            |> List.map (fun experiment ->
                experiment.Name, experiment.Cells |> List.collect (ofCell inputs store byKey experiment) |> closure)

        let pinned =
            byKey.Values
            |> Seq.filter (isPinned store)
            |> Seq.map (fun artifact -> artifact.Stage, artifact.Key)
            |> List.ofSeq
            |> closure

        fun (artifact: Artifact) ->
            let key = artifact.Stage, artifact.Key

            byExperiment |> List.filter (snd >> Set.contains key) |> List.map fst |> List.distinct,
            Set.contains key pinned
