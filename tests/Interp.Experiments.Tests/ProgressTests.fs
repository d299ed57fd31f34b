/// What a terminal shows of a plan and a run.
module Interp.Tests.ProgressTests

open System.Collections.Generic
open System.Threading
open Xunit
open Interp
open Interp.Cli
open Interp.Tests.CommandLine

[<Fact>]
let ``the grid of a run shows each cell with the states of its stages`` () =
    use folder = new TemporaryFolder()

    let stages =
        Stage.ofExperiment (Inputs folder.Path) (Miniature.experiment [ 4; 6; 8 ])

    let mark (stage: Stage) =
        match stage.Name, stage.Cells with
        | "extract", _
        | "baseline", _ -> RunGrid.Done
        | "train", [ "k=4,seed=1" ] -> RunGrid.Done
        | "train", [ "k=6,seed=1" ] -> RunGrid.Runs 0.759
        | "train", _ -> RunGrid.Failed
        | _, [ "k=4,seed=1" ] -> RunGrid.Done
        | _ -> RunGrid.Waits

    Assert.Equal<string list>(
        [
            "cell          extract  baseline     train  evaluate"
            "k=4,seed=1          ✓         ✓         ✓         ✓"
            "k=6,seed=1          ✓         ✓      75 %         ·"
            "k=8,seed=1          ✓         ✓    failed         ·"
        ],
        RunGrid.lines stages mark 10
    )

    Assert.Equal<string list>(
        [
            "cell          extract  baseline     train  evaluate"
            "k=6,seed=1          ✓         ✓      75 %         ·"
            "… 2 more cells, 1 of 3 are over"
        ],
        RunGrid.lines stages mark 2
    )

[<Fact>]
let ``a line of progress keeps to the columns that there are`` () =
    let parts: ProgressLine.Parts =
        {
            Title = "[3/42] train    20 cells in one pass"
            Share = 0.613
            Speed = "41 200 tok/s"
            Left = "18 s left"
            Words = "k=8,schedule=linear,seed=1: FVU 0.0123"
        }

    let line width = ProgressLine.fit width parts

    Assert.Equal(
        "[3/42] train    20 cells in one pass  ━━━━━━━━━━━━━━━╌╌╌╌╌╌╌╌╌  61 %  41 200 tok/s  18 s left  k=8,schedule=linear,seed=1: FVU 0.0123",
        line 200
    )

    Assert.Equal("[3/42] train    20 cells in one pass  ━━━━━━━╌╌╌╌  61 %  41 200 tok/s  18 s left", line 80)
    Assert.Equal("[3/42] train    20 cells in one pass   61 %  18 s left", line 60)
    Assert.Equal("[3/42] train    20 ce…   61 %  18 s left", line 40)

    Assert.Equal(
        "[3/42] train    20 cells in one pass   61 %  41 200 tok/s  18 s left  k=8,schedule=linear,seed=1: FVU 0.0123",
        ProgressLine.plain parts
    )

    for width in 25..200 do
        Assert.True((line width).Length <= width, line width)

[<Fact>]
let ``columns are as wide as the longest name of a stage`` () =
    use folder = new TemporaryFolder()
    let store = Miniature.openStore folder "store"
    let inputs = Inputs store.Root

    let experiment =
        Miniature.experiment [ 4 ] |> Experiment.stage "nearest-neighbours" 1 (fun _ -> [])

    let plan =
        Plan.describe RunOptions.Default store (Plan.make RunOptions.Default inputs store experiment)

    let lines = plan.Split '\n' |> Array.take 5
    Assert.All(lines, (fun line -> Assert.Equal(20, line.IndexOf "miss")))

    let grid =
        RunGrid.lines (Stage.ofExperiment inputs experiment) (fun _ -> RunGrid.Done) 10

    Assert.All(grid, (fun line -> Assert.Equal(grid.Head.Length, line.Length)))

[<Fact>]
let ``a plan estimates what the framework does, and not what a function of a script does`` () =
    use folder = new TemporaryFolder()
    let store = Miniature.openStore folder "store"

    let experiment =
        Miniature.experiment [ 4 ] |> Experiment.stage "probe" 1 (fun _ -> [])

    let describe () =
        let text =
            Plan.make RunOptions.Default (Inputs store.Root) store experiment
            |> Plan.describe RunOptions.Default store

        text.Split '\n'

    let all = describe ()
    Assert.Contains("no estimate", all[4])
    Assert.Matches("^5 of 5 stages to run, .*about .* \\(rough\\), without the 1 of the experiment's own\\.$", all[6])
    Miniature.run store (Miniature.experiment [ 4 ]) |> ignore

    Assert.Equal("1 of 5 stages to run: the experiment's own, of which there is no estimate.", (describe ())[6])

[<Fact>]
let ``no stage tells a smaller share than before`` () =
    use folder = new TemporaryFolder()
    let store = Miniature.openStore folder "store"
    let told = List<string * float>()

    let note event =
        match event with
        | Advanced(stage, done', total, _) when total > 0L -> told.Add(stage.Name, float done' / float total)
        | _ -> ()

    Runner.run (Inputs store.Root) store note RunOptions.Default CancellationToken.None (Miniature.experiment [ 4 ])
    |> ignore

    for stage in Stage.names do
        let shares = told |> Seq.filter (fst >> (=) stage) |> Seq.map snd |> List.ofSeq
        Assert.NotEmpty shares
        Assert.Equal<float list>(List.sort shares, shares)
        Assert.Equal(1.0, List.last shares)
