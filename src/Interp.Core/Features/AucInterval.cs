using Interp.Runtime;

namespace Interp.Features;

/// <summary>
/// The probability that a score of a positive exceeds one of a negative, ties counting half, with the interval of DeLong, DeLong and Clarke-Pearson
/// ("Comparing the areas under two or more correlated receiver operating characteristic curves", 1988): the share of the other class that each
/// member leaves behind varies over m positives by S₁ and over n negatives by S₀, and the area's variance is S₁/m + S₀/n. Classes that are told apart
/// without a fault have no spread, and the interval is the point.
/// </summary>
/// <param name="Auc">The area under the ROC curve.</param>
/// <param name="Low">Lower end of the 95 % interval, not below 0.</param>
/// <param name="High">Upper end, not above 1.</param>
public readonly record struct AucInterval(double Auc, double Low, double High)
{
    /// <summary>The 97.5 % quantile of the standard normal distribution.</summary>
    private const double Normal975 = 1.959963984540054;

    /// <summary>The area of scores.</summary>
    /// <param name="positives">Scores of one class.</param>
    /// <param name="negatives">Scores of the other.</param>
    /// <exception cref="InterpException">A class has fewer than two members, so that nothing varies.</exception>
    public static AucInterval Of(IReadOnlyList<double> positives, IReadOnlyList<double> negatives)
    {
        var (m, n) = (positives.Count, negatives.Count);
        if (m < 2 || n < 2)
            throw new InterpException($"There are {m} positive and {n} negative texts; give at least two of each.");
        var all = Midranks.Of([.. positives, .. negatives]);
        var (own, other) = (Midranks.Of(positives), Midranks.Of(negatives));
        var above = Enumerable.Range(0, m).Select(i => (all[i] - own[i]) / n).ToArray();
        var below = Enumerable.Range(0, n).Select(j => 1 - (all[m + j] - other[j]) / m).ToArray();
        var area = above.Average();
        var half = Normal975 * Math.Sqrt(Variance(above) / m + Variance(below) / n);
        return new AucInterval(area, Math.Max(0, area - half), Math.Min(1, area + half));
    }

    private static double Variance(double[] values)
    {
        var mean = values.Average();
        return values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1);
    }
}
