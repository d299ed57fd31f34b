namespace Interp

/// Why the artifact of a stage is not in the store, in words.
[<RequireQualifiedAccess>]
module MissReason =
    let private show =
        function
        | Canon.Text text -> text
        | Canon.Null -> "none"
        | value -> Canonical.encode value

    let private short (value: Canon) =
        let text = show value

        if text.Length = 64 && text |> Seq.forall System.Char.IsAsciiHexDigit then
            text.Substring(0, 8)
        else
            text

    /// Inputs that differ: name, what was, what is.
    let private differences (before: Artifact) (stage: Stage) =
        let value name inputs =
            inputs |> List.tryFind (fst >> (=) name) |> Option.map snd

        stage.Inputs @ before.Inputs
        |> List.map fst
        |> List.distinct
        |> List.choose (fun name ->
            match value name before.Inputs, value name stage.Inputs with
            | before, now when before = now -> None
            | before, now -> Some(name, before, now))

    /// A setting that is left out has its default.
    let private orDefault path value =
        match value, SpecFields.find path with
        | Some value, _ -> short value
        | None, Ok field -> short (field.Get Spec.Default)
        | None, Error _ -> "none"

    let private tokens value =
        match value with
        | Some(Canon.Integer count) -> Amounts.count (float count)
        | value -> Option.map show value |> Option.defaultValue "none"

    /// The first difference of a stage to an artifact of its kind, in words; that of an input's stage where the input changed. None
    /// where they are the same.
    let rec between (inputs: Inputs) (store: Store) (stages: Stage list) (before: Artifact) (stage: Stage) =
        let change what before now = $"{what} changed: {before} → {now}"

        match differences before stage with
        | [] -> None
        | (name, was, is) :: rest ->
            let words =
                match name with
                | "stageVersion" ->
                    change "the program's version of this stage" (orDefault name was) (orDefault name is)
                | "model"
                | "tokenizer" -> change $"{name} digest" (orDefault name was) (orDefault name is)
                | "corpus" ->
                    let files = inputs.CorpusFiles stage.Spec

                    match FileFacts.differences (Provenance.corpusFiles store before) files with
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
                        match was, is with
                        | Some(Canon.Text was), Some(Canon.Text is) ->
                            Option.map2
                                (between inputs store stages)
                                (store.TryRead need was)
                                (stages |> List.tryFind (fun stage -> stage.Name = need && stage.Key = is))
                            |> Option.flatten
                        | _ -> None

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

    /// Why a stage of these is a miss: its first difference to the artifact that is nearest to it.
    let find inputs (store: Store) stages (stage: Stage) =
        match store.Artifacts stage.Name |> List.sortBy (fun artifact -> (differences artifact stage).Length) with
        | [] -> "never run"
        | nearest :: _ -> between inputs store stages nearest stage |> Option.defaultValue "its artifact is gone"
