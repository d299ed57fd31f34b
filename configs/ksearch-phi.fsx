// The original work's K search on Phi-3-mini: K against validation loss and dead latents, each K with the schedule
// 512 → K over the first quarter of the steps and with a constant K. Give a checkpoint with --model, text with --corpus.
#load "interp.fsx"
open Interp

Experiment.create "ksearch-phi"
|> Experiment.model (Model.path "models/Phi-3-mini-4k-instruct")
|> Experiment.activations (Hook.residPost 16) (Corpus.file "corpus.jsonl.gz" 400_000)
|> Experiment.extract (Extract.skipPositions 1 >> Extract.skipNorm 10.0)
|> Experiment.sae (Sae.expansion 4 >> Sae.normalise PerTokenLayerNorm >> Sae.preBias ZeroBias)
|> Experiment.train (Train.batch 400 >> Train.passes 15 >> Train.learningRateLaw >> Train.clip 1.0 >> Train.withoutAuxK >> Train.deadWindow 50_000)
|> Sweep.over "k" [ 24; 32; 48; 64; 100; 128; 256 ] Sae.k
|> Sweep.over "schedule" [ Constant; Linear(from = 512, until = 0.25) ] Train.kSchedule
|> Script.main
