namespace Interp

open Interp.Activations

/// One step of an experiment's graph: a pure function from a spec and other stages' artifacts to an artifact.
[<NoEquality; NoComparison>]
type Stage =
    {
        /// extract, baseline, train, evaluate, or that of a stage of one's own.
        Name: string
        /// Digest of the inputs, 64 hexadecimal digits; names the artifact in the store.
        Key: string
        /// Everything that went into the key, by name.
        Inputs: (string * Canon) list
        /// Keys of the stages that must come before.
        Needs: (string * string) list
        /// The cells that use it.
        Cells: string list
        /// The function of a stage of one's own.
        Own: OwnStage option
        /// A spec of one of these cells; they agree in everything the stage reads.
        Spec: Spec
    }

/// The kinds of stage and what each reads. A new kind is one definition here, and its file in `Stages/`.
[<RequireQualifiedAccess>]
module internal Stage =
    let private deviceKind (spec: Spec) = spec.Device.Split(':')[0]

    /// A stage's key: the digest of its name, version, the part of the spec that it reads, and the keys of its inputs.
    let private make name (version: int) paths extra (needs: Stage list) cell spec =
        let inputs =
            [
                "stage", Canon.Text name
                "stageVersion", Canon.Integer(int64 version)
                "device", Canon.Text(deviceKind spec)
            ]
            @ SpecFields.pick paths spec
            @ extra
            @ (needs |> List.map (fun stage -> $"input.{stage.Name}", Canon.Text stage.Key))

        {
            Name = name
            Key = Canonical.digest (Canon.Fields inputs)
            Inputs = inputs
            Needs = needs |> List.map (fun stage -> stage.Name, stage.Key)
            Cells = [ cell ]
            Own = None
            Spec = spec
        }

    let private skipping = [ "extract.skipPositions"; "extract.skipNorm" ]

    /// Text to read so that this many of the tokens count: whole contexts, and 2 % more where a norm rule takes some away.
    let private reading (spec: Spec) tokens perContext =
        let margin = if spec.Extract.SkipNorm.IsSome then 1.02 else 1.0
        let contexts = ceil (float tokens * margin / float (max 1 perContext))
        int (min 2e9 (contexts * float spec.Extract.ContextLength))

    let private counted (spec: Spec) =
        spec.Extract.ContextLength - spec.Extract.SkipPositions

    /// Text tokens of the training documents.
    let trainingText (spec: Spec) =
        reading spec spec.Corpus.TrainTokens (counted spec)

    /// Contexts whose predictions give the cross-entropy; the last position of each predicts nothing.
    let lossContexts (spec: Spec) =
        reading spec spec.Evaluate.LossTokens (counted spec - 1) / spec.Extract.ContextLength

    /// Text tokens of the held-out documents; those for the reconstruction are the first of those for the dead latents.
    let heldOutText (spec: Spec) =
        max
            (reading spec (max spec.Corpus.ValidationTokens spec.Evaluate.DeadTokens) (counted spec))
            (lossContexts spec * spec.Extract.ContextLength)

    /// The stages' names, in an order in which they can run.
    let names = [ "extract"; "baseline"; "train"; "evaluate" ]

    /// Text to activations of training and held-out documents.
    let extract (inputs: Inputs) cell spec =
        make
            "extract"
            2
            [
                "extract.hook"
                "extract.target"
                "extract.contextLength"
                "extract.bos"
                "extract.packing"
                "extract.batchContexts"
                "precision"
            ]
            [
                "model", Canon.Text(inputs.ModelDigest spec)
                "tokenizer", Canon.Text(inputs.TokenizerDigest spec)
                "corpus", Canon.Text(inputs.CorpusDigest spec)
                "trainingText", Canon.Integer(int64 (trainingText spec))
                "heldOutText", Canon.Integer(int64 (heldOutText spec))
                // Contexts of one document keep the document's end, and are read until enough tokens behind the skipped positions are there.
                if spec.Extract.Packing = PackingStyle.OneDocument then
                    "oneDocument.skipPositions", Canon.Integer(int64 spec.Extract.SkipPositions)
            ]
            []
            cell
            spec

    /// Cross-entropy of the model: clean, and with zeros or the mean in place of the activations.
    let baseline extract cell spec =
        make
            "baseline"
            2
            ([ "evaluate.lossTokens"; "corpus.validationTokens"; "precision" ] @ skipping)
            (if spec.Extract.SkipNorm.IsSome then
                 [ "notes", Canon.Text "tokens that the norm rule takes away" ]
             else
                 [])
            [ extract ]
            cell
            spec

    /// Activations to an autoencoder and its curves.
    let train extract cell spec =
        let sae =
            SpecFields.all
            |> List.map _.Path
            |> List.filter (fun path -> path.StartsWith "sae." || path.StartsWith "train.")

        make
            "train"
            3
            (sae @ [ "seed"; "kernel"; "corpus.trainTokens"; "corpus.validationTokens" ] @ skipping)
            []
            [ extract ]
            cell
            (TrainingRecipe.read spec)

    /// Autoencoder to metrics on held-out documents.
    let evaluate extract baseline train cell spec =
        make
            "evaluate"
            3
            ([
                "evaluate.deadTokens"
                "evaluate.lossTokens"
                "corpus.validationTokens"
                "precision"
             ]
             @ skipping)
            []
            [ extract; baseline; train ]
            cell
            spec

    /// Numbers of one's own for an evaluated cell.
    let private own (needs: Stage list) cell spec (stage: OwnStage) =
        { make stage.Name stage.Version [] [] needs cell spec with
            Own = Some stage
        }

    /// The stages of one cell, in an order in which they can run; evaluation comes last.
    let ofCell inputs (cell: Cell) =
        let extract = extract inputs cell.Name cell.Spec
        let baseline = baseline extract cell.Name cell.Spec
        let train = train extract cell.Name cell.Spec

        [
            extract
            baseline
            train
            evaluate extract baseline train cell.Name cell.Spec
        ]

    /// The experiment's own stages of one cell.
    let ownOf inputs (experiment: Experiment) (cell: Cell) =
        let needs =
            ofCell inputs cell |> List.filter (fun stage -> stage.Name <> "baseline")

        experiment.Stages |> List.map (own needs cell.Name cell.Spec)

    /// The names of an experiment's stages, in an order in which they can run.
    let namesOf (experiment: Experiment) =
        names @ (experiment.Stages |> List.map _.Name)

    /// The stages of an experiment, shared ones once: those of a kind together, in the order of the cells.
    let ofExperiment inputs (experiment: Experiment) =
        let names = namesOf experiment

        experiment.Cells
        |> List.collect (fun cell -> ofCell inputs cell @ ownOf inputs experiment cell)
        |> List.groupBy (fun stage -> stage.Name, stage.Key)
        |> List.map (fun (_, same) ->
            { List.head same with
                Cells = List.collect _.Cells same
            })
        |> List.sortBy (fun stage -> List.findIndex ((=) stage.Name) names)
