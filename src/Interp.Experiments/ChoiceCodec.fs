namespace Interp

open Interp.Autoencoders

/// How the settings with a few named values are written.
[<RequireQualifiedAccess>]
module internal ChoiceCodec =
    let model =
        Codec.source
            (function
            | WorldModel -> None
            | ModelPath path -> Some path)
            (function
             | "" -> None
             | "world" -> Some WorldModel
             | path -> Some(ModelPath path))

    let lossSpace = Codec.choice [ "encoder", LossSpace.Encoder; "raw", LossSpace.Raw ]

    let auxForm =
        Codec.choice
            [
                "normalised", AuxiliaryForm.Normalised
                "sumOverWidth", AuxiliaryForm.SumOverWidth
                "undetached", AuxiliaryForm.Undetached
            ]

    let decayShape =
        Codec.choice [ "linear", DecayShape.Linear; "cosine", DecayShape.Cosine ]

    let normalisation =
        Codec.choice
            [
                "none", InputNormalisation.None
                "datasetScale", InputNormalisation.DatasetScale
                "centred", InputNormalisation.Centred
                "perTokenLayerNorm", InputNormalisation.PerTokenLayerNorm
                "perTokenNorm", InputNormalisation.PerTokenNorm
            ]

    let preBias =
        Codec.choice
            [
                "zero", PreBias.Zero
                "mean", PreBias.Mean
                "geometricMedian", PreBias.GeometricMedian
            ]

    let start =
        Codec.choice
            [
                "tied", StartWeights.Tied
                "data", StartWeights.Data
                "original", StartWeights.Original
            ]

    let decoderRule =
        Codec.choice
            [
                "free", DecoderRule.Free
                "unitAfterStep", DecoderRule.UnitAfterStep
                "unitBeforeStep", DecoderRule.UnitBeforeStep
            ]

    let optimiser = Codec.choice [ "adam", Optimiser.Adam; "signum", Optimiser.Signum ]

    /// Text of which validation allows these words alone, so that all errors are told at once.
    let private checkedLater words =
        { Codec.string with
            Schema = JsonShape.oneOf words
            Words = words
        }

    let precisions = [ "float32"; "float64"; "bfloat16" ]
    let kernels = [ "automatic"; "cpu"; "aten" ]
    let precision = checkedLater precisions
    let kernel = checkedLater kernels

    let device =
        { Codec.string with
            Schema = JsonShape.pattern "cpu|cuda(:[0-9]+)?"
        }
