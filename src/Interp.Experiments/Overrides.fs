namespace Interp

/// `--set path=value`: edits every cell after the sweep is expanded.
[<RequireQualifiedAccess>]
module Overrides =
    let private valueOf path (spec: Spec) =
        SpecFields.pick [ path ] spec |> List.map snd

    /// The axes along which the field of a path changes while all other axes stand still.
    let private axesOf path (cells: Cell list) =
        let axes =
            cells |> List.collect (fun cell -> List.map fst cell.Axes) |> List.distinct

        let changes axis =
            cells
            |> List.filter (fun cell -> List.exists (fst >> (=) axis) cell.Axes)
            |> List.groupBy (fun cell -> List.filter (fst >> (<>) axis) cell.Axes, cell.Spec.Seed)
            |> List.exists (fun (_, group) ->
                group |> List.distinctBy (fun cell -> valueOf path cell.Spec) |> List.length > 1)

        List.filter changes axes

    let private label path (text: string) (spec: Spec) =
        if path = "train.kSchedule" then
            List.head (AxisLabels.ofValues [ spec.Train.KSchedule ])
        else
            text

    let private relabel axes text cell =
        let hasAxis = cell.Axes |> List.exists (fun (axis, _) -> List.contains axis axes)

        let renamed =
            cell.Axes |> List.map (fun (axis, value) -> axis, (if List.contains axis axes then text else value))

        hasAxis, { cell with Axes = renamed }

    /// The name of the axis that a list of values makes where the sweep has none on that path.
    let private newAxis (path: string) =
        path.Substring(path.LastIndexOf '.' + 1)

    let private merge (cells: Cell list) =
        cells |> List.distinctBy (fun cell -> cell.Axes, cell.Spec)

    let private apply (path: string, text: string) (cells: Cell list) =
        let texts = text.Split(',') |> List.ofArray |> List.map _.Trim()
        let axes = if path = "seed" then [] else axesOf path cells

        let set text cell =
            SpecFields.setText path text cell.Spec
            |> Result.map (fun spec ->
                let label = label path text spec
                let hasAxis, cell = relabel axes label { cell with Spec = spec }

                if hasAxis || texts.Length = 1 || path = "seed" then
                    cell
                else
                    { cell with
                        Axes = cell.Axes @ [ newAxis path, label ]
                    })

        let results =
            [
                for text in texts do
                    for cell in cells do
                        set text cell
            ]

        let errors =
            results
            |> List.choose (function
                | Error error -> Some error
                | Ok _ -> None)

        if errors.IsEmpty then
            results |> List.choose Result.toOption |> merge |> Ok
        else
            Error(List.distinct errors)

    /// Splits `path=value` at its first `=`; a text without one is an error.
    let parse (text: string) =
        match text.IndexOf '=' with
        | -1 -> Error $"--set is '{text}'; give PATH=VALUE, such as sae.k=16."
        | at -> Ok(text.Substring(0, at).Trim(), text.Substring(at + 1).Trim())

    /// Applies edits in their order. Wrong ones change nothing and are said, all at once; cells that became equal are merged.
    let applyAll (edits: (string * string) list) (experiment: Experiment) =
        let folder (cells, errors) edit =
            match apply edit cells with
            | Ok cells -> cells, errors
            | Error more -> cells, errors @ more

        let cells, errors = List.fold folder (experiment.Cells, []) edits

        { experiment with
            Cells = cells |> List.distinctBy _.Spec
        },
        errors
