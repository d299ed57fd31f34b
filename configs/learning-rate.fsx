// Which learning rate a short run wants: the sweep behind the default.
#load "interp.fsx"
open Interp

Experiment.create "learning-rate"
|> Experiment.model Assets.world
|> Experiment.activations (Hook.residPost 2) (Corpus.world 200_000)
|> Experiment.sae (Sae.topK 16 >> Sae.expansion 16)
|> Experiment.train (Train.batch 512 >> Train.passes 3 >> Train.withoutAuxK >> Train.deadWindow 50_000)
|> Sweep.cases
    "input"
    [
        "centred", Sae.normalise Centred >> Sae.preBias DataMean
        "layer norm", Sae.normalise PerTokenLayerNorm >> Sae.preBias ZeroBias
    ]
|> Sweep.cases
    "rate"
    [
        "law 2e-4/sqrt(M/2^14)", Train.learningRateLaw
        "0.001", Train.learningRate 1e-3
        "0.002", Train.learningRate 2e-3
        "0.004", Train.learningRate 4e-3
        "0.008", Train.learningRate 8e-3
    ]
|> Sweep.seeds 2
|> Script.main
