namespace Interp.Features;

/// <summary>Which token a condition looks at.</summary>
internal enum TokenPlace
{
    /// <summary>The token itself.</summary>
    Here,

    /// <summary>The one before it.</summary>
    Before,

    /// <summary>Any of the <see cref="TokenCondition.Window"/> before it.</summary>
    Within,
}

/// <summary>A condition on a row of text: that one of some tokens stands at a place.</summary>
/// <param name="Place">Where.</param>
/// <param name="Tokens">Which tokens.</param>
internal sealed record TokenCondition(TokenPlace Place, IReadOnlyList<int> Tokens)
{
    /// <summary>Tokens that <see cref="TokenPlace.Within"/> looks back.</summary>
    public const int Window = 8;

    /// <summary>Whether it holds on a row.</summary>
    public bool Holds(FiringSample sample, int row)
    {
        foreach (var token in TokensAt(sample, Place, row))
        {
            if (Tokens.Contains(token))
                return true;
        }
        return false;
    }

    /// <summary>The tokens at a place as seen from a row, those of its context.</summary>
    public static IEnumerable<int> TokensAt(FiringSample sample, TokenPlace place, int row)
    {
        if (place == TokenPlace.Here)
        {
            yield return sample.TokenOf(row);
            yield break;
        }
        var first = Math.Max(sample.ContextStart(row), row - (place == TokenPlace.Before ? 1 : Window));
        for (var other = row - 1; other >= first; other--)
            yield return sample.TokenOf(other);
    }

    /// <summary>The rows that see a token at a place, ascending, each once; whether they count or not.</summary>
    public static IEnumerable<int> RowsSeeing(FiringSample sample, TokenPlace place, int token)
    {
        var next = 0;
        foreach (var at in sample.RowsWith(token))
        {
            if (place == TokenPlace.Here)
            {
                yield return at;
                continue;
            }
            var end = Math.Min(sample.ContextEnd(at), at + 1 + (place == TokenPlace.Before ? 1 : Window));
            for (var row = Math.Max(next, at + 1); row < end; row++)
                yield return row;
            next = Math.Max(next, end);
        }
    }
}
