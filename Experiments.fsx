// The framework in F# Interactive, from description to diff. ./interp --version builds it; `dotnet fsi Experiments.fsx` runs
// this in half a minute, `dotnet fsi --use:Experiments.fsx` goes on from its end, and an editor runs it line by line.
#load "configs/interp.fsx"
open Deedle
open Interp

// Describe: an experiment is a value, and every edit gives another one.
let baseline =
    Experiment.create "tutorial"
    |> Experiment.activations (Hook.residPost 2) (Corpus.world 20_000 |> Corpus.validation 5_000)
    |> Experiment.sae (Sae.expansion 4)
    |> Experiment.evaluateOn 10_000 2_000

// A stage of one's own: how alike the two most similar latents of each autoencoder are. It is planned and kept like ours;
// raise the version whenever the function changes.
let similarity (cell: EvaluatedCell) =
    use _scope = TorchSharp.torch.NewDisposeScope()
    use sae = cell.OpenSae()
    let rows = TorchSharp.torch.nn.functional.normalize (sae.DecoderWeight, dim = 1L)
    let largest = rows.matmul(rows.t()).triu(1L).max().item<float32> ()
    [ ("largest_cosine", float largest) ]

let study =
    baseline
    |> Sweep.over "k" [ 8; 32 ] Sae.k
    |> Sweep.seeds 2
    |> Experiment.stage "similarity" 1 similarity
    |> Experiment.evaluate [ Metric.fvu; Metric.dead; Metric.ceRecovered; Metric.own "largest_cosine" ]

// Plan: what would run, and why.
printfn "%s\n" (Plan.explain study)

// Run: only what is not in the store; the folder results/tutorial is its table, curves and plots.
let results = Script.run study

// Table: mean ± standard deviation over seeds, and every cell as a Deedle frame.
printfn "%s" (ResultSummary.markdown [] study.Metrics results)
let frame = Results.frame results
frame.Columns.[[ "k"; "seed"; "fvu"; "largest_cosine" ]].Print()

// Plot: SVG files next to the table.
printfn "Plots: %s\n" (Script.plots results |> String.concat ", ")

// Diff: what a higher learning rate changes, with the noise of the seeds.
let faster =
    { study with Name = "tutorial-faster" } |> Experiment.train (Train.learningRate 4e-3)

Script.run faster |> ignore
Script.diff study faster |> List.iter (printfn "%s")
