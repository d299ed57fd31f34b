namespace Interp

open Interp.Autoencoders

/// Whole recipes, as edits of a spec.
[<RequireQualifiedAccess>]
module Recipe =
    /// The Python replication that this project began from, with its quirks, each of which a later edit can take back: per-token
    /// layer norm, loss in the model's scale, AuxK whose target is not detached, the encoder's squares in the loss, weight decay,
    /// a decoder normalised per model dimension at the start and never again, a cosine rate, K from 512 over a quarter of the run.
    let original (spec: Spec) =
        { spec with
            Sae.Normalise = InputNormalisation.PerTokenLayerNorm
            Sae.PreBias = PreBias.Zero
            Sae.Start = StartWeights.Original
            Sae.DecoderRule = DecoderRule.Free
            Train.KSchedule = Linear(from = 512, until = 0.25)
            Train.LearningRate = Law
            Train.WarmUp = 0.0
            Train.Decay = 1.0
            Train.DecayShape = DecayShape.Cosine
            Train.DecayTo = 0.05
            Train.WeightDecay = 0.01
            Train.Clip = Some 1.0
            Train.LossSpace = LossSpace.Raw
            Train.LossScale = Some 1.0
            Train.EncoderPenalty = 1e-4
            Train.Aux = Some { Coefficient = 0.1; KAux = None }
            Train.AuxForm = AuxiliaryForm.Undetached
            Train.DeadWindow = 39_062 * spec.Train.Batch
        }
