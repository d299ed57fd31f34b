// The recipe that this project began from, its quirks taken back one by one, and the defaults, on the embedded model.
#load "interp.fsx"
open Interp

let baseline =
    Experiment.create "original"
    |> Experiment.model Assets.world
    |> Experiment.activations (Hook.residPost 2) (Corpus.world 200_000)
    |> Experiment.sae (Sae.k 16 >> Sae.expansion 16)
    |> Experiment.train (Train.passes 3 >> Train.learningRate 3e-3)
    |> Experiment.evaluateOn 100_000 12_800
    |> Experiment.evaluate [ Metric.fvu; Metric.l0; Metric.dead; Metric.ceRecovered ]

let original = Recipe.original >> Train.kSchedule (Linear(from = 128, until = 0.25))

baseline
|> Sweep.cases
    "recipe"
    [
        "original", original
        "without the K schedule", original >> Train.kSchedule Constant
        "with the defaults' learning rate", original >> Train.learningRate 3e-3
        "without weight decay and encoder penalty", original >> Train.weightDecay 0.0 >> Train.encoderPenalty 0.0
        "without AuxK", original >> Train.withoutAuxK
        "loss in the encoder's space", original >> Train.lossSpace EncoderSpace >> Train.auxForm NormalisedAux
        "unit decoder rows", original >> Sae.start TiedStart >> Sae.decoderRule UnitAfterStep
        "defaults", id
    ]
|> Script.main
