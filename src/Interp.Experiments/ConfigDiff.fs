namespace Interp

/// A setting that differs.
type FieldChange =
    {
        Path: string
        From: Canon
        To: Canon
        /// Names of the cells in which it does.
        Cells: string list
    }

/// How two experiments differ in what they ask for. Cells are known by their names; their order does not count.
type ConfigDiff =
    {
        Removed: Cell list
        Added: Cell list
        Changed: FieldChange list
    }

[<RequireQualifiedAccess>]
module ConfigDiff =
    let empty =
        {
            Removed = []
            Added = []
            Changed = []
        }

    let isEmpty diff = diff = empty

    let private byName (experiment: Experiment) =
        experiment.Cells |> List.map (fun cell -> cell.Name, cell) |> Map.ofList

    let make (before: Experiment) (after: Experiment) =
        let a, b = byName before, byName after

        let without (other: Map<string, Cell>) (experiment: Experiment) =
            experiment.Cells |> List.filter (fun cell -> not (other.ContainsKey cell.Name))

        {
            Removed = without b before
            Added = without a after
            Changed =
                before.Cells
                |> List.choose (fun cell -> Map.tryFind cell.Name b |> Option.map (fun other -> cell, other))
                |> List.collect (fun (cell, other) ->
                    SpecFields.diff cell.Spec other.Spec |> List.map (fun change -> change, cell.Name))
                |> List.groupBy fst
                |> List.map (fun ((path, from, to'), cells) ->
                    {
                        Path = path
                        From = from
                        To = to'
                        Cells = List.map snd cells
                    })
        }

    /// The same difference seen from the other side.
    let mirror diff =
        {
            Removed = diff.Added
            Added = diff.Removed
            Changed =
                diff.Changed
                |> List.map (fun change ->
                    { change with
                        From = change.To
                        To = change.From
                    })
        }

    let private edit (change: FieldChange) (cell: Cell) =
        if not (List.contains cell.Name change.Cells) then
            cell
        else
            match SpecFields.find change.Path |> Result.map (fun field -> field.Set change.To cell.Spec) with
            | Ok(Some spec) -> { cell with Spec = spec }
            | Ok None
            | Error _ -> invalidArg (nameof change) $"{change.Path} cannot be {Canonical.encode change.To}."

    /// What the first experiment becomes by the changes: the cells of the second.
    let apply diff (experiment: Experiment) =
        let gone = diff.Removed |> List.map _.Name |> set

        { experiment with
            Cells =
                (experiment.Cells
                 |> List.filter (fun cell -> not (gone.Contains cell.Name))
                 |> List.map (fun cell -> List.foldBack edit diff.Changed cell))
                @ diff.Added
        }
