/// How two experiments differ in what they ask for, and the laws of that.
module Interp.Tests.ConfigDiffTests

open FsCheck.Xunit
open Xunit
open Interp

[<Fact>]
let ``settings that differ are named once, with the cells they differ in`` () =
    let a = Experiment.create "a" |> Sweep.over "k" [ 8; 16 ] Sae.k
    let b = a |> Experiment.edit (Train.batch 64)
    let change = (ConfigDiff.make a b).Changed |> List.exactlyOne

    Assert.Equal(
        ("train.batch", Canon.Integer 512L, Canon.Integer 64L, 2),
        (change.Path, change.From, change.To, change.Cells.Length)
    )

/// Cells that share names with those of another list as far as that goes.
let private experiment (specs: Spec list) =
    { Experiment.create "e" with
        Cells =
            specs
            |> List.mapi (fun i spec ->
                {
                    Axes = [ "c", string i ]
                    Spec = { spec with Seed = i }
                })
    }

[<Property(Arbitrary = [| typeof<SpecTests.Specs> |], MaxTest = 50)>]
let ``applying the config diff to the first gives the second, and its mirror leads back``
    (left: Spec list)
    (right: Spec list)
    =
    let a, b = experiment left, experiment right
    let diff = ConfigDiff.make a b
    let cells (experiment: Experiment) = experiment.Cells |> List.sortBy _.Name

    cells (ConfigDiff.apply diff a) = cells b
    && cells (ConfigDiff.apply (ConfigDiff.mirror diff) b) = cells a
    && ConfigDiff.isEmpty diff = (cells a = cells b)

[<Property(Arbitrary = [| typeof<SpecTests.Specs> |], MaxTest = 50)>]
let ``two single cells without axes are one cell, whatever their seeds`` (left: Spec) (right: Spec) =
    let single spec =
        { Experiment.create "e" with
            Cells = [ { Axes = []; Spec = spec } ]
        }

    let a, b = single left, single right
    let diff = ConfigDiff.make a b

    diff.Removed.IsEmpty
    && diff.Added.IsEmpty
    && (ConfigDiff.apply diff a).Cells = b.Cells
    && ConfigDiff.mirror diff = ConfigDiff.make b a
