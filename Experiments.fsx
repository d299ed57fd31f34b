// The framework in F# Interactive: `dotnet fsi Experiments.fsx` on a built clone (./interp --version builds it), or
// `dotnet fsi --use:Experiments.fsx` to go on from here.
#r "src/Interp.Cli/bin/Release/net10.0/Interp.Core.dll"
#r "src/Interp.Cli/bin/Release/net10.0/TorchSharp.dll"
#r "src/Interp.Cli/bin/Release/net10.0/Deedle.dll"
#r "src/Interp.Cli/bin/Release/net10.0/Interp.Experiments.dll"

open Interp

let experiment =
    Experiment.create "first"
    |> Experiment.activations (Hook.residPost 2) (Corpus.world 100_000)
    |> Experiment.sae (Sae.expansion 8 >> Sae.normalise PerTokenLayerNorm)
    |> Sweep.over "k" [ 8; 32 ] Sae.k
    |> Sweep.over "schedule" [ Constant; Linear(from = 128, until = 0.25) ] Train.kSchedule

printfn "%s" (Plan.explain experiment)

// The same value in pieces:
//   experiment |> Sweep.seeds 3 |> Plan.explain |> printfn "%s"
//   Results.load "demo" |> Results.frame          (a Deedle frame)
