namespace Interp

/// One of two results that are compared, with as much of what is behind it as is known.
[<NoComparison>]
type Side =
    {
        /// What it was asked for by.
        Name: string
        /// The table.
        Results: Results
        /// What was asked; none where that is not known.
        Experiment: Experiment option
        /// With what its stages were made; none where that is not known.
        Provenance: ResultProvenance option
    }

/// A stage that has another key in the two results, and why.
type StageChange =
    {
        /// Name of the stage.
        Stage: string
        /// Key before; none where there was no such stage.
        From: string option
        /// Key after.
        To: string option
        /// Names of the cells that it serves.
        Cells: string list
        /// What in its inputs or settings differs.
        Reason: string
    }

/// Another output under the same key: lost determinism.
type ArtifactChange =
    {
        /// Name of the stage.
        Stage: string
        /// Its key on both sides.
        Key: string
        /// Digest of the output before.
        From: string
        /// Digest of the output after.
        To: string
        /// Names of the cells that it serves.
        Cells: string list
    }

/// What differs in versions, device or processor.
type EnvironmentChange =
    {
        /// Such as libtorch or vectors.
        Name: string
        /// Value on the first side; none where that does not say.
        From: string option
        /// Value on the second side; none where that does not say.
        To: string option
    }

/// How two results differ, in five layers. Plan and environment inform; the others decide.
type Diff =
    {
        /// Settings that differ, and cells of one side.
        Config: ConfigDiff
        /// Stages with another key.
        Plan: StageChange list
        /// Every metric of every group.
        Metrics: MetricChange list
        /// Stages of the same key that made something else: the alarm for lost determinism.
        Artifacts: ArtifactChange list
        /// What the sides were made with.
        Environment: EnvironmentChange list
    }

/// Compares two results.
[<RequireQualifiedAccess>]
module Diff =
    let private stagesOf (provenance: ResultProvenance) =
        [
            for record in provenance.Stages do
                for cell in record.Cells -> (record.Stage, cell), record
        ]

    let private shorten (text: string) =
        if text.Length = 64 then text.Substring(0, 8) else text

    let private reason (config: ConfigDiff) cells (before: StageRecord) (after: StageRecord) =
        let inputs =
            before.Inputs
            |> List.choose (fun (name, value) ->
                match List.tryFind (fst >> (=) name) after.Inputs with
                | Some(_, other) when other <> value -> Some $"{name} {shorten value} → {shorten other}"
                | _ -> None)

        let settings =
            config.Changed
            |> List.filter (fun change -> change.Cells |> List.exists (fun (cell, _) -> List.contains cell cells))
            |> List.map _.Path

        if before.Version <> after.Version then
            $"version {before.Version} → {after.Version}"
        elif not inputs.IsEmpty then
            String.concat ", " inputs
        elif not settings.IsEmpty then
            String.concat ", " settings
        else
            "an earlier stage"

    /// The stages that a place has under another key, or that only one side has at all. `nameBefore` gives the first side's name of a
    /// cell of the second.
    let private planChanges nameBefore config (before: ResultProvenance) (after: ResultProvenance) =
        let a = stagesOf before

        let b =
            stagesOf after |> List.map (fun ((stage, cell), record) -> (stage, nameBefore cell), record)

        let inA, inB = Map.ofList a, Map.ofList b

        let keys =
            List.map (fun (_, record: StageRecord) -> record.Stage, record.Key) >> set

        let keysOfA, keysOfB = keys a, keys b

        /// A stage that serves cells of one side only is no other stage for that.
        let isShared place =
            match Map.tryFind place inA, Map.tryFind place inB with
            | Some record, None -> keysOfB.Contains(record.Stage, record.Key)
            | None, Some record -> keysOfA.Contains(record.Stage, record.Key)
            | before, after -> (before |> Option.map _.Key) = (after |> Option.map _.Key)

        let order (stage, _) =
            List.tryFindIndex ((=) stage) Stage.names |> Option.defaultValue Stage.names.Length

        a @ b
        |> List.map fst
        |> List.distinct
        |> List.filter (isShared >> not)
        |> List.groupBy (fun (stage, cell) ->
            stage, Map.tryFind (stage, cell) inA |> Option.map _.Key, Map.tryFind (stage, cell) inB |> Option.map _.Key)
        |> List.sortBy (fun ((stage, _, _), _) -> order (stage, ""))
        |> List.map (fun ((stage, from, to'), places) ->
            let cells = List.map snd places

            {
                Stage = stage
                From = from
                To = to'
                Cells = cells
                Reason =
                    match Map.tryFind places.Head inA, Map.tryFind places.Head inB with
                    | Some record, Some other -> reason config cells record other
                    | Some _, None -> "only in the first"
                    | _ -> "only in the second"
            })

    let private artifactChanges (before: ResultProvenance) (after: ResultProvenance) =
        before.Stages
        |> List.choose (fun record ->
            after.Stages
            |> List.tryFind (fun other -> other.Stage = record.Stage && other.Key = record.Key)
            |> Option.filter (fun other -> other.Output <> record.Output)
            |> Option.map (fun other ->
                {
                    Stage = record.Stage
                    Key = record.Key
                    From = record.Output
                    To = other.Output
                    Cells = record.Cells
                }))

    let private environmentChanges (before: ResultProvenance) (after: ResultProvenance) =
        let known = not before.Environment.IsEmpty && not after.Environment.IsEmpty

        before.Environment @ after.Environment
        |> List.map fst
        |> List.distinct
        |> List.map (fun name ->
            let find (provenance: ResultProvenance) =
                provenance.Environment |> List.tryFind (fst >> (=) name) |> Option.map snd

            {
                Name = name
                From = find before
                To = find after
            })
        |> List.filter (fun change -> known && change.From <> change.To)

    /// Whether a group's metrics are measured by the same ruler, as far as specs and provenance tell.
    let private comparable before after group =
        let specs (side: Side) =
            side.Experiment
            |> Option.bind (fun experiment ->
                experiment.Cells |> List.tryFind (fun cell -> cell.Group = group || side.Results.Axes.IsEmpty))
            |> Option.map _.Spec

        let version (side: Side) =
            side.Provenance
            |> Option.bind (fun provenance ->
                provenance.Stages |> List.tryFind (fun record -> record.Stage = "evaluate"))
            |> Option.map _.Version

        let agree same a b =
            Option.map2 same a b |> Option.defaultValue true

        agree MetricDiff.sameRuler (specs before) (specs after)
        && agree (=) (version before) (version after)

    /// Compares two results. Layers of which one side knows nothing are empty.
    let make (before: Side) (after: Side) =
        let both select compare none =
            Option.map2 compare (select before) (select after) |> Option.defaultValue none

        let config = both _.Experiment ConfigDiff.make ConfigDiff.empty

        let names =
            both _.Experiment ConfigDiff.pairs []
            |> List.map (fun (cell, other) -> other.Name, cell.Name)
            |> Map.ofList

        let nameBefore cell =
            Map.tryFind cell names |> Option.defaultValue cell

        {
            Config = config
            Plan = both _.Provenance (planChanges nameBefore config) []
            Metrics = MetricDiff.make (comparable before after) before.Results after.Results
            Artifacts = both _.Provenance artifactChanges []
            Environment = both _.Provenance environmentChanges []
        }

    /// Whether nothing differs in any layer.
    let isEmpty diff =
        ConfigDiff.isEmpty diff.Config
        && diff.Plan.IsEmpty
        && diff.Artifacts.IsEmpty
        && diff.Environment.IsEmpty
        && diff.Metrics |> List.forall (fun change -> change.Status = Same)

    /// Whether a difference counts: of settings, of a metric beyond noise, or of what the same key made.
    let differs diff =
        not (ConfigDiff.isEmpty diff.Config)
        || not diff.Artifacts.IsEmpty
        || diff.Metrics |> List.exists (fun change -> change.Status <> Same && change.Status <> WithinNoise)

    /// Whether a metric regressed or failed.
    let regressed diff =
        diff.Metrics |> List.exists (fun change -> change.Status = Regressed || change.Status = FailedCell)

    /// How many tests the corrected p of the metrics stand for.
    let tests diff =
        diff.Metrics |> List.filter (fun change -> change.Tested.IsSome) |> List.length
