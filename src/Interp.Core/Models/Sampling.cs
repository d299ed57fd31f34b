using Interp.Runtime;

namespace Interp.Models;

/// <summary>How the next token is chosen from the logits; computed in float64, so that it is the same on every machine that has the logits.</summary>
public sealed record Sampling
{
    /// <summary>The most likely token; of equal ones the smallest id.</summary>
    public static readonly Sampling Greedy = new();

    /// <summary>Divisor of the logits; 0 for greedy choice.</summary>
    public double Temperature { get; init; }

    /// <summary>Only so many of the most likely tokens are drawn from; null for all.</summary>
    public int? TopK { get; init; }

    /// <summary>Only the smallest set of most likely tokens with at least this probability together is drawn from.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Seed of the draws.</summary>
    public long Seed { get; init; }

    /// <exception cref="InterpException">A number is out of range.</exception>
    internal void Validate()
    {
        if (!(Temperature >= 0) || !double.IsFinite(Temperature))
            throw new InterpException(FormattableString.Invariant($"The temperature is {Temperature}; give 0 or more."));
        if (TopK < 1)
            throw new InterpException($"Sampling from the {TopK} most likely tokens leaves none; give 1 or more.");
        if (!(TopP > 0 && TopP <= 1))
            throw new InterpException(FormattableString.Invariant($"Sampling from a share of {TopP} of the probability is not possible; give a number above 0 and at most 1."));
    }

    /// <summary>The token at a position; the draw depends on seed and position alone.</summary>
    internal int Choose(ReadOnlySpan<double> logits, int position)
    {
        if (Temperature == 0)
            return Largest(logits);
        var ids = Enumerable.Range(0, logits.Length).ToArray();
        var top = logits[Largest(logits)];
        var weights = new double[logits.Length];
        for (var i = 0; i < weights.Length; i++)
            weights[i] = Math.Exp((logits[i] - top) / Temperature);
        if (TopK is not null || TopP < 1)
            ids = Candidates(ids, weights);
        var target = new RandomStream(Seed, "generate", (ulong)position).NextDouble() * ids.Sum(id => weights[id]);
        foreach (var id in ids)
        {
            target -= weights[id];
            if (target < 0)
                return id;
        }
        return ids[^1];
    }

    private int[] Candidates(int[] ids, double[] weights)
    {
        var ordered = ids.OrderByDescending(id => weights[id]).Take(TopK ?? ids.Length).ToArray();
        var needed = TopP * ordered.Sum(id => weights[id]);
        var count = 0;
        for (var sum = 0.0; count < ordered.Length && sum < needed; count++)
            sum += weights[ordered[count]];
        return ordered[..Math.Max(1, count)];
    }

    private static int Largest(ReadOnlySpan<double> logits)
    {
        var best = 0;
        for (var i = 1; i < logits.Length; i++)
        {
            if (logits[i] > logits[best])
                best = i;
        }
        return best;
    }
}
