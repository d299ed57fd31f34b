using System.Text;

namespace Interp.Tokenization;

/// <summary>
/// Growing text as code points, each with the half-open range of code points of the original text that it stands for.
/// </summary>
internal sealed class AlignedText
{
    private int[] points;
    private int[] starts;
    private int[] ends;

    public AlignedText(int capacity)
    {
        points = new int[capacity];
        starts = new int[capacity];
        ends = new int[capacity];
    }

    public int Length { get; private set; }

    public ReadOnlySpan<int> Points => points.AsSpan(0, Length);

    public int Point(int index) => points[index];

    public int Start(int index) => starts[index];

    public int End(int index) => ends[index];

    /// <summary>The code points of a text, each standing for itself; a lone surrogate becomes U+FFFD.</summary>
    public static AlignedText From(string text)
    {
        var result = new AlignedText(text.Length);
        foreach (var rune in text.EnumerateRunes())
            result.Add(rune.Value, result.Length, result.Length + 1);
        return result;
    }

    public void Add(int point, int start, int end)
    {
        if (Length == points.Length)
        {
            var capacity = Math.Max(16, Length * 2);
            Array.Resize(ref points, capacity);
            Array.Resize(ref starts, capacity);
            Array.Resize(ref ends, capacity);
        }
        points[Length] = point;
        starts[Length] = start;
        ends[Length] = end;
        Length++;
    }

    /// <summary>Appends a code point that stands for what position <paramref name="index"/> of <paramref name="source"/> stands for.</summary>
    public void AddLike(int point, AlignedText source, int index) => Add(point, source.starts[index], source.ends[index]);

    public void AddRange(AlignedText source, int start, int end)
    {
        for (var i = start; i < end; i++)
            AddLike(source.points[i], source, i);
    }

    public string Substring(int start, int end) => ToString(Points[start..end]);

    public static string ToString(ReadOnlySpan<int> points)
    {
        var builder = new StringBuilder(points.Length);
        foreach (var point in points)
            builder.Append(new Rune(point));
        return builder.ToString();
    }

    public static int[] PointsOf(string text) => From(text).Points.ToArray();
}

/// <summary>A stretch of an <see cref="AlignedText"/>; <paramref name="AddedId"/> is the id of an added token that was found there, or -1.</summary>
internal readonly record struct Piece(int Start, int End, int AddedId = -1)
{
    public bool IsAdded => AddedId >= 0;
}

/// <summary>A text cut into pieces. Added tokens keep their piece; everything else is cut and rewritten step by step.</summary>
internal sealed class PiecedText(AlignedText text, List<Piece> pieces)
{
    public AlignedText Text { get; } = text;

    public List<Piece> Pieces { get; } = pieces;

    /// <summary>Cuts every piece that is not an added token; empty parts vanish.</summary>
    public PiecedText Cut(Action<AlignedText, Piece, List<Piece>> cut)
    {
        var result = new List<Piece>(Pieces.Count);
        foreach (var piece in Pieces)
        {
            var before = result.Count;
            if (piece.IsAdded)
                result.Add(piece);
            else
                cut(Text, piece, result);
            RemoveEmpty(result, before);
        }
        return new PiecedText(Text, result);
    }

    /// <summary>Writes every piece anew through <paramref name="rewrite"/>, which appends to the text it is given.</summary>
    public PiecedText Rewrite(Action<AlignedText, Piece, AlignedText> rewrite)
    {
        var text = new AlignedText(Text.Length + Pieces.Count);
        var result = new List<Piece>(Pieces.Count);
        foreach (var piece in Pieces)
        {
            var start = text.Length;
            if (piece.IsAdded)
                text.AddRange(Text, piece.Start, piece.End);
            else
                rewrite(Text, piece, text);
            if (text.Length > start)
                result.Add(piece with { Start = start, End = text.Length });
        }
        return new PiecedText(text, result);
    }

    private static void RemoveEmpty(List<Piece> pieces, int from)
    {
        for (var i = pieces.Count - 1; i >= from; i--)
            if (pieces[i].Start == pieces[i].End)
                pieces.RemoveAt(i);
    }
}
