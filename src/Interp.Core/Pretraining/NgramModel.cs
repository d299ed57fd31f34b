using Interp.Runtime;

namespace Interp.Pretraining;

/// <summary>
/// An n-gram model over token ids with interpolated Kneser–Ney smoothing: the yardstick that a trained model has to beat.
/// </summary>
/// <remarks>
/// With history h and h' = h without its oldest token, p(w|h) = max(c(hw) - D, 0)/c(h) + D·n(h)/c(h)·p(w|h'), where n(h) is
/// the number of different tokens that follow h, and p = p(w|h') where h never occurred. At the highest order c counts
/// occurrences; below, the different tokens in front of hw. D = n₁/(n₁ + 2n₂) of each order, from the number of n-grams
/// counted once and twice. The recursion ends in the uniform distribution. Histories are filled up with the token that
/// begins a context and never reach into the context before.
/// </remarks>
public sealed class NgramModel
{
    private readonly NgramTable[] tables;
    private readonly int vocabularySize;

    private NgramModel(NgramTable[] tables, int vocabularySize)
    {
        this.tables = tables;
        this.vocabularySize = vocabularySize;
    }

    /// <summary>Tokens of an n-gram.</summary>
    public int Order => tables.Length;

    /// <summary>Different n-grams of the highest order.</summary>
    public int Count => tables[^1].Count;

    /// <summary>Counts the n-grams of the contexts.</summary>
    /// <param name="contexts">Training text.</param>
    /// <param name="vocabularySize">Number of token ids.</param>
    /// <param name="order">Tokens of an n-gram, 1 or more.</param>
    /// <exception cref="InterpException">An n-gram does not fit 64 bits.</exception>
    public static NgramModel Train(PackedContexts contexts, int vocabularySize, int order = 5)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(order, 1);
        if (order * Math.Log2(vocabularySize) > 63)
            throw new InterpException($"{order} tokens of a vocabulary of {vocabularySize} do not fit into 64 bits; use a lower order.");
        var keys = new ulong[contexts.PredictedCount];
        var next = 0;
        for (var context = 0; context < contexts.Count; context++)
        {
            var tokens = contexts[context];
            for (var position = 1; position < tokens.Length; position++)
                keys[next++] = Key(tokens, position, order, (ulong)vocabularySize);
        }

        var tables = new NgramTable[order];
        Array.Sort(keys);
        tables[order - 1] = NgramTable.FromSorted(keys, (ulong)vocabularySize);
        for (var below = order - 2; below >= 0; below--)
        {
            var span = Power((ulong)vocabularySize, below + 1);
            var suffixes = Array.ConvertAll(tables[below + 1].Keys, key => key % span);
            Array.Sort(suffixes);
            tables[below] = NgramTable.FromSorted(suffixes, (ulong)vocabularySize);
        }
        return new NgramModel(tables, vocabularySize);
    }

    /// <summary>p(token | the tokens before the position), with the history that the context offers.</summary>
    /// <param name="context">A context that begins with the token that begins a text.</param>
    /// <param name="position">1 or more.</param>
    /// <param name="token">The token whose probability is asked for at the position.</param>
    public double Probability(ReadOnlySpan<int> context, int position, int token)
    {
        var size = (ulong)vocabularySize;
        var probability = 1.0 / vocabularySize;
        for (var order = 1; order <= Order; order++)
            probability = tables[order - 1].Interpolate(History(context, position, order - 1, size), (ulong)token, probability);
        return probability;
    }

    /// <summary>Mean loss of the contexts, in nats per predicted token.</summary>
    public double Evaluate(PackedContexts contexts)
    {
        var sums = new double[contexts.Count];
        Workers.For(contexts.Count, index =>
        {
            var tokens = contexts[index];
            for (var position = 1; position < tokens.Length; position++)
                sums[index] -= Math.Log(Probability(tokens, position, tokens[position]));
        });
        return sums.Sum() / contexts.PredictedCount;
    }

    private static ulong Key(ReadOnlySpan<int> tokens, int position, int order, ulong size) =>
        History(tokens, position, order - 1, size) * size + (ulong)tokens[position];

    private static ulong History(ReadOnlySpan<int> tokens, int position, int length, ulong size)
    {
        var key = 0UL;
        for (var i = position - length; i < position; i++)
            key = key * size + (ulong)tokens[Math.Max(i, 0)];
        return key;
    }

    private static ulong Power(ulong value, int exponent)
    {
        var power = 1UL;
        for (var i = 0; i < exponent; i++)
            power *= value;
        return power;
    }
}
