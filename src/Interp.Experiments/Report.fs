namespace Interp

open System
open System.Globalization
open System.IO

/// Writes the folder of a result: table.csv, table.md, curves.csv, density.csv, spec.json, provenance.json and
/// two plots.
[<RequireQualifiedAccess>]
module internal Report =
    let private count (value: int64) =
        value.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', ' ')

    let private passes number =
        if number = 1 then "1 pass" else $"{number} passes"

    let private distinct describe (experiment: Experiment) =
        experiment.Cells |> List.map (fun cell -> describe cell.Spec) |> List.distinct

    /// Sentences for the table's header: nothing that moves the numbers is silent.
    let notes (inputs: Inputs) (store: Store) (experiment: Experiment) =
        let read =
            { experiment with
                Cells = experiment.Cells |> List.filter (fun cell -> (inputs.TextProblem cell.Spec).IsNone)
            }

        let each describe =
            distinct describe read |> List.filter ((<>) "") |> String.concat " "

        let skipping (spec: Spec) =
            match spec.Extract.SkipPositions, spec.Extract.SkipNorm with
            | 0, None -> "no token is skipped"
            | positions, None -> $"the first {positions} positions of each context do not count"
            | 0, Some factor ->
                FormattableString.Invariant $"tokens of more than {factor} times the median norm do not count"
            | positions, Some factor ->
                FormattableString.Invariant
                    $"the first {positions} positions of each context and tokens of more than {factor} times the median norm do not count"

        let bos (spec: Spec) =
            let extract = Stage.extract inputs "" spec
            let folder = Path.Combine(store.Folder extract.Name extract.Key, "training")

            if Interp.Activations.StoreManifest.Exists folder then
                match Option.ofNullable (Interp.Activations.StoreManifest.Read folder).BosId with
                | Some id -> $"each begins with the tokenizer's BOS (id {id})"
                | None when spec.Extract.Bos <> Interp.Activations.BosRule.None ->
                    "the tokenizer adds no BOS, so they begin with text"
                | None -> "no BOS is added"
            else
                "BOS as the tokenizer has it"

        let hooks (spec: Spec) =
            match spec.Extract.Target with
            | None -> spec.Extract.Hook
            | Some target -> $"{spec.Extract.Hook} → {target}"

        let notesOf (stage: Stage) =
            let path = Path.Combine(store.Folder stage.Name stage.Key, "notes.txt")

            if File.Exists path then
                File.ReadAllText(path).Trim().Replace("\n", " ")
            else
                ""

        [
            each (fun spec ->
                $"Model {inputs.ModelName spec}, {hooks spec}, text {(inputs.Documents spec).Name}: {count (int64 spec.Corpus.TrainTokens)} training tokens in {passes spec.Train.Passes}, reconstruction on {count (int64 spec.Corpus.ValidationTokens)} held-out tokens, loss on {count (int64 spec.Evaluate.LossTokens)}.")
            each (fun spec ->
                $"Contexts of {spec.Extract.ContextLength} tokens; {bos spec}; {skipping spec}; a skipped position keeps its own activation in the spliced runs.")
            each (fun spec -> notesOf (Stage.extract inputs "" spec))
            each (fun spec -> notesOf (Stage.baseline (Stage.extract inputs "" spec) "" spec))
        ]
        |> List.filter ((<>) "")

    let private artifactLines (store: Store) (stage: Stage) file =
        let path = Path.Combine(store.Folder stage.Name stage.Key, file)

        if File.Exists path then
            List.ofArray (File.ReadAllLines path)
        else
            []

    let private gather inputs store stageName file (experiment: Experiment) =
        experiment.Cells
        |> List.map (fun cell ->
            let stage =
                Stage.ofCell inputs cell |> List.find (fun stage -> stage.Name = stageName)

            cell, artifactLines store stage file)
        |> List.filter (fun (_, lines) -> not lines.IsEmpty)

    let private joined (parts: (Cell * string list) list) =
        match parts with
        | [] -> ""
        | (_, first) :: _ ->
            let quote (name: string) = "\"" + name + "\""

            ("cell," + List.head first)
            :: (parts
                |> List.collect (fun (cell, lines) ->
                    List.tail lines |> List.map (fun line -> quote cell.Name + "," + line)))
            |> fun lines -> String.concat "\n" lines + "\n"

    let write (inputs: Inputs) (store: Store) (command: string) (experiment: Experiment) (results: Results) =
        let write file text = Results.write results.Name file text
        let curves = gather inputs store "train" "curves.csv" experiment

        let notes =
            notes inputs store experiment @ ResultSummary.failures results @ [ $"Made with `{command}`." ]

        write "table.csv" (Results.csv results)
        write "table.md" (ResultSummary.markdown notes experiment.Metrics results)
        write "curves.csv" (joined curves)
        write "density.csv" (joined (gather inputs store "evaluate" "density.csv" experiment))
        write "spec.json" (ExperimentFile.print { experiment with Name = results.Name })

        write "provenance.json" (ResultProvenance.ofExperiment inputs store experiment |> ResultProvenance.print)

        for file, svg in Plots.ofResults results curves do
            write file svg
