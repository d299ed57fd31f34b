module Interp.Tests.ResultsTests

open System
open System.Globalization
open System.Threading
open System.Threading.Tasks
open System.IO
open Xunit
open Interp
open Interp.Tests.CommandLine

let private cell k seed fvu dead =
    {
        Cell = $"k={k},seed={seed}"
        Axes = [ "k", string k ]
        Seed = seed
        Status = "ok"
        Error = None
        Metrics = Map.ofList [ "fvu", fvu; "dead", dead ]
    }

let private results name cells = { Name = name; Cells = cells }

let private two =
    results
        "two"
        [
            cell 8 1 0.25 3.0
            cell 8 2 0.35 5.0
            cell 16 1 0.125 0.0
            cell 16 2 0.125 0.0
        ]

[<Fact>]
let ``the CSV is the same bytes in any culture and reads back`` () =
    let outer = CultureInfo.CurrentCulture

    try
        CultureInfo.CurrentCulture <- CultureInfo "de-DE"
        let text = Results.csv two
        let lines = text.Split '\n'
        Assert.StartsWith("k,seed,status,fvu,l0,dead,", lines[0])
        Assert.StartsWith("8,1,ok,0.250000,,3,", lines[1])
        Assert.Equal(two, Results.parse "two" text)
    finally
        CultureInfo.CurrentCulture <- outer

[<Fact>]
let ``axis values with commas and quotes survive the CSV`` () =
    let odd =
        results
            "odd"
            [
                { cell 8 1 0.5 1.0 with
                    Axes = [ "with", "a, \"b\"" ]
                    Cell = "with=a, \"b\",seed=1"
                }
            ]

    Assert.Equal(odd, Results.parse "odd" (Results.csv odd))

[<Fact>]
let ``the table gives mean and standard deviation over seeds`` () =
    let header, rows = ResultSummary.rows [ Metric.fvu; Metric.dead ] two
    Assert.Equal<string list>([ "k"; "seeds"; "FVU"; "dead" ], header)
    // 0.25 and 0.35: mean 0.3, standard deviation 0.1/√2.
    Assert.Equal<string list>([ "8"; "2"; "0.3000 ± 0.0707"; "4 ± 1" ], rows[0])
    Assert.Equal<string list>([ "16"; "2"; "0.1250"; "0" ], rows[1])

[<Fact>]
let ``a frame has a row per cell and a column per axis and metric`` () =
    let frame = Results.frame two
    Assert.Equal(4, frame.RowCount)
    Assert.Equal(0.35, frame.GetColumn<float>("fvu").Get "k=8,seed=2")

[<Fact>]
let ``a stage runs once for two that ask at the same time, and a failure leaves no artifact`` () =
    use folder = new TemporaryFolder()
    let key = String('a', 64)
    let mutable runs = 0

    let make () =
        Store(folder.Path).Make "train" key [] (fun work ->
            Interlocked.Increment &runs |> ignore
            Thread.Sleep 300
            File.WriteAllText(Path.Combine(work, "out.txt"), "x"))

    Task.WaitAll(Task.Run make, Task.Run make)
    Assert.Equal(1, runs)
    let store = Store folder.Path
    Assert.True(store.Contains "train" key)
    Assert.Equal<string list>([ "out.txt" ], (store.Artifacts "train" |> List.exactlyOne).Outputs |> List.map fst)

    // What it wrote is gone on with; nothing is not.
    let failAfter write key =
        Assert.Throws<InvalidOperationException>(fun () ->
            store.Make "train" key [] (fun work ->
                write (Path.Combine(work, "part.txt"))
                invalidOp "no"))
        |> ignore

        Assert.False(store.Contains "train" key)
        store.IsPartial "train" key

    Assert.True(failAfter (fun path -> File.WriteAllText(path, "x")) (String('b', 64)))
    Assert.False(failAfter ignore (String('c', 64)))

[<Fact>]
let ``every setting that a cell has moves a key, and K moves no extraction`` () =
    use folder = new TemporaryFolder()
    let inputs = Inputs folder.Path

    let keys spec =
        Stage.ofCell inputs { Axes = []; Spec = spec } |> List.map (fun stage -> stage.Name, stage.Key)

    let before = keys Spec.Default
    Assert.Equal<(string * string) list>(before, keys Spec.Default)

    let edits =
        [
            "corpus.distinct", "true"
            "corpus.order", "1"
            "corpus.trainTokens", "1000"
            "corpus.validationTokens", "999"
            "extract.hook", "blocks.1.hook_resid_post"
            "extract.target", "blocks.3.hook_resid_post"
            "extract.contextLength", "64"
            "extract.bos", "false"
            "extract.packing", "separated"
            "extract.skipPositions", "1"
            "extract.skipNorm", "10"
            "extract.batchContexts", "4"
            "sae.kind", "matryoshka:8/64"
            "sae.k", "9"
            "sae.size", "x4"
            "sae.normalise", "none"
            "sae.preBias", "zero"
            "sae.start", "data"
            "sae.tiedDecoder", "true"
            "sae.decoderRule", "free"
            "train.batch", "100"
            "train.passes", "9"
            "train.learningRate", "law"
            "train.warmUp", "0.1"
            "train.decay", "0.1"
            "train.clip", "1"
            "train.kSchedule", "step:64:0.5"
            "train.aux", "0.1"
            "train.sparsity", "2"
            "train.sparsityWarmUp", "0.5"
            "train.preActivation", "0.1"
            "train.resample", "50"
            "train.optimiser", "signum"
            "train.weightDecay", "0.01"
            "train.shuffle", "4096"
            "train.deadWindow", "99"
            "train.lossSpace", "raw"
            "train.lossScale", "2"
            "train.auxForm", "undetached"
            "train.encoderPenalty", "0.1"
            "train.decayShape", "cosine"
            "train.decayTo", "0.1"
            "train.validationPoints", "9"
            "train.curveTokens", "99"
            "evaluate.deadTokens", "99"
            "evaluate.lossTokens", "99"
            "seed", "2"
            "precision", "bfloat16"
            "kernel", "aten"
            "device", "cuda"
        ]

    Assert.Equal<Set<string>>(
        SpecFields.all
        |> List.map _.Path
        |> List.filter (fun path ->
            not (List.contains path [ "model"; "corpus.source"; "corpus.textField"; "corpus.chat" ]))
        |> set,
        edits |> List.map fst |> set
    )

    for path, value in edits do
        match SpecFields.setText path value Spec.Default with
        | Ok spec -> Assert.True((keys spec <> before), path)
        | Error error -> Assert.Fail error

    let changed = keys { Spec.Default with Spec.Sae.K = 9 }
    Assert.Equal(List.head before, List.head changed)

[<Fact>]
let ``what diverged has no points in the plots`` () =
    let cell = (Experiment.create "x").Cells.Head

    let results =
        {
            Name = "x"
            Cells =
                [
                    {
                        Cell = "seed=1"
                        Axes = []
                        Seed = 1
                        Status = "diverged at step 2"
                        Error = None
                        Metrics = Map.empty
                    }
                ]
        }

    let header = "step,tokens,k,learning_rate,train_fvu,validation_fvu"

    for last, points in [ "NaN", 0; "0.25", 1 ] do
        let rows = [ header; "1,512,8,1,0.5,0.5"; $"2,1024,8,1,NaN,{last}" ]

        for name, svg in Plots.ofResults results [ cell, rows ] do
            let drawn =
                Text.RegularExpressions.Regex.Matches(svg, "polyline points=\"([^\"]*)\"")
                |> Seq.sumBy (fun line -> line.Groups[1].Value.Split(' ').Length)

            Assert.DoesNotContain("NaN", svg)
            Assert.Equal((if name = "schedule.svg" then 0 else 1 + points), drawn)
