// What does one MLP compute? A transcoder stands in for it; an SAE only describes what it writes.
#load "interp.fsx"
open Interp

Experiment.create "transcoder"
|> Experiment.model Assets.world
|> Experiment.transcode (Hook.mlpIn 2) (Hook.mlpOut 2) (Corpus.world 100_000)
|> Experiment.sae (Sae.expansion 4)
|> Experiment.train (Train.passes 3)
|> Experiment.evaluateOn 100_000 12_800
|> Experiment.evaluate [ Metric.fvu; Metric.l0; Metric.dead; Metric.ceRecovered; Metric.deltaCe ]
|> Sweep.cases
    "dictionary"
    [
        "transcoder", id
        "skip transcoder", Sae.kind SkipTranscoder
        "SAE of the output", Sae.kind TopK >> Extract.hook (Hook.mlpOut 2) >> Extract.withoutTarget
    ]
|> Sweep.over "k" [ 8; 16; 32 ] Sae.k
|> Script.main
