namespace Interp

open System

/// The artifacts of a store, read once.
type internal KnownArtifacts(store: Store) =
    let all = lazy store.All

    let byKey =
        lazy (all.Value |> List.map (fun artifact -> (artifact.Stage, artifact.Key), artifact) |> Map.ofList)

    member _.Store = store

    member _.Of stage =
        all.Value |> List.filter (fun artifact -> artifact.Stage = stage)

    member _.TryFind stage key = byKey.Value |> Map.tryFind (stage, key)

/// Why the artifact of a stage is not in the store, in words.
[<RequireQualifiedAccess>]
module internal MissReason =
    let private show =
        function
        | Canon.Text text -> text
        | Canon.Null -> "none"
        | value -> Canonical.encode value

    let private short (value: Canon) =
        let text = show value

        if text.Length = 64 && text |> Seq.forall Char.IsAsciiHexDigit then
            text.Substring(0, 8)
        else
            text

    /// Inputs that differ: name, what was, what is.
    let private differences (before: Artifact) (stage: Stage) =
        let was, is = Map.ofList before.Inputs, Map.ofList stage.Inputs

        stage.Inputs @ before.Inputs
        |> List.map fst
        |> List.distinct
        |> List.choose (fun name ->
            match Map.tryFind name was, Map.tryFind name is with
            | was, is when was = is -> None
            | was, is -> Some(name, was, is))

    /// The stage that an input comes from, as it was and as it is now, where both are known.
    let private inputStages (known: KnownArtifacts) (stages: Stage list) (name: string, was, is) =
        match was, is with
        | Some(Canon.Text was), Some(Canon.Text is) when name.StartsWith "input." ->
            let need = name.Substring 6

            Option.map2
                (fun before stage -> before, stage)
                (known.TryFind need was)
                (stages |> List.tryFind (fun stage -> stage.Name = need && stage.Key = is))
        | _ -> None

    /// The settings in which an artifact was made otherwise than a stage would be, as far as they were noted.
    let private otherSettings (known: KnownArtifacts) artifact (stage: Stage) =
        match Provenance.spec known.Store artifact with
        | Some spec -> SpecFields.diff spec stage.Spec |> List.map (fun (path, _, _) -> "spec", path) |> Set.ofList
        | None -> Set.empty

    /// The settings and inputs in which a stage, and those that it needs, differ from an artifact: each once, by stage and name.
    let rec private distance known stages (before: Artifact) (stage: Stage) =
        differences before stage
        |> List.map (fun (name, _, _ as change) ->
            match inputStages known stages change with
            | Some(before, stage) -> distance known stages before stage
            | None when name.StartsWith "input." -> otherSettings known before stage |> Set.add (stage.Name, name)
            | None -> Set.singleton (stage.Name, name))
        |> Set.unionMany

    /// A setting that is left out has its default.
    let private orDefault path value =
        match value, SpecFields.find path with
        | Some value, _ -> short value
        | None, Ok field -> short (field.Get Spec.Default)
        | None, Error _ -> "none"

    /// The first setting that was noted of an artifact and is another now, and how many more.
    let private notedSettings (known: KnownArtifacts) artifact (stage: Stage) =
        Provenance.spec known.Store artifact
        |> Option.map (fun spec -> SpecFields.diff spec stage.Spec)
        |> Option.bind (function
            | [] -> None
            | (path, was, is) :: rest ->
                let more = if rest.IsEmpty then "" else $" (and {rest.Length} more)"
                Some $"{path} changed: {short was} → {short is}{more}")

    let private tokens value =
        match value with
        | Some(Canon.Integer count) -> Amounts.count (float count)
        | value -> Option.map show value |> Option.defaultValue "none"

    /// The first difference of a stage to an artifact of its kind, in words; that of an input's stage where the input changed. None
    /// where they are the same.
    let rec between (inputs: Inputs) (known: KnownArtifacts) (stages: Stage list) (before: Artifact) (stage: Stage) =
        let change what before now = $"{what} changed: {before} → {now}"

        match differences before stage with
        | [] -> None
        | (name, was, is as first) :: rest ->
            let words =
                match name with
                | "stageVersion" ->
                    change "the program's version of this stage" (orDefault name was) (orDefault name is)
                | "model"
                | "tokenizer" -> change $"{name} digest" (orDefault name was) (orDefault name is)
                | "corpus" ->
                    let files = inputs.CorpusFiles stage.Spec

                    match FileFacts.differences (Provenance.corpusFiles known.Store before) files with
                    | [] -> change "corpus digest" (orDefault name was) (orDefault name is)
                    | first :: others ->
                        let more =
                            if others.IsEmpty then
                                ""
                            else
                                $" (and {others.Length} more files)"

                        $"corpus digest changed: {first}{more}"
                | "trainingText" -> change "tokens of training text" (tokens was) (tokens is)
                | "heldOutText" -> change "tokens of held-out text" (tokens was) (tokens is)
                | name when name.StartsWith "input." ->
                    let need = name.Substring 6

                    let cause =
                        match inputStages known stages first with
                        | Some(before, stage) -> between inputs known stages before stage
                        | None -> notedSettings known before stage

                    match cause with
                    | Some cause -> $"of its {need} stage, {cause}"
                    | None -> $"its {need} stage changed"
                | path -> change path (orDefault path was) (orDefault path is)

            // What an input's change brings along is no further difference.
            let others =
                rest |> List.filter (fun (name, _, _) -> not (name.StartsWith "input."))

            Some(
                if others.IsEmpty then
                    words
                else
                    $"{words} (and {others.Length} more)"
            )

    /// The artifact of a stage's kind that differs from it in the fewest settings and inputs, those of the stages that it needs included.
    let private nearest (known: KnownArtifacts) stages (stage: Stage) =
        match known.Of stage.Name with
        | [] -> None
        | artifacts -> artifacts |> List.minBy (fun artifact -> (distance known stages artifact stage).Count) |> Some

    /// Why a stage of these is a miss: its first difference to the artifact that is nearest to it.
    let find inputs known stages (stage: Stage) =
        match nearest known stages stage with
        | None -> "never run"
        | Some nearest -> between inputs known stages nearest stage |> Option.defaultValue "its artifact is gone"
