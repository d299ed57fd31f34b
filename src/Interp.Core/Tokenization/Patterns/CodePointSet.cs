namespace Interp.Tokenization.Patterns;

/// <summary>A set of code points: a table for the first plane, the defining predicate above it.</summary>
internal sealed class CodePointSet
{
    private const int TableSize = 0x10000;

    private readonly ulong[] table = new ulong[TableSize / 64];
    private readonly Func<int, bool> contains;

    public CodePointSet(Func<int, bool> contains)
    {
        this.contains = contains;
        for (var point = 0; point < TableSize; point++)
            if (contains(point))
                table[point >> 6] |= 1UL << (point & 63);
    }

    public bool Contains(int point) =>
        point < TableSize ? (table[point >> 6] >> (point & 63) & 1) != 0 : contains(point);
}
