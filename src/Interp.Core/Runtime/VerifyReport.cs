namespace Interp.Runtime;

/// <summary>One comparison with a golden value: it passes when <c>Error ≤ Tolerance</c> (a NaN error fails).</summary>
/// <param name="Name">What was compared, such as <c>golden.t33: hidden.2</c>.</param>
/// <param name="Error">The largest deviation, in the unit of the tolerance; for counts, the number of mismatches.</param>
/// <param name="Tolerance">The largest deviation that passes.</param>
public sealed record VerifyCheck(string Name, double Error, double Tolerance)
{
    /// <summary>Whether the check holds.</summary>
    public bool Passed => Error <= Tolerance;
}

/// <summary>What a <c>verify</c> command found.</summary>
/// <param name="Checks">All comparisons, in the order they were made.</param>
/// <param name="Notes">Sentences for a reader, such as what was left out and why.</param>
public sealed record VerifyReport(IReadOnlyList<VerifyCheck> Checks, IReadOnlyList<string> Notes)
{
    /// <summary>Whether all that was asked for cannot be decided by a comparison, for reasons in the notes, which is no failure.</summary>
    public bool IsSkipped { get; init; }

    /// <summary>Whether all checks hold, and there was one or none was possible.</summary>
    public bool Passed => (Checks.Count > 0 || IsSkipped) && Checks.All(check => check.Passed);
}
