using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Interp.Formats;

/// <summary>Decoders of the 16-bit floating-point formats.</summary>
internal static class GgufFloats
{
    /// <summary>2¹¹²: the difference of the exponents' offsets.</summary>
    private const float HalfScale = 5.192296858534828e33f;

    /// <summary>IEEE half precision.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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

    /// <summary>One number in IEEE half precision, as <see cref="Widen"/> turns it into a float32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Half(ReadOnlySpan<byte> bytes)
    {
        uint half = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        var magnitude = (half & 0x7FFF) << 13;
        var bits = magnitude >= 0x7C00u << 13 ? magnitude | 0x7F800000 : BitConverter.SingleToUInt32Bits(BitConverter.UInt32BitsToSingle(magnitude) * HalfScale);
        return BitConverter.UInt32BitsToSingle(bits | (half & 0x8000) << 16);
    }

    /// <summary>
    /// Exponent and mantissa move to their places in a float32, whose exponent counts from 112 lower; a product makes up for that and turns
    /// subnormal numbers into normal ones, exactly. Infinity and NaN get the highest exponent back.
    /// </summary>
    private static Vector256<float> Widen(Vector256<uint> halves)
    {
        var magnitude = (halves & Vector256.Create(0x7FFFu)) << 13;
        var scaled = (magnitude.AsSingle() * HalfScale).AsUInt32();
        var isSpecial = Vector256.GreaterThanOrEqual(magnitude, Vector256.Create(0x7C00u << 13));
        var sign = (halves & Vector256.Create(0x8000u)) << 16;
        return (Vector256.ConditionalSelect(isSpecial, magnitude | Vector256.Create(0x7F800000u), scaled) | sign).AsSingle();
    }
}
