// Does a K schedule leave fewer latents dead, and what else does?
#load "interp.fsx"
open Interp

let baseline =
    Experiment.create "demo"
    |> Experiment.model Assets.world
    |> Experiment.activations (Hook.residPost 2) (Corpus.world 200_000)
    |> Experiment.sae (Sae.topK 16 >> Sae.expansion 16 >> Sae.normalise PerTokenLayerNorm >> Sae.preBias ZeroBias)
    |> Experiment.train (Train.batch 512 >> Train.passes 3 >> Train.learningRate 3e-3 >> Train.withoutAuxK >> Train.deadWindow 50_000)
    |> Experiment.evaluate [ Metric.fvu; Metric.l0; Metric.dead; Metric.deadCounter; Metric.ceRecovered ]

let schedules =
    baseline
    |> Sweep.over "k" [ 8; 16; 32; 64 ] Sae.k
    |> Sweep.over "schedule" [ Constant; Linear(from = 128, until = 0.25) ] Train.kSchedule

let otherCures =
    baseline
    |> Sweep.over "k" [ 16 ] Sae.k
    |> Sweep.over "schedule" [ Constant ] Train.kSchedule
    |> Sweep.cases
        "with"
        [
            "auxk", Train.auxK (1.0 / 32.0)
            "data mean as pre-bias", Sae.preBias DataMean
        ]

schedules |> Sweep.append otherCures |> Sweep.seeds 2
|> Script.main
