namespace Interp.Tokenization;

/// <summary>A token that is cut out of the text before anything else.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">Its text.</param>
/// <param name="SingleWord">Whether a word character beside it forbids the match.</param>
/// <param name="LeftStrip">Whether white space before it belongs to it.</param>
/// <param name="RightStrip">Whether white space after it belongs to it.</param>
/// <param name="Normalized">Whether it is sought in the normalized text, itself normalized.</param>
/// <param name="Special">Whether decoding can leave it out.</param>
internal sealed record AddedToken(int Id, string Content, bool SingleWord, bool LeftStrip, bool RightStrip, bool Normalized, bool Special);

/// <summary>Finds added tokens: leftmost first, then the longest.</summary>
internal sealed class AddedTokenFinder
{
    private sealed class Node
    {
        public Dictionary<int, Node> Next { get; } = [];

        public AddedToken? Token { get; set; }
    }

    private readonly Node root = new();

    /// <param name="tokens">The tokens, each with the text to look for.</param>
    public AddedTokenFinder(IEnumerable<(AddedToken Token, string Text)> tokens)
    {
        foreach (var (token, text) in tokens)
        {
            var node = root;
            foreach (var point in AlignedText.PointsOf(text))
            {
                if (!node.Next.TryGetValue(point, out var next))
                    node.Next[point] = next = new Node();
                node = next;
            }
            if (node != root)
                node.Token ??= token;
        }
    }

    public bool IsEmpty => root.Next.Count == 0;

    /// <summary>Cuts a piece into added tokens and what lies between.</summary>
    /// <remarks>White space that one token took to its right can be taken again by a token that begins in it, as in the original library.</remarks>
    public void Cut(AlignedText text, Piece piece, List<Piece> result)
    {
        var points = text.Points[piece.Start..piece.End];
        var done = 0;
        for (var at = 0; at < points.Length;)
        {
            if (Longest(points[at..]) is not var (token, length))
            {
                at++;
                continue;
            }
            var (start, end) = (at, at + length);
            at = end;
            if (token.SingleWord && ((start > 0 && CodePoints.IsWord(points[start - 1])) || (end < points.Length && CodePoints.IsWord(points[end]))))
                continue;
            if (token.LeftStrip)
            {
                while (start > 0 && CodePoints.IsSpace(points[start - 1]))
                    start--;
                start = Math.Min(Math.Max(start, done), end);
            }
            while (token.RightStrip && end < points.Length && CodePoints.IsSpace(points[end]))
                end++;
            if (done < start)
                result.Add(new Piece(piece.Start + done, piece.Start + start));
            result.Add(new Piece(piece.Start + start, piece.Start + end, token.Id));
            done = end;
        }
        if (done < points.Length)
            result.Add(new Piece(piece.Start + done, piece.End));
    }

    private (AddedToken Token, int Length)? Longest(ReadOnlySpan<int> points)
    {
        (AddedToken, int)? found = null;
        var node = root;
        for (var i = 0; i < points.Length && node.Next.TryGetValue(points[i], out node); i++)
            if (node.Token is { } token)
                found = (token, i + 1);
        return found;
    }
}
