// The original work's K search on Mistral-7B, with a dictionary of 100 times the width; `interp plan` says what it needs.
// Give a checkpoint with --model and text with --corpus.
#load "interp.fsx"
open Interp

Experiment.create "ksearch-mistral"
|> Experiment.model (Model.path "models/Mistral-7B-Instruct-v0.2")
|> Experiment.activations (Hook.residPost 16) (Corpus.file "corpus.jsonl.gz" 200_000)
|> Experiment.extract (Extract.skipPositions 1 >> Extract.skipNorm 10.0)
|> Experiment.sae (Sae.expansion 100 >> Sae.normalise PerTokenLayerNorm >> Sae.preBias ZeroBias)
|> Experiment.train (Train.batch 256 >> Train.passes 30 >> Train.learningRateLaw >> Train.clip 1.0 >> Train.withoutAuxK >> Train.deadWindow 50_000)
|> Sweep.over "k" [ 12; 24; 48 ] Sae.k
|> Sweep.over "schedule" [ Constant; Linear(from = 512, until = 0.25) ] Train.kSchedule
|> Script.main
