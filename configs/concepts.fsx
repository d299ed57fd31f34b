// Which dictionary finds the most of the embedded world's concepts, whose truth the grammar knows?
#load "interp.fsx"
open Interp

let baseline =
    Experiment.create "concepts"
    |> Experiment.model Assets.world
    |> Experiment.activations (Hook.residPost 1) (Corpus.world 500_000)
    |> Experiment.sae (Sae.normalise PerTokenLayerNorm)
    |> Experiment.train (Train.batch 512 >> Train.passes 3 >> Train.deadWindow 50_000)
    |> Experiment.evaluate [ Metric.fvu; Metric.l0; Metric.dead; Metric.ceRecovered; Metric.own "concepts_found"; Metric.own "concepts_f1" ]
    |> Experiment.stage "concepts" 1 WorldConcepts.stage

baseline
|> Sweep.over "block" [ 1; 2 ] (Hook.residPost >> Extract.hook)
|> Sweep.cases "decoder" [ "free", id; "tied", Sae.tied ]
|> Sweep.over "latents" [ 512; 1024 ] Sae.latents
|> Sweep.over "k" [ 4; 6; 8 ] Sae.k
|> Script.main
