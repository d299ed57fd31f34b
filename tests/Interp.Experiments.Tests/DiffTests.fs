/// Two results held against each other: statuses, layers and the laws of a diff.
module Interp.Tests.DiffTests

open FsCheck.Xunit
open Xunit
open Interp

let private cell k seed fvu dead =
    {
        Cell = $"k={k},seed={seed}"
        Axes = [ "k", string k ]
        Seed = seed
        Status = "ok"
        Error = None
        Metrics = Map.ofList [ "fvu", fvu; "dead", dead ]
    }

let private side name cells =
    {
        Name = name
        Results = { Name = name; Cells = cells }
        Experiment = None
        Provenance = None
    }

let private status group metric (diff: Diff) =
    (diff.Metrics |> List.find (fun change -> change.Group = group && change.Metric.Name = metric)).Status

let private before =
    side
        "before"
        [
            cell 8 1 0.25 3.0
            cell 8 2 0.35 5.0
            cell 16 1 0.125 0.0
            cell 16 2 0.125 0.0
        ]

[<Fact>]
let ``noise, change and direction are told apart`` () =
    let after =
        side
            "after"
            [
                cell 8 1 0.24 300.0
                cell 8 2 0.37 302.0001
                cell 16 1 0.125 0.0
                cell 16 2 0.125 0.0
            ]

    let diff = Diff.make before after
    Assert.Equal(WithinNoise, status "k=8" "fvu" diff)
    Assert.Equal(Regressed, status "k=8" "dead" diff)
    Assert.Equal(Same, status "k=16" "fvu" diff)
    Assert.True(Diff.differs diff && Diff.regressed diff)
    let back = Diff.make after before
    Assert.Equal(Improved, status "k=8" "dead" back)
    Assert.True(Diff.differs back && not (Diff.regressed back))

[<Fact>]
let ``one seed never improves or regresses`` () =
    let diff =
        Diff.make (side "a" [ cell 8 1 0.9 0.0 ]) (side "b" [ cell 8 1 0.1 500.0 ])

    Assert.Equal(Changed, status "k=8" "fvu" diff)
    Assert.Equal(Changed, status "k=8" "dead" diff)
    Assert.False(Diff.regressed diff)

[<Fact>]
let ``many groups are corrected for: what is significant alone is not among twenty`` () =
    let side shift =
        side
            "x"
            [
                for k in 1..20 do
                    for seed in 1..3 do
                        let own =
                            if k = 1 then
                                shift * (1.0 + 0.2 * float seed)
                            else
                                0.001 * float (seed - 2) * shift

                        cell k seed (0.3 + 0.01 * float seed + own) 0.0
            ]

    let alone (side: Side) =
        { side with
            Results =
                { side.Results with
                    Cells = side.Results.Cells |> List.filter (fun cell -> cell.Group = "k=1")
                }
        }

    let a, b = side 0.0, side 0.1
    Assert.Equal(Regressed, status "k=1" "fvu" (Diff.make (alone a) (alone b)))
    let all = Diff.make a b
    Assert.Equal(WithinNoise, status "k=1" "fvu" all)
    Assert.Equal(20, Diff.tests all)
    Assert.Contains("over the 20 tests", DiffText.verdict all)

[<Fact>]
let ``failed, missing and incomparable are no numbers`` () =
    let failed =
        { cell 8 1 0.0 0.0 with
            Status = "failed"
            Metrics = Map.empty
        }

    let a = side "a" [ cell 8 1 0.5 1.0 ]
    Assert.Equal(FailedCell, status "k=8" "fvu" (Diff.make a (side "b" [ failed ])))
    Assert.True(Diff.isEmpty (Diff.make (side "b" [ failed ]) (side "b" [ failed ])))
    Assert.Equal(Missing, status "k=16" "fvu" (Diff.make a before))

    let counted tokens =
        side
            "t"
            [
                { cell 8 1 0.5 tokens with
                    Metrics = Map.ofList [ "dead", tokens; "dead_tokens", tokens ]
                }
            ]

    let diff = Diff.make (counted 10.0) (counted 20.0)
    Assert.Equal(Incomparable, status "k=8" "dead" diff)
    Assert.Equal(Changed, status "k=8" "dead_tokens" diff)

    let withHook hook =
        { before with
            Experiment =
                Experiment.create "e"
                |> Experiment.edit (fun spec -> { spec with Spec.Extract.Hook = hook })
                |> Sweep.over "k" [ 8; 16 ] Sae.k
                |> Some
        }

    let moved =
        { withHook "blocks.1.hook_resid_post" with
            Results =
                { before.Results with
                    Cells =
                        before.Results.Cells
                        |> List.map (fun cell ->
                            { cell with
                                Metrics = Map.ofList [ "fvu", 0.9 ]
                            })
                }
        }

    Assert.Equal(Incomparable, status "k=8" "fvu" (Diff.make (withHook "blocks.2.hook_resid_post") moved))

let private provenance version output libtorch =
    Some
        {
            Environment = [ "libtorch", libtorch ]
            Stages =
                [
                    {
                        Stage = "train"
                        Key = String.replicate 8 $"0000000{version}"
                        Version = version
                        Inputs = [ "device", "cpu" ]
                        Output = output
                        Cells = [ "k=8,seed=1" ]
                    }
                ]
        }

[<Fact>]
let ``another output of the same key is an alarm; plan and environment only inform`` () =
    let with' provenance = { before with Provenance = provenance }
    let a = with' (provenance 1 "aa" "2.10")
    let alarm = Diff.make a (with' (provenance 1 "bb" "2.10"))
    Assert.Equal("train", (List.exactlyOne alarm.Artifacts).Stage)
    Assert.True(Diff.differs alarm)
    let elsewhere = Diff.make a (with' (provenance 1 "aa" "2.11"))
    Assert.Equal("libtorch", (List.exactlyOne elsewhere.Environment).Name)
    Assert.False(Diff.differs elsewhere || Diff.isEmpty elsewhere)
    let newer = Diff.make a (with' (provenance 2 "bb" "2.10"))
    Assert.Equal("version 1 → 2", (List.exactlyOne newer.Plan).Reason)
    Assert.Empty newer.Artifacts
    Assert.False(Diff.differs newer)

[<Fact>]
let ``provenance reads back`` () =
    let written = (provenance 1 "aa" "2.10").Value
    Assert.Equal(Some written, ResultProvenance.parse (ResultProvenance.print written))
    Assert.Equal(None, ResultProvenance.parse "{}")

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

/// Results of two groups; each cell may have failed and each number may be absent.
let private results (cells: (bool * int option * int option * bool) list) =
    cells
    |> List.truncate 12
    |> List.mapi (fun i (wide, fvu, dead, ok) ->
        let numbers =
            [ "fvu", fvu; "dead", dead; "l1", dead ]
            |> List.choose (fun (name, value) -> value |> Option.map (fun value -> name, float (value % 7) / 10.0))

        { cell (if wide then 16 else 8) i 0.0 0.0 with
            Status = if ok || i > 2 then "ok" else "failed"
            Metrics = if ok || i > 2 then Map.ofList numbers else Map.empty
        })
    |> side "r"

[<Property>]
let ``a result does not differ from itself`` cells =
    Diff.isEmpty (Diff.make (results cells) (results cells))

[<Property>]
let ``the diff from the other side is the mirror`` left right =
    let changes (diff: Diff) =
        diff.Metrics |> List.sortBy (fun change -> change.Group, change.Metric.Name)

    changes (Diff.make (results left) (results right)) =
        (changes (Diff.make (results right) (results left)) |> List.map MetricDiff.mirror)

[<Property>]
let ``what is same or within noise does not count, everything else does`` left right =
    let diff = Diff.make (results left) (results right)

    Diff.differs diff =
        (diff.Metrics
         |> List.exists (fun change ->
             not (List.contains (MetricDiff.statusName change.Status) [ "same"; "within noise" ])))

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

[<Fact>]
let ``a stage that both sides have is no other stage for the cells that it serves`` () =
    let record key cells =
        {
            Stage = "train"
            Key = key
            Version = 1
            Inputs = []
            Output = "o"
            Cells = cells
        }

    let side stages =
        { before with
            Provenance = Some { Environment = []; Stages = stages }
        }

    let plan a b = (Diff.make (side a) (side b)).Plan
    Assert.Empty(plan [ record "a" [ "k=8,seed=1" ] ] [ record "a" [ "k=16,seed=1" ] ])

    // Keys that change places between cells are other stages for both.
    let swapped =
        plan
            [ record "a" [ "k=8,seed=1" ]; record "b" [ "k=16,seed=1" ] ]
            [ record "b" [ "k=8,seed=1" ]; record "a" [ "k=16,seed=1" ] ]

    Assert.Equal(2, swapped.Length)

[<Fact>]
let ``a cell that failed after its evaluation is compared in what it measured`` () =
    let measured = cell 8 1 0.5 1.0

    let with' x (cell: CellResult) =
        { cell with
            Metrics = Map.add "x" x cell.Metrics
        }

    let failed = { measured with Status = "failed" }
    let diff = Diff.make (side "a" [ with' 2.0 measured ]) (side "b" [ failed ])
    Assert.Equal(Same, status "k=8" "fvu" diff)
    Assert.Equal(FailedCell, status "k=8" "x" diff)

    // Where its failure took no number away, it is seen all the same.
    let silent = Diff.make (side "a" [ measured ]) (side "b" [ failed ])
    Assert.Equal(FailedCell, status "k=8" "fvu" silent)
    Assert.True(Diff.differs silent)

[<Fact>]
let ``Markdown and the page escape what comes from axes`` () =
    let odd (fvu: float) =
        side
            "odd"
            [
                { cell 8 1 fvu 0.0 with
                    Axes = [ "with", "a|<b>" ]
                    Cell = "with=a|<b>,seed=1"
                }
            ]

    let diff = Diff.make (odd 0.5) (odd 0.25)
    let markdown = DiffText.markdown "a" "b" None diff
    Assert.Contains("| metrics | with=a\\|<b> | fvu | 0.5000 → 0.2500 | changed (n 1) |", markdown)
    let page = DiffText.html "<a>" "b" None diff
    Assert.Contains("with=a|&lt;b&gt;", page)
    Assert.DoesNotContain("<b>", page)
    Assert.DoesNotContain("<a>", page)

[<Fact>]
let ``an extraction that stored its training activations and a live one are no lost determinism`` () =
    let record outputs =
        (ResultProvenance.ofArtifact
            []
            {
                Stage = "extract"
                Key = "k"
                Inputs = []
                Outputs = outputs
            })
            .Output

    let heldOut = "held-out/shard-00000.safetensors", "a"
    Assert.Equal(record [ heldOut ], record [ heldOut; "training/shard-00000.safetensors", "b" ])
    Assert.NotEqual<string>(record [ heldOut ], record [ fst heldOut, "c" ])
