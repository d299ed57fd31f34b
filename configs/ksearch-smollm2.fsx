// The original work's K search, sized for two cores: K against loss and dead latents, with and without a K schedule, on a
// real model and real text. Give them with --model and --corpus.
//
// SmolLM2 has attention sinks: after block 15 a few tokens (0.09 %) hold nine tenths of the squared norm. The first
// position of each context and every token above ten times the median norm do not count, in training or in metrics.
#load "interp.fsx"
open Interp

Experiment.create "ksearch-smollm2"
|> Experiment.model (Model.path "models/SmolLM2-135M-Instruct.Q4_1.gguf")
|> Experiment.activations (Hook.residPost 15) (Corpus.file "corpus.jsonl.gz" 200_000 |> Corpus.validation 30_000)
|> Experiment.extract (Extract.skipPositions 1 >> Extract.skipNorm 10.0)
|> Experiment.sae (Sae.expansion 8 >> Sae.normalise PerTokenLayerNorm >> Sae.preBias ZeroBias)
|> Experiment.train (Train.batch 512 >> Train.passes 10 >> Train.learningRate 2e-3 >> Train.deadWindow 200_000 >> Train.withoutAuxK)
|> Experiment.evaluate
    [
        Metric.fvu
        Metric.l0
        Metric.dead
        Metric.deadCounter
        Metric.ceRecovered
        Metric.deltaCe
        Metric.tailDrop
    ]
|> Sweep.over "k" [ 32; 64 ] Sae.k
|> Sweep.over "schedule" [ Constant; Linear(from = 512, until = 0.25) ] Train.kSchedule
|> Script.main
