namespace Interp

/// Multiplies the cells of an experiment. A sweep is a function from experiment to experiment, so that sweeps compose with
/// `>>` to their product and with `Sweep.union` to one after the other.
[<RequireQualifiedAccess>]
module Sweep =
    let private multiply (choices: ((string * string) list * (Spec -> Spec)) list) experiment =
        { experiment with
            Cells =
                [
                    for cell in experiment.Cells do
                        for axes, edit in choices do
                            {
                                Axes = cell.Axes @ axes
                                Spec = edit cell.Spec
                            }
                ]
        }

    /// An axis of named edits.
    let cases axis (choices: (string * (Spec -> Spec)) list) =
        multiply (choices |> List.map (fun (label, edit) -> [ axis, label ], edit))

    /// An axis of values, in product with what is there.
    let over axis (values: 'T list) (edit: 'T -> Spec -> Spec) =
        cases axis (List.zip (AxisLabels.ofValues values) (List.map edit values))

    /// An axis of pairs that go together, named by the first of each.
    let zip axis (values: ('A * 'B) list) (edit: 'A -> 'B -> Spec -> Spec) =
        let labels = values |> List.map fst |> AxisLabels.ofValues
        cases axis (List.zip labels (values |> List.map (fun (a, b) -> edit a b)))

    /// Explicit cells, each with its place on named axes: `Sweep.cells [ [ "k", "8"; "rate", "low" ], Sae.k 8 >> ... ]`.
    let cells (choices: ((string * string) list * (Spec -> Spec)) list) = multiply choices

    /// The product of several sweeps: the first varies slowest.
    let product (sweeps: (Experiment -> Experiment) list) experiment =
        List.fold (fun experiment sweep -> sweep experiment) experiment sweeps

    /// Several sweeps of the same cells, one after the other; each may have axes of its own.
    let union (sweeps: (Experiment -> Experiment) list) experiment =
        { experiment with
            Cells = sweeps |> List.collect (fun sweep -> (sweep experiment).Cells)
        }

    /// An axis of named edits, each with a sweep of its own beneath it; `id` where there is none.
    let nested axis (choices: (string * (Spec -> Spec) * (Experiment -> Experiment)) list) =
        union [ for label, edit, inner in choices -> cases axis [ label, edit ] >> inner ]

    /// A random search: this many different cells, drawn by a seed from the product of ranges, the same on every machine. The
    /// first ones stay when there are to be more; fewer come out where the ranges hold fewer.
    let random seed count (draws: Draw list) =
        let draw number =
            let picks = draws |> List.map (fun draw -> draw.Axis, draw.At seed number)

            picks |> List.map (fun (axis, (label, _)) -> axis, label),
            picks |> List.map (snd >> snd) |> List.fold (>>) id

        let tries = 32 * max 0 count
        Seq.init tries draw |> Seq.distinctBy fst |> Seq.truncate count |> List.ofSeq |> multiply

    /// Every cell with seeds 1 to `count`.
    let seeds count experiment =
        { experiment with
            Cells =
                [
                    for cell in experiment.Cells do
                        for seed in 1..count do
                            { cell with
                                Spec = { cell.Spec with Seed = seed }
                            }
                ]
        }

    /// Keeps the cells for which the predicate holds.
    let filter predicate experiment =
        { experiment with
            Cells = List.filter predicate experiment.Cells
        }

    /// The cells of another experiment, after those that are there.
    let append other experiment =
        { experiment with
            Cells = experiment.Cells @ other.Cells
        }
