// Which cure leaves fewer latents dead on a real model, and at what cost: K = 32, one pass of 402 000 tokens, 4 608 latents.
// Give the model and the text with --model and --corpus. docs/dead-latents.md reads the table.
#load "interp.fsx"
open Interp

let baseline =
    Experiment.create "dead-latents-smollm2"
    |> Experiment.model (Model.path "models/SmolLM2-135M-Instruct.Q4_1.gguf")
    |> Experiment.activations (Hook.residPost 15) (Corpus.file "corpus.jsonl.gz" 402_000 |> Corpus.validation 62_000)
    |> Experiment.extract (Extract.skipPositions 1 >> Extract.skipNorm 3.0)
    |> Experiment.sae (Sae.k 32 >> Sae.latents 4608)
    |> Experiment.evaluateOn 62_000 30_000
    |> Experiment.evaluate [ Metric.fvu; Metric.dead; Metric.deadCounter; Metric.ceRecovered ]

let plain = Train.withoutAuxK
let schedule = Train.kSchedule (Linear(from = 512, until = 0.25))
let uncentred = Sae.normalise PerTokenLayerNorm >> Sae.preBias ZeroBias

baseline
|> Sweep.cases
    "recipe"
    [
        "defaults", id
        "defaults seed 2", (fun spec -> { spec with Seed = 2 })
        "without AuxK", plain
        "K schedule, without AuxK", plain >> schedule
        "decoder starts at tokens, without AuxK", plain >> Sae.start DataStart
        "not centred, without AuxK", plain >> uncentred
        "not centred, K schedule, without AuxK", plain >> uncentred >> schedule
        "not centred, resampling, without AuxK", plain >> uncentred >> Train.resample 100
        "not centred, AuxK", uncentred
    ]
|> Script.main
