// Which cure leaves fewer latents dead on a real model, and at what cost: K = 32, one pass of 402 000 tokens, 4 608 latents.
// Give the model and the text with --model and --corpus.
open Interp

let baseline =
    Experiment.create "dead-latents-smollm2"
    |> Experiment.model (Model.path "models/SmolLM2-135M-Instruct.Q4_1.gguf")
    |> Experiment.activations (Hook.residPost 15) (Corpus.file "corpus.jsonl.gz" 402_000 |> Corpus.validation 62_000)
    |> Experiment.extract (Extract.skipPositions 1 >> Extract.skipNorm 3.0)
    |> Experiment.sae (Sae.topK 32 >> Sae.latents 4608)
    |> Experiment.evaluateOn 62_000 30_000
    |> Experiment.evaluate [ Metric.fvu; Metric.dead; Metric.deadCounter; Metric.ceRecovered ]

let plain = Train.withoutAuxK

baseline |> Sweep.cases "recipe" [ "defaults", id; "no AuxK", plain ] |> Sweep.seeds 2
