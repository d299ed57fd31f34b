using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Interp.Formats;

/// <summary>Decoders of the formats with blocks of 32 values.</summary>
internal static class GgufShortBlocks
{
    /// <summary>scale f16, 16 bytes of nibbles: value = scale·(q − 8); low nibbles first, then high ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q4_0(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; blocks.Length > 0; blocks = blocks[18..], values = values[32..])
            GgufQuants.Write(Nibbles(blocks[2..]), 8, GgufFloats.Half(blocks), 0, values);
    }

    /// <summary>scale and minimum f16, 16 bytes of nibbles: value = scale·q + minimum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q4_1(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; blocks.Length > 0; blocks = blocks[20..], values = values[32..])
            GgufQuants.Write(Nibbles(blocks[4..]), 0, GgufFloats.Half(blocks), GgufFloats.Half(blocks[2..]), values);
    }

    /// <summary>scale f16, 32 fifth bits, 16 bytes of nibbles: value = scale·(q − 16).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q5_0(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; blocks.Length > 0; blocks = blocks[22..], values = values[32..])
            GgufQuants.Write(Nibbles(blocks[6..]) | FifthBits(blocks[2..]), 16, GgufFloats.Half(blocks), 0, values);
    }

    /// <summary>scale and minimum f16, 32 fifth bits, 16 bytes of nibbles: value = scale·q + minimum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q5_1(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; blocks.Length > 0; blocks = blocks[24..], values = values[32..])
            GgufQuants.Write(Nibbles(blocks[8..]) | FifthBits(blocks[4..]), 0, GgufFloats.Half(blocks), GgufFloats.Half(blocks[2..]), values);
    }

    /// <summary>scale f16, 32 signed bytes: value = scale·q.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q8_0(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; blocks.Length > 0; blocks = blocks[34..], values = values[32..])
            GgufQuants.Write(Vector256.Create(blocks[2..]) ^ Vector256.Create((byte)128), 128, GgufFloats.Half(blocks), 0, values);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Nibbles(ReadOnlySpan<byte> bytes)
    {
        var packed = Vector128.Create(bytes);
        return Vector256.Create(packed & Vector128.Create((byte)15), packed >>> 4);
    }

    /// <summary>16 in every lane whose bit is set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> FifthBits(ReadOnlySpan<byte> bytes)
    {
        var repeated = Vector256.Create(BinaryPrimitives.ReadUInt32LittleEndian(bytes)).AsByte();
        var spread = Vector256.Shuffle(repeated, Vector256.Create(0UL, 0x0101010101010101, 0x1212121212121212, 0x1313131313131313).AsByte());
        var bitOfLane = Vector256.Create(0x8040201008040201UL).AsByte();
        return Vector256.Equals(spread & bitOfLane, bitOfLane) & Vector256.Create((byte)16);
    }
}
