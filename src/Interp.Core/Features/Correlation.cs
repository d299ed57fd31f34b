namespace Interp.Features;

/// <summary>How two lists of numbers go together.</summary>
public static class Correlation
{
    /// <summary>Pearson's coefficient; null where one of the lists does not vary.</summary>
    public static double? Pearson(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(x.Count, y.Count);
        if (x.Count < 2)
            return null;
        var (meanX, meanY) = (x.Average(), y.Average());
        var (both, squareX, squareY) = (0.0, 0.0, 0.0);
        for (var i = 0; i < x.Count; i++)
        {
            var (dx, dy) = (x[i] - meanX, y[i] - meanY);
            (both, squareX, squareY) = (both + dx * dy, squareX + dx * dx, squareY + dy * dy);
        }
        return squareX > 0 && squareY > 0 ? both / Math.Sqrt(squareX * squareY) : null;
    }

    /// <summary>Spearman's coefficient: Pearson's of the ranks, in which equal numbers share the mean of theirs.</summary>
    public static double? Spearman(IReadOnlyList<double> x, IReadOnlyList<double> y) => Pearson(Midranks.Of(x), Midranks.Of(y));
}
