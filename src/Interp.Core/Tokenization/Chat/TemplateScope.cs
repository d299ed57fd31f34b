namespace Interp.Tokenization.Chat;

/// <summary>Names and their values: those of a loop's body end with it.</summary>
internal sealed class TemplateScope(TemplateScope? outer = null)
{
    private const int MostRounds = 1_000_000;

    private readonly Dictionary<string, object?> values = new(StringComparer.Ordinal);
    private int rounds;

    /// <summary>The value of a name, from the inside out.</summary>
    public object? this[string name]
    {
        get => values.TryGetValue(name, out var value) ? value : outer is null ? new Undefined(name) : outer[name];
        set => values[name] = value;
    }

    /// <summary>Counts a round of a loop; all loops of a template share a limit.</summary>
    public void CountRound()
    {
        outer?.CountRound();
        if (outer is null && ++rounds > MostRounds)
            throw new UnservedTemplateException($"more than {MostRounds} rounds of loops");
    }
}
