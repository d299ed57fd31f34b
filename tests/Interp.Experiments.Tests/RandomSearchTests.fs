/// Random searches: the same cells for a seed everywhere, spread over their ranges.
module Interp.Tests.RandomSearchTests

open System
open System.Globalization
open Xunit
open FsCheck.Xunit
open Interp
open Interp.Runtime

let private draws =
    [
        Draw.logUniform "rate" 1e-4 1e-2 Train.learningRate
        Draw.uniform "decay" 0.0 0.5 Train.decay
        Draw.integer "k" 8 64 Sae.k
        Draw.choice "schedule" [ Constant; Linear(512, 0.25) ] Train.kSchedule
    ]

let private search seed count =
    (Experiment.create "e" |> Sweep.random seed count draws).Cells

let private rate (cell: Cell) =
    match cell.Spec.Train.LearningRate with
    | Rate rate -> rate
    | Law -> nan

/// What these draws were when they were first made; another machine that disagrees is wrong.
[<Fact>]
let ``a seed draws the same cells on every machine and in every culture`` () =
    let culture = CultureInfo.CurrentCulture

    try
        CultureInfo.CurrentCulture <- CultureInfo.GetCultureInfo "tr-TR"

        Assert.Equal<string list>(
            [
                "rate=0.00555,decay=0.44,k=36,schedule=linear,seed=1"
                "rate=0.00014,decay=0.265,k=19,schedule=linear,seed=1"
                "rate=0.00186,decay=0.214,k=26,schedule=constant,seed=1"
            ],
            search 7 3 |> List.map _.Name
        )
    finally
        CultureInfo.CurrentCulture <- culture

[<Fact>]
let ``labels are the values that the specs have`` () =
    for cell in search 3 50 do
        let axes = Map.ofList cell.Axes
        Assert.Equal(rate cell, Double.Parse(axes["rate"], CultureInfo.InvariantCulture))
        Assert.Equal(string cell.Spec.Sae.K, axes["k"])

[<Property>]
let ``values lie in their ranges, and more draws keep the first ones`` (seed: int) =
    let cells = search seed 20

    cells
    |> List.forall (fun cell ->
        let spec = cell.Spec

        1e-4 <= rate cell
        && rate cell <= 1e-2
        && 0.0 <= spec.Train.Decay
        && spec.Train.Decay <= 0.5
        && 8 <= spec.Sae.K
        && spec.Sae.K <= 64)
    && List.truncate 8 cells = search seed 8
    && cells.Length = 20

[<Fact>]
let ``another axis changes none of those that were there`` () =
    let fewer =
        (Experiment.create "e" |> Sweep.random 5 10 [ Draw.integer "k" 1 1_000_000 Sae.k ]).Cells

    let more =
        (Experiment.create "e"
         |> Sweep.random 5 10 [ Draw.uniform "decay" 0.0 1.0 Train.decay; Draw.integer "k" 1 1_000_000 Sae.k ])
            .Cells

    Assert.Equal<int list>(fewer |> List.map _.Spec.Sae.K, more |> List.map _.Spec.Sae.K)

/// Of 600 draws the share below the geometric mean of the range is 1/2 ± 5 standard errors; uniform draws would put 9 % there.
[<Fact>]
let ``log-uniform is uniform in the logarithm, integers reach both ends`` () =
    let cells = search 11 600
    let below = cells |> List.filter (fun cell -> rate cell < 1e-3) |> List.length
    Assert.InRange(below, 300 - 61, 300 + 61)
    let ks = cells |> List.map _.Spec.Sae.K
    Assert.Equal((8, 64), (List.min ks, List.max ks))

    Assert.Equal(2, cells |> List.map _.Spec.Train.KSchedule |> List.distinct |> List.length)

[<Fact>]
let ``a range that holds fewer values than are asked for gives each once`` () =
    let cells =
        (Experiment.create "e" |> Sweep.random 1 10 [ Draw.integer "k" 1 3 Sae.k ]).Cells

    Assert.Equal<int list>([ 1; 2; 3 ], cells |> List.map _.Spec.Sae.K |> List.sort)

[<Fact>]
let ``an empty range is one sentence that names its axis`` () =
    for make in
        [
            (fun () -> Draw.uniform "x" 1.0 1.0 Train.decay)
            (fun () -> Draw.logUniform "x" 0.0 1.0 Train.decay)
            (fun () -> Draw.integer "x" 2 1 Sae.k)
            (fun () -> Draw.choice "x" [] Sae.k)
        ] do
        let error = Assert.Throws<InterpException>(fun () -> make () |> ignore)
        Assert.Contains("axis x", error.Message)
