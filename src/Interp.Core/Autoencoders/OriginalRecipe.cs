namespace Interp.Autoencoders;

public sealed partial record TrainingSpec
{
    /// <summary>
    /// The step of the Python replication that this project began from, with all its quirks, so that its results can be made again
    /// and each quirk switched off by itself: per-token layer norm, loss in the model's scale, AuxK whose target is not detached,
    /// Σ E² in the loss, weight decay, a decoder normalised per model dimension at the start and never again, a cosine rate.
    /// </summary>
    /// <remarks>Its K schedule starts at 512 and ends after a quarter of the steps.</remarks>
    public static TrainingSpec Original { get; } = new()
    {
        KSchedule = new LinearK(512, 0.25),
        LearningRate = new LearningRateSchedule(Decay: 1, Shape: DecayShape.Cosine, Final: 0.05),
        Optimiser = new OptimiserSpec(Epsilon: 6.25e-10, WeightDecay: 0.01),
        Clip = 1,
        Normalisation = InputNormalisation.PerTokenLayerNorm,
        PreBias = PreBias.Zero,
        Start = StartWeights.Original,
        DecoderRule = DecoderRule.Free,
        LossSpace = LossSpace.Raw,
        MseScale = 1,
        EncoderPenalty = 1e-4,
        Auxiliary = new AuxiliaryLoss(Coefficient: 0.1, Form: AuxiliaryForm.Undetached),
        Dead = new DeadRule(39_062, DeadUnit.Steps),
    };
}
