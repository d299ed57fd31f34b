namespace Interp.Activations;

/// <summary>Rows of activations that can be read in any order.</summary>
public interface IActivationSource
{
    /// <summary>Numbers in a row (the model's width).</summary>
    int Width { get; }

    /// <summary>Number of rows (tokens).</summary>
    long Count { get; }

    /// <summary>Copies the given rows, one after the other, to <paramref name="destination"/>.</summary>
    /// <param name="rows">Row numbers from 0 to <see cref="Count"/>-1, in any order.</param>
    /// <param name="destination">Room for rows.Length · <see cref="Width"/> numbers.</param>
    void Gather(ReadOnlySpan<int> rows, Span<float> destination);
}
