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

    let toCanon (experiment: Experiment) =
        Canon.Fields
            [
                "name", Canon.Text experiment.Name
                "metrics", experiment.Metrics |> List.map (fun metric -> Canon.Text metric.Name) |> Canon.Items
                "cells", experiment.Cells |> List.map cell |> Canon.Items
            ]

    let private axis =
        function
        | Canon.Items [ Canon.Text axis; Canon.Text value ] -> Some(axis, value)
        | _ -> None

    let private readCell index value =
        match value with
        | Canon.Fields fields ->
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
                |> Result.mapError (List.map (fun error -> $"cells[{index}]: {error}"))

            match axes, spec with
            | Ok axes, Ok spec -> Ok { Axes = axes; Spec = spec }
            | axes, spec ->
                let errors result =
                    match result with
                    | Error errors -> errors
                    | Ok _ -> []

                Error(errors axes @ errors spec)
        | _ -> Error [ $"cells[{index}] is no object." ]

    let private readMetric =
        function
        | Canon.Text name -> Metric.tryFind name
        | _ -> None

    /// Reads what `toCanon` wrote; all errors at once.
    let ofCanon value =
        match value with
        | Canon.Fields fields ->
            let fields = Map.ofList fields

            match Map.tryFind "name" fields, Map.tryFind "cells" fields with
            | Some(Canon.Text name), Some(Canon.Items cells) ->
                let cells = cells |> List.mapi readCell

                let errors =
                    cells
                    |> List.collect (function
                        | Error errors -> errors
                        | Ok _ -> [])

                if errors.IsEmpty then
                    Ok
                        {
                            Name = name
                            Metrics =
                                match Map.tryFind "metrics" fields with
                                | Some(Canon.Items names) -> List.choose readMetric names
                                | _ -> (Experiment.create name).Metrics
                            Cells = List.choose Result.toOption cells
                        }
                else
                    Error errors
            | _ -> Error [ "An experiment has a name and a list of cells." ]
        | _ -> Error [ "An experiment is an object with a name and cells." ]

    let print experiment = toCanon experiment |> Canonical.print

    let parse text =
        Canonical.parse text |> Result.mapError List.singleton |> Result.bind ofCanon
