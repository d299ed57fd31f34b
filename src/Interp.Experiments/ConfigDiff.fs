namespace Interp

/// A setting that differs.
type FieldChange =
    {
        /// Such as train.learningRate.
        Path: string
        /// Its value before.
        From: Canon
        /// Its value after.
        To: Canon
        /// The cells in which it does, by their names on both sides.
        Cells: (string * string) list
    }

/// How two experiments differ in what they ask for. Cells are known by their names, so that their order does not count; two experiments of
/// one cell each without axes are that cell on both sides, whatever its seed.
type ConfigDiff =
    {
        /// Cells that only the first has.
        Removed: Cell list
        /// Cells that only the second has.
        Added: Cell list
        /// Settings of the cells of both.
        Changed: FieldChange list
    }

/// Compares what two experiments ask for.
[<RequireQualifiedAccess>]
module ConfigDiff =
    /// No difference.
    let empty =
        {
            Removed = []
            Added = []
            Changed = []
        }

    /// Whether nothing differs.
    let isEmpty diff = diff = empty

    /// The cells that both have, each of the first with its counterpart.
    let pairs (before: Experiment) (after: Experiment) =
        match before.Cells, after.Cells with
        | [ { Axes = [] } as cell ], [ { Axes = [] } as other ] -> [ cell, other ]
        | cells, others ->
            let byName = others |> List.map (fun cell -> cell.Name, cell) |> Map.ofList

            cells
            |> List.choose (fun cell -> Map.tryFind cell.Name byName |> Option.map (fun other -> cell, other))

    /// What has to be done to the first to get the second.
    let make (before: Experiment) (after: Experiment) =
        let pairs = pairs before after

        let without paired (experiment: Experiment) =
            let paired = paired |> List.map (fun (cell: Cell) -> cell.Name) |> set
            experiment.Cells |> List.filter (fun cell -> not (paired.Contains cell.Name))

        {
            Removed = without (List.map fst pairs) before
            Added = without (List.map snd pairs) after
            Changed =
                pairs
                |> List.collect (fun (cell, other) ->
                    SpecFields.diff cell.Spec other.Spec |> List.map (fun change -> change, (cell.Name, other.Name)))
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
                        Cells = change.Cells |> List.map (fun (before, after) -> after, before)
                    })
        }

    /// A cell with the changes that its name on the first side has.
    let private edit changes (cell: Cell) =
        let set spec (change: FieldChange) =
            match SpecFields.find change.Path |> Result.map (fun field -> field.Set change.To spec) with
            | Ok(Some spec) -> spec
            | Ok None
            | Error _ -> invalidArg (nameof changes) $"{change.Path} cannot be {Canonical.encode change.To}."

        { cell with
            Spec =
                changes
                |> List.filter (fun change -> change.Cells |> List.exists (fst >> (=) cell.Name))
                |> List.fold set cell.Spec
        }

    /// What the first experiment becomes by the changes: the cells of the second.
    let apply diff (experiment: Experiment) =
        let gone = diff.Removed |> List.map _.Name |> set

        { experiment with
            Cells =
                (experiment.Cells
                 |> List.filter (fun cell -> not (gone.Contains cell.Name))
                 |> List.map (edit diff.Changed))
                @ diff.Added
        }
