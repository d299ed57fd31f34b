using System.Numerics;

namespace Interp.Features;

/// <summary>
/// How often a latent's positive values fall into each of <see cref="Bins"/> bins, four to a factor of two, from 2^<see cref="LowestExponent"/>
/// up to 2^<see cref="HighestExponent"/>; what is smaller or larger counts in the first or last. The bins are known before the values, so that
/// one pass suffices, and they are a bit field of the number, so that no rounding moves a value across an edge.
/// </summary>
public static class ActivationHistogram
{
    /// <summary>Bins to a factor of two.</summary>
    public const int PerOctave = 4;

    /// <summary>Binary exponent of the lowest edge.</summary>
    public const int LowestExponent = -12;

    /// <summary>Binary exponent of the highest edge.</summary>
    public const int HighestExponent = 12;

    /// <summary>Number of bins.</summary>
    public const int Bins = (HighestExponent - LowestExponent) * PerOctave;

    private const int MantissaBits = 23;
    private const int Bias = 127;

    /// <summary>The bin of a positive value.</summary>
    public static int BinOf(float value)
    {
        var quarters = (int)(BitConverter.SingleToUInt32Bits(value) >> (MantissaBits - BitOperations.Log2(PerOctave)));
        return Math.Clamp(quarters - (LowestExponent + Bias) * PerOctave, 0, Bins - 1);
    }

    /// <summary>The least value of a bin, the first of which begins at 0.</summary>
    public static float LowerEdge(int bin) =>
        bin <= 0 ? 0 : (float)(Math.ScaleB(1, LowestExponent + bin / PerOctave) * (1 + bin % PerOctave / (double)PerOctave));
}
