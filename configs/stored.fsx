// Trains on activations that are there already; docs/activations.md says how they are made.
#load "interp.fsx"
open Interp

Experiment.create "stored"
|> Experiment.model Assets.world
|> Experiment.activations "blocks.1.hook_resid_post" (Activations.stored "demo")
|> Experiment.sae (Sae.topK 16 >> Sae.expansion 4)
|> Experiment.train (Train.batch 256 >> Train.passes 2)
|> Experiment.evaluateOn 4_000 2_000
|> Script.main
