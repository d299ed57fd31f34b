namespace Interp

/// Experiments as JSON: `spec.json` of a result, and what `interp run spec.json` reads.
[<RequireQualifiedAccess>]
module ExperimentFile =
    let private cell (cell: Cell) =
        Canon.Fields
            [
                "axes",
                cell.Axes
                |> List.map (fun (axis, value) -> Canon.Items [ Canon.Text axis; Canon.Text value ])
                |> Canon.Items
                "spec", SpecFields.toCanon cell.Spec
            ]

    let private stage (own: OwnStage) =
        Canon.Fields [ "name", Canon.Text own.Name; "version", Canon.Integer(int64 own.Version) ]

    /// An experiment as a value that is written as JSON.
    let toCanon (experiment: Experiment) =
        Canon.Fields
            [
                if not experiment.Stages.IsEmpty then
                    "stages", experiment.Stages |> List.map stage |> Canon.Items
                "name", Canon.Text experiment.Name
                "metrics", experiment.Metrics |> List.map (fun metric -> Canon.Text metric.Name) |> Canon.Items
                "cells", experiment.Cells |> List.map cell |> Canon.Items
            ]

    /// Refuses fields of other names.
    let private onlyFields place known fields =
        [
            for name, _ in fields do
                if not (List.contains name known) then
                    match Interp.Runtime.NearestName.Of(name, known) with
                    | null ->
                        let known = String.concat ", " known
                        $"{place} has no field '{name}'; its fields are {known}."
                    | near -> $"{place} has no field '{name}'; did you mean {near}?"
        ]

    let private axis =
        function
        | Canon.Items [ Canon.Text axis; Canon.Text value ] -> Some(axis, value)
        | _ -> None

    let private errorsOf result =
        match result with
        | Error errors -> errors
        | Ok _ -> []

    let private readCell index value =
        match value with
        | Canon.Fields fields ->
            let unknown = onlyFields $"cells[{index}]" [ "axes"; "spec" ] fields
            let fields = Map.ofList fields

            let axes =
                match Map.tryFind "axes" fields with
                | Some(Canon.Items axes) when axes |> List.forall (axis >> Option.isSome) -> Ok(List.choose axis axes)
                | None -> Ok []
                | Some _ -> Error [ $"cells[{index}].axes is no list of [axis, value]." ]

            let spec =
                Map.tryFind "spec" fields
                |> Option.defaultValue (Canon.Fields [])
                |> SpecFields.ofCanon
                |> Result.mapError (List.map (fun error -> $"cells[{index}].spec: {error}"))

            match axes, spec, unknown with
            | Ok axes, Ok spec, [] -> Ok { Axes = axes; Spec = spec }
            | axes, spec, unknown -> Error(unknown @ errorsOf axes @ errorsOf spec)
        | _ -> Error [ $"cells[{index}] is no object." ]

    let private readStage value =
        match value with
        | Canon.Fields fields ->
            match List.sortBy fst fields with
            | [ "name", Canon.Text name; "version", Canon.Integer version ] -> Ok(OwnStage.OfFile(name, int version))
            | _ -> Error [ "stages: give each a name and a version." ]
        | _ -> Error [ "stages: give each a name and a version." ]

    let private readMetric hasOwn value =
        match value with
        | Canon.Text name when hasOwn && (Metric.tryFind name).IsNone -> Ok(Metric.own name)
        | Canon.Text name ->
            match Metric.tryFind name, Interp.Runtime.NearestName.Of(name, Metric.all |> List.map _.Name) with
            | Some metric, _ -> Ok metric
            | None, null ->
                Error
                    [
                        $"metrics: there is no metric '{name}'; see docs/metrics.md for all of them."
                    ]
            | None, near -> Error [ $"metrics: there is no metric '{name}'; did you mean {near}?" ]
        | value -> Error [ $"metrics: {Canonical.encode value} is no name of a metric." ]

    let private fieldNames = [ "$schema"; "name"; "metrics"; "stages"; "cells" ]

    /// Reads what `toCanon` wrote; all errors at once.
    let ofCanon value =
        match value with
        | Canon.Fields fields ->
            let unknown = onlyFields "An experiment" fieldNames fields
            let fields = Map.ofList fields

            let name =
                match Map.tryFind "name" fields with
                | Some(Canon.Text name) -> Ok name
                | _ -> Error [ "name: an experiment has a name, a text." ]

            let cells =
                match Map.tryFind "cells" fields with
                | Some(Canon.Items cells) -> List.mapi readCell cells
                | _ -> [ Error [ "cells: an experiment has a list of cells." ] ]

            let stages =
                match Map.tryFind "stages" fields with
                | None -> []
                | Some(Canon.Items stages) -> List.map readStage stages
                | Some _ -> [ Error [ "stages: give a list." ] ]

            let metrics =
                match Map.tryFind "metrics" fields with
                | None -> (Experiment.create "").Metrics |> List.map Ok
                | Some(Canon.Items names) -> List.map (readMetric (not stages.IsEmpty)) names
                | Some _ -> [ Error [ "metrics: give a list of names." ] ]

            match
                unknown
                @ errorsOf name
                @ List.collect errorsOf metrics
                @ List.collect errorsOf stages
                @ List.collect errorsOf cells,
                name
            with
            | [], Ok name ->
                Ok
                    {
                        Name = name
                        Metrics = List.choose Result.toOption metrics
                        Stages = List.choose Result.toOption stages
                        Cells = List.choose Result.toOption cells
                    }
            | errors, _ -> Error errors
        | _ -> Error [ "An experiment is an object with a name and cells." ]

    /// An experiment as the text of spec.json.
    let print experiment = toCanon experiment |> Canonical.print

    /// Reads what `print` wrote, or was written by hand; all that is wrong with it is told at once.
    let parse text =
        Canonical.parse text |> Result.mapError List.singleton |> Result.bind ofCanon
