namespace Interp

open System
open System.Globalization

/// Multiplies the cells of an experiment.
[<RequireQualifiedAccess>]
module Sweep =
    let private fullText (value: objnull) =
        match value with
        | :? KScheduleSpec as schedule ->
            match Codec.kSchedule.Write schedule with
            | Canon.Text text -> text
            | _ -> ""
        | :? IFormattable as value -> value.ToString(null, CultureInfo.InvariantCulture)
        | value -> sprintf "%A" value

    let private shortText (value: objnull) =
        match value with
        | :? KScheduleSpec as schedule -> (fullText schedule).Split(':')[0]
        | value -> fullText value

    /// The values of an axis as they stand in cell names: the short form where that tells them apart.
    let internal labels (values: 'T list) =
        let values = values |> List.map (fun value -> box value)
        let short = values |> List.map shortText

        if List.distinct short |> List.length = short.Length then
            short
        else
            values |> List.map fullText

    let private multiply axis (choices: (string * (Spec -> Spec)) list) experiment =
        { experiment with
            Cells =
                [
                    for cell in experiment.Cells do
                        for label, edit in choices do
                            {
                                Axes = cell.Axes @ [ axis, label ]
                                Spec = edit cell.Spec
                            }
                ]
        }

    /// An axis of values, in product with what is there.
    let over axis (values: 'T list) (edit: 'T -> Spec -> Spec) experiment =
        multiply axis (List.zip (labels values) (List.map edit values)) experiment

    /// An axis of named edits.
    let cases axis choices experiment = multiply axis choices experiment

    /// An axis of pairs that go together, named by the first of each.
    let zip axis (values: ('A * 'B) list) (edit: 'A -> 'B -> Spec -> Spec) experiment =
        multiply axis (List.zip (labels (List.map fst values)) (values |> List.map (fun (a, b) -> edit a b))) experiment

    /// Seeds 1 .. count.
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
