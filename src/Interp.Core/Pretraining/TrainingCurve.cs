using System.Globalization;
using System.Text;

namespace Interp.Pretraining;

/// <summary>One point of a training run.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Tokens">Tokens predicted in training so far.</param>
/// <param name="TrainLoss">Mean loss of the steps since the point before, nats per token.</param>
/// <param name="ValidationLoss">Loss on the validation contexts, nats per token.</param>
public sealed record CurvePoint(int Step, long Tokens, double TrainLoss, double ValidationLoss);

/// <summary>A training curve as CSV.</summary>
public static class TrainingCurve
{
    private const string Header = "step,tokens,train_loss,validation_loss";

    /// <summary>The points as CSV with a header; losses have six decimals.</summary>
    public static string ToCsv(IEnumerable<CurvePoint> points)
    {
        var text = new StringBuilder(Header).Append('\n');
        foreach (var point in points)
            text.Append(CultureInfo.InvariantCulture, $"{point.Step},{point.Tokens},{point.TrainLoss:F6},{point.ValidationLoss:F6}\n");
        return text.ToString();
    }

    /// <summary>The points of what <see cref="ToCsv"/> wrote.</summary>
    public static IReadOnlyList<CurvePoint> FromCsv(string csv) =>
        [.. csv.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.Split(',')).Select(cells => new CurvePoint(
            int.Parse(cells[0], CultureInfo.InvariantCulture), long.Parse(cells[1], CultureInfo.InvariantCulture),
            double.Parse(cells[2], CultureInfo.InvariantCulture), double.Parse(cells[3], CultureInfo.InvariantCulture)))];
}
