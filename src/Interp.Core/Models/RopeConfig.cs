namespace Interp.Models;

/// <summary>Rotary position embedding: which part of a head turns, how fast, and how the speeds are scaled.</summary>
/// <param name="Base">theta.</param>
/// <param name="RotatedWidth">Leading dimensions of a head that are rotated; even.</param>
/// <param name="Scaling">Rule that scales the frequencies.</param>
public sealed record RopeConfig(double Base, int RotatedWidth, RopeScaling Scaling);

/// <summary>A rule that scales rotary frequencies theta^(-2i/r).</summary>
public abstract record RopeScaling
{
    /// <summary>Frequencies as they are.</summary>
    public sealed record None : RopeScaling;

    /// <summary>All frequencies divided by a factor.</summary>
    /// <param name="Factor">Divisor.</param>
    public sealed record Linear(double Factor) : RopeScaling;

    /// <summary>NTK: a longer input than <paramref name="Limit"/> raises theta.</summary>
    /// <param name="Factor">Strength.</param>
    /// <param name="Limit">Length up to which nothing changes.</param>
    public sealed record Dynamic(double Factor, int Limit) : RopeScaling;

    /// <summary>Llama 3: low frequencies divided, high ones kept, a blend between.</summary>
    /// <param name="Factor">Divisor of the low frequencies.</param>
    /// <param name="LowFactor">Wavelengths above original/LowFactor are divided.</param>
    /// <param name="HighFactor">Wavelengths below original/HighFactor are kept.</param>
    /// <param name="OriginalLength">Context length of pre-training.</param>
    public sealed record Llama3(double Factor, double LowFactor, double HighFactor, int OriginalLength) : RopeScaling;

    /// <summary>LongRoPE: one divisor per frequency, another list for inputs longer than the original length.</summary>
    /// <param name="Short">Divisors up to the original length.</param>
    /// <param name="Long">Divisors beyond it.</param>
    /// <param name="OriginalLength">Context length of pre-training.</param>
    /// <param name="Amplitude">Factor of cos and sin at every length.</param>
    public sealed record LongRope(IReadOnlyList<double> Short, IReadOnlyList<double> Long, int OriginalLength, double Amplitude) : RopeScaling;
}
