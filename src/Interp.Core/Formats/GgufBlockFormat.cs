using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Interp.Formats;

/// <summary>How a GGUF tensor stores its values: blocks of a fixed length, each with its own scale.</summary>
/// <param name="Id">Number of the format in the file (ggml type).</param>
/// <param name="Name">Name of the format.</param>
/// <param name="BlockLength">Values of one block.</param>
/// <param name="BlockBytes">Bytes of one block.</param>
/// <param name="Decode">Turns whole blocks into values.</param>
internal sealed record GgufBlockFormat(uint Id, string Name, int BlockLength, int BlockBytes, GgufBlockFormat.Decoder Decode)
{
    /// <summary>The formats that are served. A new one is one line and its decoder.</summary>
    public static readonly IReadOnlyList<GgufBlockFormat> All =
    [
        new(0, "F32", 1, 4, static (blocks, values) => MemoryMarshal.Cast<byte, float>(blocks).CopyTo(values)),
        new(1, "F16", 1, 2, Half),
        new(30, "BF16", 1, 2, BrainFloat),
        new(2, "Q4_0", 32, 18, Q4_0),
        new(3, "Q4_1", 32, 20, Q4_1),
        new(8, "Q8_0", 32, 34, Q8_0),
    ];

    /// <summary>Decodes whole blocks; <paramref name="values"/> holds their values.</summary>
    public delegate void Decoder(ReadOnlySpan<byte> blocks, Span<float> values);

    /// <summary>The format of this number, or null when it is not served.</summary>
    public static GgufBlockFormat? Find(uint id) => All.FirstOrDefault(format => format.Id == id);

    private static void Half(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        var halves = MemoryMarshal.Cast<byte, System.Half>(blocks);
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)halves[i];
    }

    private static void BrainFloat(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        var upper = MemoryMarshal.Cast<byte, ushort>(blocks);
        for (var i = 0; i < values.Length; i++)
            values[i] = BitConverter.UInt32BitsToSingle((uint)upper[i] << 16);
    }

    /// <summary>scale f16, 16 bytes of nibbles: value = scale·(q − 8); low nibbles first, then high ones.</summary>
    private static void Q4_0(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; blocks.Length > 0; blocks = blocks[18..], values = values[32..])
        {
            var scale = (float)BinaryPrimitives.ReadHalfLittleEndian(blocks);
            for (var i = 0; i < 16; i++)
            {
                values[i] = scale * ((blocks[2 + i] & 15) - 8);
                values[i + 16] = scale * ((blocks[2 + i] >> 4) - 8);
            }
        }
    }

    /// <summary>scale and minimum f16, 16 bytes of nibbles: value = scale·q + minimum.</summary>
    private static void Q4_1(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; blocks.Length > 0; blocks = blocks[20..], values = values[32..])
        {
            var scale = (float)BinaryPrimitives.ReadHalfLittleEndian(blocks);
            var minimum = (float)BinaryPrimitives.ReadHalfLittleEndian(blocks[2..]);
            for (var i = 0; i < 16; i++)
            {
                values[i] = scale * (blocks[4 + i] & 15) + minimum;
                values[i + 16] = scale * (blocks[4 + i] >> 4) + minimum;
            }
        }
    }

    /// <summary>scale f16, 32 signed bytes: value = scale·q.</summary>
    private static void Q8_0(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; blocks.Length > 0; blocks = blocks[34..], values = values[32..])
        {
            var scale = (float)BinaryPrimitives.ReadHalfLittleEndian(blocks);
            for (var i = 0; i < 32; i++)
                values[i] = scale * (sbyte)blocks[2 + i];
        }
    }
}
