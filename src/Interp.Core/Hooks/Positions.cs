using Interp.Runtime;

namespace Interp.Hooks;

/// <summary>Which positions of a text an intervention reaches. Positions count from 0 at the first token, also while text is generated.</summary>
public sealed class Positions
{
    private readonly Func<int, bool> contains;

    private Positions(Func<int, bool> contains) => this.contains = contains;

    /// <summary>Every position.</summary>
    public static Positions All { get; } = new(_ => true);

    /// <summary>The given positions.</summary>
    public static Positions At(params IEnumerable<int> positions)
    {
        var set = positions.ToHashSet();
        return set.Any(position => position < 0)
            ? throw new InterpException($"The position {set.Min()} is below 0; positions count from the first token.")
            : new Positions(set.Contains);
    }

    /// <summary>Positions from <paramref name="start"/> on, up to but not with <paramref name="end"/>.</summary>
    public static Positions Range(int start, int end = int.MaxValue) =>
        start >= 0 && end >= start
            ? new Positions(position => position >= start && position < end)
            : throw new InterpException($"The positions {start} to {end} are no range; give a start of 0 or more and an end not before it.");

    /// <summary>Positions that a pure function accepts.</summary>
    public static Positions Where(Func<int, bool> accepts) => new(accepts);

    /// <summary>Whether a position is one of them.</summary>
    public bool Contains(int position) => contains(position);
}
