using System.Collections.Concurrent;

namespace Interp.Features;

/// <summary>
/// Finds a rule for a latent on a sample of text: tokens are added to a condition one by one, that with the largest gain of F1 first, for each
/// place to look at; then a second condition is tried on what the first picks. No model is asked. After N2G (Foote et al., "Neuron to Graph",
/// 2023), with sets of tokens in the place of graphs.
/// </summary>
internal sealed class RuleFitting
{
    /// <summary>A rule from fewer firings would be chance.</summary>
    private const int LeastFirings = 5;

    /// <summary>Tokens of a condition at most.</summary>
    private const int MostTokens = 24;

    /// <summary>Tokens that are tried, those that the most firings see.</summary>
    private const int Candidates = 64;

    /// <summary>A token by which fewer of the rows that see it are firings is left out.</summary>
    private const double LeastPrecision = 0.2;

    /// <summary>The same for a condition that a second one narrows.</summary>
    private const double LeastWidePrecision = 0.02;

    /// <summary>A second condition must lift F1 by this factor.</summary>
    private const double WorthIt = 1.02;

    private readonly FiringSample sample;
    private readonly ConcurrentDictionary<(TokenPlace Place, int Token), int[]> counted = new();

    /// <param name="sample">The text that rules are found on, completed; it may be shared.</param>
    public RuleFitting(FiringSample sample) => this.sample = sample;

    /// <summary>The best rule for a latent; null when it fires too rarely.</summary>
    public LatentRule? Fit(int latent)
    {
        var firings = sample.FiringsOf(latent);
        if (firings.Length < LeastFirings)
            return null;
        var wanted = Marked(firings.ToArray());
        var places = Enum.GetValues<TokenPlace>();
        var best = places.Select(place => Grow(place, wanted, null)).MaxBy(found => found.F1);
        var wide = Grow(TokenPlace.Here, wanted, null, favourRecall: true);
        var pair = new[] { best, wide }.Where(first => first.Condition is not null).SelectMany(first =>
        {
            var picked = Marked(new LatentRule([first.Condition!]).Rows(sample));
            return places.Where(place => place != first.Condition!.Place).Select(place => (First: first.Condition!, Second: Grow(place, wanted, picked)));
        }).DefaultIfEmpty().MaxBy(found => found.Second.F1);
        return pair.Second.Condition is { } second && pair.Second.F1 > best.F1 * WorthIt ? new LatentRule([pair.First, second])
            : best.Condition is { } alone ? new LatentRule([alone])
            : null;
    }

    /// <summary>A condition at one place, grown token by token.</summary>
    /// <param name="place">The place.</param>
    /// <param name="wanted">The firings.</param>
    /// <param name="among">Rows that it picks from; null: all.</param>
    /// <param name="favourRecall">Whether tokens are added as long as they bring firings, for a first condition that a second one narrows.</param>
    private (TokenCondition? Condition, double F1) Grow(TokenPlace place, Marks wanted, Marks? among, bool favourRecall = false)
    {
        var remaining = Singles(place, wanted, among, favourRecall ? LeastWidePrecision : LeastPrecision);
        var covered = new bool[sample.Rows];
        var tokens = new List<int>();
        var (picked, right, f1) = (0, 0, 0.0);
        while (tokens.Count < MostTokens)
        {
            var best = (Index: -1, F1: f1, More: 0, Right: 0);
            for (var i = 0; i < remaining.Count && !(place == TokenPlace.Here && best.Index >= 0); i++)
            {
                var (more, moreRight) = (0, 0);
                foreach (var row in remaining[i].Rows)
                {
                    if (covered[row])
                        continue;
                    more++;
                    moreRight += wanted.Rows[row] ? 1 : 0;
                }
                var next = 2.0 * (right + moreRight) / (picked + more + wanted.Count);
                if (favourRecall ? moreRight > best.Right : next > best.F1)
                    best = (i, next, more, moreRight);
            }
            if (best.Index < 0)
                break;
            tokens.Add(remaining[best.Index].Token);
            foreach (var row in remaining[best.Index].Rows)
                covered[row] = true;
            (picked, right, f1) = (picked + best.More, right + best.Right, best.F1);
            remaining.RemoveAt(best.Index);
        }
        return tokens.Count == 0 ? (null, 0) : (new TokenCondition(place, tokens), f1);
    }

    /// <summary>The tokens that do best alone, with the counted rows that each picks; the most precise first, ties by the lower id.</summary>
    private List<(int Token, int[] Rows)> Singles(TokenPlace place, Marks wanted, Marks? among, double leastPrecision)
    {
        var hits = new Dictionary<int, int>();
        for (var row = 0; row < sample.Rows; row++)
        {
            if (!wanted.Rows[row] || among?.Rows[row] == false)
                continue;
            foreach (var token in TokenCondition.TokensAt(sample, place, row).Distinct())
                hits[token] = hits.GetValueOrDefault(token) + 1;
        }
        return [.. hits.Where(entry => entry.Value > 1).OrderByDescending(entry => entry.Value).ThenBy(entry => entry.Key).Take(Candidates)
            .Select(entry => (Token: entry.Key, Rows: RowsOf(place, entry.Key, among), Right: entry.Value))
            .Where(entry => entry.Right >= leastPrecision * entry.Rows.Length)
            .OrderByDescending(entry => entry.Right / (double)entry.Rows.Length).ThenByDescending(entry => entry.Right).ThenBy(entry => entry.Token)
            .Select(entry => (entry.Token, entry.Rows))];
    }

    private int[] RowsOf(TokenPlace place, int token, Marks? among)
    {
        var rows = counted.GetOrAdd((place, token), _ => [.. TokenCondition.RowsSeeing(sample, place, token).Where(sample.Counts)]);
        return among is null ? rows : [.. rows.Where(row => among.Rows[row])];
    }

    private Marks Marked(IEnumerable<int> rows)
    {
        var marks = new bool[sample.Rows];
        var count = 0;
        foreach (var row in rows)
        {
            marks[row] = true;
            count++;
        }
        return new Marks(marks, count);
    }

    /// <summary>A set of rows.</summary>
    private sealed record Marks(bool[] Rows, int Count);
}
