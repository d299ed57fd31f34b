using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Interp.Formats;

/// <summary>Decoders of the 16-bit floating-point formats.</summary>
internal static class GgufFloats
{
    /// <summary>IEEE half precision.</summary>
    public static void Half(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        var halves = MemoryMarshal.Cast<byte, ushort>(blocks);
        var done = 0;
        for (; done + 16 <= values.Length; done += 16)
        {
            var (low, high) = Vector256.Widen(Vector256.Create(halves[done..]));
            Widen(low).CopyTo(values[done..]);
            Widen(high).CopyTo(values[(done + 8)..]);
        }
        for (; done < values.Length; done++)
            values[done] = (float)BitConverter.UInt16BitsToHalf(halves[done]);
    }

    /// <summary>The upper half of a float32.</summary>
    public static void BrainFloat(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        var upper = MemoryMarshal.Cast<byte, ushort>(blocks);
        var done = 0;
        for (; done + 16 <= values.Length; done += 16)
        {
            var (low, high) = Vector256.Widen(Vector256.Create(upper[done..]));
            (low << 16).AsSingle().CopyTo(values[done..]);
            (high << 16).AsSingle().CopyTo(values[(done + 8)..]);
        }
        for (; done < values.Length; done++)
            values[done] = BitConverter.UInt32BitsToSingle((uint)upper[done] << 16);
    }

    /// <summary>
    /// Exponent and mantissa move to their places in a float32, whose exponent counts from 112 lower; a product makes up for that and turns
    /// subnormal numbers into normal ones, exactly. Infinity and NaN get the highest exponent back.
    /// </summary>
    private static Vector256<float> Widen(Vector256<uint> halves)
    {
        var magnitude = (halves & Vector256.Create(0x7FFFu)) << 13;
        var scaled = (magnitude.AsSingle() * BitConverter.UInt32BitsToSingle((127 + 112) << 23)).AsUInt32();
        var isSpecial = Vector256.GreaterThanOrEqual(magnitude, Vector256.Create(0x7C00u << 13));
        var sign = (halves & Vector256.Create(0x8000u)) << 16;
        return (Vector256.ConditionalSelect(isSpecial, magnitude | Vector256.Create(0x7F800000u), scaled) | sign).AsSingle();
    }
}
