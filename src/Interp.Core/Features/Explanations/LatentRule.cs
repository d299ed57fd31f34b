using Interp.Tokenization;

namespace Interp.Features;

/// <summary>A rule that says on which rows a latent fires: all of one or two conditions.</summary>
/// <param name="Conditions">The first is that which picks the rows to look at.</param>
internal sealed record LatentRule(IReadOnlyList<TokenCondition> Conditions)
{
    /// <summary>The counted rows that it picks, each once.</summary>
    public IEnumerable<int> Rows(FiringSample sample)
    {
        var seen = new HashSet<int>();
        foreach (var token in Conditions[0].Tokens)
        {
            foreach (var row in TokenCondition.RowsSeeing(sample, Conditions[0].Place, token))
            {
                if (sample.Counts(row) && Conditions.Skip(1).All(condition => condition.Holds(sample, row)) && seen.Add(row))
                    yield return row;
            }
        }
    }

    /// <summary>How well it picks the firings of a latent.</summary>
    public RuleScore ScoreOn(FiringSample sample, int latent)
    {
        var firings = sample.FiringsOf(latent);
        var (picked, right) = (0, 0);
        foreach (var row in Rows(sample))
        {
            picked++;
            right += firings.BinarySearch(row) >= 0 ? 1 : 0;
        }
        return new RuleScore(right, picked, firings.Length);
    }

    /// <summary>The rule in words, all of it, so that anyone can check its score.</summary>
    public string Text(TokenPieces pieces) => string.Join(", ", Conditions.Select(condition => condition.Place switch
    {
        TokenPlace.Here => Shown(condition.Tokens, pieces),
        TokenPlace.Before => $"after {Shown(condition.Tokens, pieces)}",
        _ => $"within {TokenCondition.Window} tokens after {Shown(condition.Tokens, pieces)}",
    }));

    private static string Shown(IReadOnlyList<int> tokens, TokenPieces pieces)
    {
        string[] quoted = [.. tokens.Select(token => $"“{Visible(pieces.Of(token))}”")];
        return quoted.Length == 1 ? quoted[0] : $"{string.Join(", ", quoted[..^1])} or {quoted[^1]}";
    }

    private static string Visible(string token) => token.Replace("\n", "⏎").Replace("\t", "⇥");
}

/// <summary>What a rule picks.</summary>
/// <param name="Right">Firings among it.</param>
/// <param name="Picked">Rows.</param>
/// <param name="Firings">All firings.</param>
internal readonly record struct RuleScore(int Right, int Picked, int Firings)
{
    /// <summary>Share of the picked that are firings.</summary>
    public double Precision => Picked == 0 ? 0 : (double)Right / Picked;

    /// <summary>Share of the firings that are picked.</summary>
    public double Recall => Firings == 0 ? 0 : (double)Right / Firings;

    /// <summary>Harmonic mean of the two.</summary>
    public double F1 => Right == 0 ? 0 : 2.0 * Right / (Picked + Firings);
}
