using Interp.Runtime;

namespace Interp.Features;

/// <summary>
/// The latents that fire in some sentences and not in their contrast. A latent reaches the threshold in a text when it is above 0 on some token and at
/// least threshold × its maximum there. It qualifies when it does so in at least the given share of the sentences and in no text of the contrast;
/// a latent whose maximum is 0 never does. Where a text exceeds the maximum, it has reached it.
/// </summary>
/// <remarks>
/// The score is mean q · d. Here q of a text is the quantile of the latent's peak in its own distribution, 0 where it is silent, and
/// d = (mean q of the sentences - mean q of the others) / √((var + var)/2 + <see cref="Spread"/>²), an effect size (Cohen's d) with a floor under
/// the standard deviation, since few texts may agree by chance. The others are the contrast together with <see cref="Prior"/> texts as long as the
/// sentences whose tokens fire with the latent's density, independently: a few texts in which a dense latent happens to be silent say little, and
/// without a contrast these are all there is.
/// </remarks>
public static class Analysis
{
    /// <summary>The least standard deviation of quantiles.</summary>
    public const double Spread = 0.2;

    /// <summary>How many texts the latent's density counts as beside the contrast.</summary>
    public const double Prior = 10;

    /// <summary>Where no latent qualifies, lower thresholds are tried in steps of 1 / so many.</summary>
    public const int Steps = 20;

    /// <summary>Room for the rounding of share × sentences.</summary>
    private const double Rounding = 1e-9;

    /// <summary>Ranks latents.</summary>
    /// <param name="sentences">At least one.</param>
    /// <param name="contrast">Where the latents are to be below the threshold; may be empty.</param>
    /// <param name="figures">The latents' own distributions.</param>
    /// <param name="options">What is asked; null: the usual.</param>
    /// <exception cref="InterpException">There is no sentence, or an option is out of range.</exception>
    public static AnalysisResult Of(IReadOnlyList<Reading> sentences, IReadOnlyList<Reading> contrast, ILatentFigures figures, AnalysisOptions? options = null)
    {
        options ??= new AnalysisOptions();
        Validate(sentences, options);
        var needed = Math.Max(1, (int)Math.Ceiling(options.Share * sentences.Count - Rounding));
        var fired = Fired(sentences).Where(latent => options.Filter?.Accepts(figures, latent) ?? true).Select(PeaksOf).ToArray();
        var qualified = fired.Where(peaks => peaks.Qualify(options.Threshold)).Select(peaks => peaks.Latent).ToArray();
        var shown = Math.Min(options.Limit ?? int.MaxValue, qualified.Length);
        return new AnalysisResult(fired.Length, qualified.Length, shown, qualified.Length > 0 ? null : Nearest(fired, options.Threshold), () =>
            [.. qualified.Select(Scored).OrderByDescending(found => found.Score).ThenBy(found => found.Latent).Take(shown).Select(found => Shown(found.Latent, found.Score, found.Quantile, found.Effect))]);

        PeaksOfLatent PeaksOf(int latent) => new(
            latent, figures.MaxOf(latent), sentences.Select(text => text.PeakOf(latent)).OrderDescending().ElementAt(needed - 1), contrast.Select(text => text.PeakOf(latent)).DefaultIfEmpty(0).Max());

        int Reaching(int latent) => sentences.Count(text => Reaches(text.PeakOf(latent), figures.MaxOf(latent), options.Threshold));

        (int Latent, double Score, double Quantile, double Effect) Scored(int latent)
        {
            var (mean, square) = Moments([.. sentences.Select(text => QuantileOf(text, latent, figures))]);
            var (against, other) = Background([.. sentences.Select(text => text.Ids.Count)], figures.DensityOf(latent));
            foreach (var quantile in contrast.Select(text => QuantileOf(text, latent, figures)))
                (against, other) = (against + quantile / Prior, other + quantile * quantile / Prior);
            var texts = 1 + contrast.Count / Prior;
            (against, other) = (against / texts, other / texts);
            var effect = (mean - against) / Math.Sqrt((square - mean * mean + other - against * against) / 2 + Spread * Spread);
            return (latent, mean * effect, mean, effect);
        }

        RankedLatent Shown(int latent, double score, double quantile, double effect) => new(
            latent, score, Reaching(latent) / (double)sentences.Count, figures.MaxOf(latent), quantile, effect,
            [.. sentences.Select(text => text.ValuesOf(latent))], [.. contrast.Select(text => text.ValuesOf(latent))]);
    }

    /// <summary>Whether a value fires and is at least the share of a maximum that is above 0.</summary>
    public static bool Reaches(float value, float max, double share) => max > 0 && value > 0 && value >= share * max;

    /// <summary>
    /// Mean and mean square of the largest quantile in texts of these lengths whose tokens fire independently with a density ρ: of T tokens,
    /// P(q ≤ u) = (1 - ρ·(1-u))^T.
    /// </summary>
    internal static (double Mean, double Square) Background(IReadOnlyList<int> lengths, double density)
    {
        const int steps = 64;
        var (mean, square) = (0.0, 0.0);
        foreach (var length in lengths)
        {
            for (var i = 0; i < steps; i++)
            {
                var u = (i + 0.5) / steps;
                var above = 1 - Math.Pow(1 - density * (1 - u), length);
                mean += above / steps / lengths.Count;
                square += 2 * u * above / steps / lengths.Count;
            }
        }
        return (mean, square);
    }

    /// <summary>The quantile of a latent's peak in a text in its own distribution; 0 where it is silent.</summary>
    internal static double QuantileOf(Reading text, int latent, ILatentFigures figures) =>
        text.PeakOf(latent) is var peak and > 0 ? figures.QuantileOf(latent, peak) : 0;

    private static double? Nearest(PeaksOfLatent[] fired, double threshold) =>
        Enumerable.Range(1, Steps).Select(step => (double?)(step / (double)Steps)).Where(lower => lower < threshold).Reverse()
            .FirstOrDefault(lower => fired.Any(peaks => peaks.Qualify(lower!.Value)));

    /// <summary>What decides whether a latent qualifies.</summary>
    /// <param name="Latent">Its number.</param>
    /// <param name="Max">Its maximum.</param>
    /// <param name="Least">The least of its peaks in as many sentences as are needed, those in which it is largest.</param>
    /// <param name="Against">Its peak in the contrast.</param>
    private readonly record struct PeaksOfLatent(int Latent, float Max, float Least, float Against)
    {
        public bool Qualify(double threshold) => Reaches(Least, Max, threshold) && !Reaches(Against, Max, threshold);
    }

    private static (double Mean, double Square) Moments(double[] values) => (values.Average(), values.Average(value => value * value));

    private static SortedSet<int> Fired(IReadOnlyList<Reading> texts)
    {
        var fired = new SortedSet<int>();
        foreach (var text in texts)
            fired.UnionWith(text.Fired.ToArray());
        return fired;
    }

    private static void Validate(IReadOnlyList<Reading> sentences, AnalysisOptions options)
    {
        if (sentences.Count == 0)
            throw new InterpException("There is no sentence to analyse; give at least one.");
        if (!(options.Threshold is >= 0 and <= 1))
            throw new InterpException(FormattableString.Invariant($"The threshold is {options.Threshold}; give a share of the latent's maximum, from 0 to 1."));
        if (!(options.Share is >= 0 and <= 1))
            throw new InterpException(FormattableString.Invariant($"The share of the sentences is {options.Share}; give a number from 0 to 1."));
        if (options.Limit < 1)
            throw new InterpException($"The best {options.Limit} latents are asked for; give 1 or more, or none for all.");
    }
}
