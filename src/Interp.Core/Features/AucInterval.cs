using Interp.Runtime;

namespace Interp.Features;

/// <summary>
/// The probability that a score of a positive exceeds one of a negative, ties counting half, with the score interval of Newcombe ("Confidence intervals
/// for an effect size measure based on the Mann-Whitney statistic", part 2, method 5, 2006): all areas θ that lie within 1.96·√V(θ) of the one seen, where
/// V(θ) = θ(1-θ)·(1 + N·((1-θ)/(2-θ) + θ/(1+θ)))/(mn) and N = (m+n)/2 - 1, the variance of Hanley and McNeil with both classes' sizes evened out. Since it
/// is the variance under θ and not that of the sample, a few texts that are told apart without a fault do not have the interval of a point.
/// </summary>
/// <param name="Auc">The area under the ROC curve.</param>
/// <param name="Low">Lower end of the 95 % interval, not below 0.</param>
/// <param name="High">Upper end, not above 1.</param>
public readonly record struct AucInterval(double Auc, double Low, double High)
{
    /// <summary>The 97.5 % quantile of the standard normal distribution.</summary>
    private const double Normal975 = 1.959963984540054;

    /// <summary>Halvings that leave an end known to the last bit but a few.</summary>
    private const int Halvings = 50;

    /// <summary>The area of scores.</summary>
    /// <param name="positives">Scores of one class.</param>
    /// <param name="negatives">Scores of the other.</param>
    /// <exception cref="InterpException">A class has fewer than two members, which say nothing of how its scores vary.</exception>
    public static AucInterval Of(IReadOnlyList<double> positives, IReadOnlyList<double> negatives)
    {
        var (m, n) = (positives.Count, negatives.Count);
        if (m < 2 || n < 2)
            throw new InterpException($"There are {m} positive and {n} negative texts; give at least two of each.");
        var above = Midranks.Of([.. positives, .. negatives]).Take(m).Sum() - m * (m + 1) / 2.0;
        var area = above / ((double)m * n);
        return new AucInterval(area, End(area, 0, m, n), End(area, 1, m, n));
    }

    /// <summary>The area between the one seen and a bound that is just within reach of it; the bound where that is itself.</summary>
    private static double End(double area, double bound, int m, int n)
    {
        var (within, beyond) = (area, bound);
        for (var i = 0; i < Halvings; i++)
        {
            var middle = (within + beyond) / 2;
            if (Math.Abs(middle - area) <= Normal975 * Math.Sqrt(Variance(middle, m, n)))
                within = middle;
            else
                beyond = middle;
        }
        return within;
    }

    private static double Variance(double area, int m, int n) =>
        area * (1 - area) * (1 + ((m + n) / 2.0 - 1) * ((1 - area) / (2 - area) + area / (1 + area))) / ((double)m * n);
}
