namespace Interp.Tokenization.Patterns;

internal enum Repetition { Greedy, Lazy, Possessive }

internal enum Anchor { LineStart, LineEnd, TextStart, TextEnd, TextEndOrLastNewline, WordBoundary, NoWordBoundary }

/// <summary>The tree of a regular expression.</summary>
internal abstract record PatternNode
{
    public sealed record One(CodePointSet Set) : PatternNode;

    public sealed record Sequence(IReadOnlyList<PatternNode> Items) : PatternNode;

    public sealed record Choice(IReadOnlyList<PatternNode> Branches) : PatternNode;

    public sealed record Repeat(PatternNode Body, int Least, int Most, Repetition Kind) : PatternNode;

    public sealed record Look(PatternNode Body, bool Behind, bool Negative) : PatternNode;

    public sealed record Atomic(PatternNode Body) : PatternNode;

    public sealed record At(Anchor Anchor) : PatternNode;

    private const int MaxFixedLength = 1_000_000;

    public static readonly PatternNode Empty = new Sequence([]);

    /// <summary>Whether the node can match without consuming anything.</summary>
    public bool IsNullable => this switch
    {
        One => false,
        Sequence(var items) => items.All(item => item.IsNullable),
        Choice(var branches) => branches.Any(branch => branch.IsNullable),
        Repeat(var body, var least, _, _) => least == 0 || body.IsNullable,
        Atomic(var body) => body.IsNullable,
        _ => true,
    };

    /// <summary>The number of code points that every match has, or null when matches differ or are very long.</summary>
    public int? FixedLength => this switch
    {
        One => 1,
        Sequence(var items) => items.Aggregate((int?)0, (sum, item) => sum + item.FixedLength),
        Choice(var branches) => branches.Select(branch => branch.FixedLength).Distinct().ToArray() is [var only] ? only : null,
        Repeat(var body, var least, var most, _) => least == most && (long?)least * body.FixedLength is <= MaxFixedLength and var length ? (int)length : null,
        Atomic(var body) => body.FixedLength,
        _ => 0,
    };
}
