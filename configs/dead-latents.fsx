// Which cure leaves fewer latents dead on the embedded model, per kind of dictionary where it is its own.
#load "interp.fsx"
open Interp

let baseline =
    Experiment.create "dead-latents"
    |> Experiment.model Assets.world
    |> Experiment.activations (Hook.residPost 2) (Corpus.world 200_000)
    |> Experiment.sae (Sae.k 16 >> Sae.expansion 16)
    |> Experiment.train (Train.passes 3 >> Train.learningRate 3e-3)
    |> Experiment.evaluateOn 100_000 12_800
    |> Experiment.evaluate [ Metric.fvu; Metric.l0; Metric.dead; Metric.deadCounter; Metric.ceRecovered ]

let plain = Train.withoutAuxK
let uncentred = Sae.normalise PerTokenLayerNorm >> Sae.preBias ZeroBias

baseline
|> Sweep.cases
    "recipe"
    [
        "defaults", id
        "without AuxK", plain
        "K schedule, without AuxK", plain >> Train.kSchedule (Linear(from = 128, until = 0.25))
        "decoder starts at tokens, without AuxK", plain >> Sae.start DataStart
        "original start, without AuxK", plain >> Sae.start OriginalStart
        "not centred, without AuxK", plain >> uncentred
        "not centred, resampling, without AuxK", plain >> uncentred >> Train.resample 100
        "not centred, AuxK", uncentred
        "multi-topk, without AuxK", plain >> Sae.kind MultiTopK
        "batchtopk", Sae.kind BatchTopK
        "batchtopk, without AuxK", plain >> Sae.kind BatchTopK
        "matryoshka", Sae.kind (Matryoshka [ 128; 512 ])
        "jumprelu", plain >> Sae.kind JumpReLU >> Train.sparsity 2.0
        "jumprelu, pre-activation loss", plain >> Sae.kind JumpReLU >> Train.sparsity 2.0 >> Train.preActivation 0.01
        "gated", plain >> Sae.kind Gated >> Train.sparsity 2.0
        "relu", plain >> Sae.kind ReLU >> Train.sparsity 2.0
    ]
|> Script.main
