namespace Interp.Autoencoders;

/// <summary>The shape of the decay at the end of a run.</summary>
public enum DecayShape
{
    /// <summary>A straight line to 0.</summary>
    Linear,

    /// <summary>Half a period of a cosine to 0.</summary>
    Cosine,
}

/// <summary>The learning rate over a run: warm-up, plateau, decay.</summary>
/// <param name="Peak">The rate of the plateau; null: the law 2e-4 / √(latents / 2¹⁴).</param>
/// <param name="WarmUp">Fraction of the run for the warm-up: with w = int(WarmUp · total), step t &lt; w has peak · (t+1)/w.</param>
/// <param name="Decay">Fraction of the run for the decay at its end: with s = int(Decay · total), linear means peak · (total-t)/s
/// for the last s steps, so the last step still moves; 1 with <see cref="DecayShape.Cosine"/> is a cosine over the whole run.</param>
/// <param name="Shape">Shape of the decay.</param>
/// <param name="Final">The fraction of the peak that the decay goes to.</param>
public sealed record LearningRateSchedule(double? Peak = null, double WarmUp = 0, double Decay = 0, DecayShape Shape = DecayShape.Linear, double Final = 0)
{
    /// <summary>2e-4 / √(latents / 2¹⁴), the law of Gao et al. (2024), figure 3.</summary>
    public static double Law(int latents) => 2e-4 / Math.Sqrt(latents / 16384.0);

    /// <summary>A rate for each step, as a recorded run has it; null: by the rule.</summary>
    internal IReadOnlyList<double>? Listed { get; init; }

    /// <summary>The rate at a step, counted from 0.</summary>
    public double At(int step, int totalSteps, int latents)
    {
        if (Listed is not null)
            return Listed[step];
        var rate = Peak ?? Law(latents);
        var warm = (int)(WarmUp * totalSteps);
        if (step < warm)
            rate = rate * (step + 1) / warm;
        var decay = (int)(Decay * totalSteps);
        var left = totalSteps - step;
        if (left >= decay)
            return rate;
        var share = Shape == DecayShape.Linear ? (double)left / decay : (1 + Math.Cos(Math.PI * (decay - left) / decay)) / 2;
        return Final == 0 && Shape == DecayShape.Linear ? rate * left / decay : rate * (Final + (1 - Final) * share);
    }
}
