using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Interp.Formats;

/// <summary>
/// Decoders of the formats with blocks of 256 values ("K quants"). Each has groups of 16 or 32 values whose own scales, and minima, are small
/// whole multiples of the block's.
/// </summary>
internal static class GgufLongBlocks
{
    private const int Length = 256;
    private const int Group = 32;

    /// <summary>16 bytes of scale (low nibble) and minimum, 64 bytes of pairs of bits, scale and minimum f16: value = scale·q − minimum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q2_K(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; blocks.Length > 0; blocks = blocks[84..], values = values[Length..])
        {
            var (scale, minimum) = (GgufFloats.Half(blocks[80..]), GgufFloats.Half(blocks[82..]));
            for (var group = 0; group < Length / Group; group++)
            {
                var q = PairsOfBits(blocks[16..], group);
                for (var half = 0; half < 2; half++)
                {
                    var factors = blocks[2 * group + half];
                    GgufQuants.Write(half == 0 ? q.GetLower() : q.GetUpper(), 0, scale * (factors & 15), -(minimum * (factors >> 4)), values[(Group * group + 16 * half)..]);
                }
            }
        }
    }

    /// <summary>32 bytes of third bits, 64 bytes of pairs of bits, 12 bytes of sixteen 6-bit scales, scale f16: value = scale·(q − 4).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q3_K(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; blocks.Length > 0; blocks = blocks[110..], values = values[Length..])
        {
            var scale = GgufFloats.Half(blocks[108..]);
            var third = Vector256.Create(blocks);
            for (var group = 0; group < Length / Group; group++)
            {
                var q = PairsOfBits(blocks[32..], group) | (third >>> group & Vector256<byte>.One) << 2;
                GgufQuants.Write(q.GetLower(), 4, scale * ScaleOfQ3(blocks[96..], 2 * group), 0, values[(Group * group)..]);
                GgufQuants.Write(q.GetUpper(), 4, scale * ScaleOfQ3(blocks[96..], 2 * group + 1), 0, values[(Group * group + 16)..]);
            }
        }
    }

    /// <summary>scale and minimum f16, 12 bytes of eight 6-bit scales and minima, 128 bytes of nibbles: value = scale·q − minimum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q4_K(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; blocks.Length > 0; blocks = blocks[144..], values = values[Length..])
        {
            var factors = (GgufFloats.Half(blocks), GgufFloats.Half(blocks[2..]));
            for (var group = 0; group < Length / Group; group++)
                WriteWithMinimum(factors, blocks[4..], Nibbles(blocks[16..], group), group, values);
        }
    }

    /// <summary>As Q4_K, with 32 bytes of fifth bits before the nibbles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q5_K(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; blocks.Length > 0; blocks = blocks[176..], values = values[Length..])
        {
            var factors = (GgufFloats.Half(blocks), GgufFloats.Half(blocks[2..]));
            var fifth = Vector256.Create(blocks[16..]);
            for (var group = 0; group < Length / Group; group++)
                WriteWithMinimum(factors, blocks[4..], Nibbles(blocks[48..], group) | (fifth >>> group & Vector256<byte>.One) << 4, group, values);
        }
    }

    /// <summary>128 bytes of nibbles, 64 bytes of pairs of upper bits, 16 signed scales, scale f16: value = scale·(q − 32).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q6_K(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; blocks.Length > 0; blocks = blocks[210..], values = values[Length..])
        {
            var scale = GgufFloats.Half(blocks[208..]);
            for (var group = 0; group < Length / Group; group++)
            {
                // Of four groups the first two take the low nibbles of 64 bytes, the others the high ones.
                var packed = Vector256.Create(blocks[(64 * (group / 4) + 32 * (group % 2))..]);
                var q = (group % 4 < 2 ? packed & Vector256.Create((byte)15) : packed >>> 4) | PairsOfBits(blocks[128..], group) << 4;
                GgufQuants.Write(q.GetLower(), 32, scale * (sbyte)blocks[192 + 2 * group], 0, values[(Group * group)..]);
                GgufQuants.Write(q.GetUpper(), 32, scale * (sbyte)blocks[193 + 2 * group], 0, values[(Group * group + 16)..]);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteWithMinimum((float Scale, float Minimum) factors, ReadOnlySpan<byte> multiples, Vector256<byte> q, int group, Span<float> values)
    {
        var (scale, minimum) = ScaleAndMinimum(multiples, group);
        GgufQuants.Write(q, 0, factors.Scale * scale, -(factors.Minimum * minimum), values[(Group * group)..]);
    }

    /// <summary>Four groups share 32 bytes, two bits each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> PairsOfBits(ReadOnlySpan<byte> bytes, int group) =>
        Vector256.Create(bytes[(32 * (group / 4))..]) >>> (2 * (group % 4)) & Vector256.Create((byte)3);

    /// <summary>Two groups share 32 bytes, four bits each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Nibbles(ReadOnlySpan<byte> bytes, int group) =>
        Vector256.Create(bytes[(32 * (group / 2))..]) >>> (4 * (group % 2)) & Vector256.Create((byte)15);

    /// <summary>Sixteen signed scales, stored plus 32: eight bytes hold the lower four bits, four bytes the upper two.</summary>
    private static int ScaleOfQ3(ReadOnlySpan<byte> bytes, int index)
    {
        var lower = bytes[index % 8] >> (index < 8 ? 0 : 4) & 15;
        var upper = bytes[8 + index % 4] >> (2 * (index / 4)) & 3;
        return (upper << 4 | lower) - 32;
    }

    /// <summary>Eight scales and eight minima of six bits: the first four of each lie whole in a byte, whose upper bits the last four complete.</summary>
    private static (int Scale, int Minimum) ScaleAndMinimum(ReadOnlySpan<byte> bytes, int group) => group < 4
        ? (bytes[group] & 63, bytes[group + 4] & 63)
        : (bytes[group + 4] & 15 | bytes[group - 4] >> 6 << 4, bytes[group + 4] >> 4 | bytes[group] >> 6 << 4);
}
