module Interp.Tests.SweepTests

open Xunit
open FsCheck.Xunit
open Interp

let private names (experiment: Experiment) = experiment.Cells |> List.map _.Name

[<Fact>]
let ``cells are the product of the axes, named in their order, with the seed last`` () =
    let experiment =
        Experiment.create "e"
        |> Sweep.over "k" [ 8; 16 ] Sae.k
        |> Sweep.over "schedule" [ Constant; Linear(512, 0.25) ] Train.kSchedule
        |> Sweep.seeds 2

    Assert.Equal(8, experiment.Cells.Length)
    Assert.Equal("k=8,schedule=constant,seed=1", names experiment |> List.head)
    Assert.Equal("k=16,schedule=linear,seed=2", names experiment |> List.last)

    Assert.Equal(
        (16, Linear(512, 0.25), 2),
        (let spec = (List.last experiment.Cells).Spec in spec.Sae.K, spec.Train.KSchedule, spec.Seed)
    )

[<Fact>]
let ``short labels that would collide are written out`` () =
    let experiment =
        Experiment.create "e"
        |> Sweep.over "schedule" [ Linear(512, 0.25); Linear(256, 0.5) ] Train.kSchedule

    Assert.Equal<string list>([ "schedule=linear:512:0.25,seed=1"; "schedule=linear:256:0.5,seed=1" ], names experiment)

[<Fact>]
let ``zip pairs values, filter drops cells, append adds cells`` () =
    let zipped =
        Experiment.create "e"
        |> Sweep.zip "k" [ 8, 1e-3; 16, 2e-3 ] (fun k rate -> Sae.k k >> Train.learningRate rate)

    Assert.Equal<string list>([ "k=8,seed=1"; "k=16,seed=1" ], names zipped)
    let kept = zipped |> Sweep.filter (fun cell -> cell.Spec.Sae.K > 8)
    Assert.Equal<string list>([ "k=16,seed=1" ], names kept)
    Assert.Equal<string list>([ "k=16,seed=1"; "k=8,seed=1"; "k=16,seed=1" ], names (kept |> Sweep.append zipped))

[<Fact>]
let ``product is composition, and union puts sweeps with axes of their own one after the other`` () =
    let k = Sweep.over "k" [ 8; 16 ] Sae.k
    let rate = Sweep.over "rate" [ 1e-3; 2e-3 ] Train.learningRate
    let one = Experiment.create "e"
    Assert.Equal(one |> k |> rate, one |> Sweep.product [ k; rate ])
    Assert.Equal(one, one |> Sweep.product [])

    Assert.Equal<string list>(
        [ "k=8,seed=1"; "k=16,seed=1"; "rate=0.001,seed=1"; "rate=0.002,seed=1" ],
        names (one |> Sweep.union [ k; rate ])
    )

[<Fact>]
let ``a nested sweep varies what only its case has`` () =
    let experiment =
        Experiment.create "e"
        |> Sweep.nested
            "kind"
            [
                "topk", Sae.kind TopK, Sweep.over "k" [ 8; 16 ] Sae.k
                "relu", Sae.kind ReLU, Sweep.over "sparsity" [ 0.5 ] Train.sparsity
                "gated", Sae.kind Gated, id
            ]

    Assert.Equal<string list>(
        [
            "kind=topk,k=8,seed=1"
            "kind=topk,k=16,seed=1"
            "kind=relu,sparsity=0.5,seed=1"
            "kind=gated,seed=1"
        ],
        names experiment
    )

    Assert.Equal((ReLU, 0.5), (let spec = experiment.Cells[2].Spec in spec.Sae.Kind, spec.Train.Sparsity))

    Assert.Empty(Validation.experiment experiment)

[<Fact>]
let ``explicit cells have their own places on named axes`` () =
    let experiment =
        Experiment.create "e"
        |> Sweep.cells
            [
                [ "k", "8"; "rate", "low" ], Sae.k 8 >> Train.learningRate 1e-4
                [ "k", "64"; "rate", "high" ], Sae.k 64 >> Train.learningRate 1e-2
            ]

    Assert.Equal<string list>([ "k=8,rate=low,seed=1"; "k=64,rate=high,seed=1" ], names experiment)
    Assert.Equal(Rate 1e-2, experiment.Cells[1].Spec.Train.LearningRate)

[<Fact>]
let ``kinds and sizes are named as on the command line`` () =
    let experiment =
        Experiment.create "e"
        |> Sweep.over "kind" [ TopK; Matryoshka [ 64; 256 ] ] Sae.kind
        |> Sweep.over "size" [ Expansion 4; Latents 300 ] (fun size spec -> { spec with Sae.Size = size })

    Assert.Equal("kind=topk,size=x4,seed=1", List.head (names experiment))
    Assert.Equal("kind=matryoshka:64/256,size=300,seed=1", List.last (names experiment))

[<Theory>]
[<InlineData("")>]
[<InlineData("a=b")>]
[<InlineData("a,b")>]
[<InlineData("seed")>]
let ``an axis whose name would blur the cells' names is refused`` axis =
    let errors =
        Experiment.create "e" |> Sweep.over axis [ 1; 2 ] Sae.k |> Validation.experiment

    Assert.Contains("An axis is called", List.exactlyOne errors)

[<Fact>]
let ``one axis twice is refused`` () =
    let k = Sweep.over "k" [ 8; 16 ] Sae.k

    Assert.Contains(
        Validation.experiment (Experiment.create "e" |> k |> k),
        (fun error -> error.Contains "axis k 2 times")
    )

let private grid =
    Experiment.create "e"
    |> Sweep.over "k" [ 8; 16; 32 ] Sae.k
    |> Sweep.over "schedule" [ Constant; Linear(512, 0.25) ] Train.kSchedule

let private set edits =
    let experiment, errors = Overrides.applyAll edits grid
    Assert.Empty errors
    experiment

[<Fact>]
let ``a value set on an axis wins over it, and equal cells are merged`` () =
    Assert.Equal<string list>(
        [ "k=12,schedule=constant,seed=1"; "k=12,schedule=linear,seed=1" ],
        names (set [ "sae.k", "12" ])
    )

    Assert.All((set [ "sae.k", "12" ]).Cells, (fun cell -> Assert.Equal(12, cell.Spec.Sae.K)))

    Assert.Equal<string list>(
        [
            "k=8,schedule=cosine,seed=1"
            "k=16,schedule=cosine,seed=1"
            "k=32,schedule=cosine,seed=1"
        ],
        names (set [ "train.kSchedule", "cosine:256:0.5" ])
    )

[<Fact>]
let ``a comma list takes an axis's place or makes a new one`` () =
    Assert.Equal<string list>(
        [
            "k=4,schedule=constant,seed=1"
            "k=4,schedule=linear,seed=1"
            "k=6,schedule=constant,seed=1"
            "k=6,schedule=linear,seed=1"
        ],
        names (set [ "sae.k", "4,6" ])
    )

    let batches = set [ "train.batch", "128,256"; "sae.k", "8" ]
    Assert.Equal(4, batches.Cells.Length)
    Assert.Equal("k=8,schedule=constant,batch=128,seed=1", names batches |> List.head)
    Assert.Equal(18, (set [ "seed", "1,2,3" ]).Cells.Length)

[<Fact>]
let ``a value off the axes leaves the names alone`` () =
    Assert.Equal<string list>(names grid, names (set [ "train.batch", "64" ]))

[<Fact>]
let ``all wrong edits are reported at once, each with a hint`` () =
    let _, errors =
        Overrides.applyAll [ "sae.kk", "8"; "train.batch", "many"; "sae.k", "8" ] grid

    Assert.Equal(2, errors.Length)
    Assert.Contains("did you mean sae.k?", errors[0])
    Assert.Contains("give a whole number", errors[1])

[<Fact>]
let ``validation names every error with its path`` () =
    let wrong =
        Experiment.create "e"
        |> Experiment.edit (Sae.k 0 >> Train.batch 0 >> Train.warmUp 2.0 >> Train.kSchedule (Linear(0, 1.5)))
        |> Experiment.edit (fun spec -> { spec with Device = "gpu" })
        |> Validation.experiment

    for path in
        [
            "sae.k"
            "train.batch"
            "train.warmUp"
            "train.kSchedule: the starting K"
            "train.kSchedule: the schedule ends"
            "device"
        ] do
        Assert.Contains(wrong, (fun (error: string) -> error.StartsWith path))

    Assert.Empty(Validation.experiment grid)

[<Fact>]
let ``different cells of one name are refused`` () =
    let twice =
        Experiment.create "e" |> Sweep.append (Experiment.create "e" |> Experiment.edit (Sae.k 9))

    Assert.Contains("2 different cells are called seed=1", List.exactlyOne (Validation.experiment twice))

[<Property(Arbitrary = [| typeof<SpecTests.Specs> |])>]
let ``an experiment reads back as it was written`` (specs: Spec list) =
    let experiment =
        {
            Name = "e"
            Metrics = [ Metric.fvu; Metric.dead ]
            Stages = []
            Cells =
                specs
                |> List.mapi (fun i spec ->
                    {
                        Axes = [ "n", string i; "comma", "a,\"b\"" ]
                        Spec = spec
                    })
        }

    ExperimentFile.parse (ExperimentFile.print experiment) = Ok experiment
