using System.Runtime.InteropServices;

namespace Interp.Formats;

/// <summary>How a GGUF tensor stores its values: blocks of a fixed length, each with its own scale.</summary>
/// <param name="Id">Number of the format in the file (ggml type).</param>
/// <param name="Name">Name of the format.</param>
/// <param name="BlockLength">Values of one block; a divisor of 256.</param>
/// <param name="BlockBytes">Bytes of one block.</param>
/// <param name="Decode">Turns whole blocks into values.</param>
internal sealed record GgufBlockFormat(uint Id, string Name, int BlockLength, int BlockBytes, GgufBlockFormat.Decoder Decode)
{
    /// <summary>float32, as it is.</summary>
    public static readonly GgufBlockFormat F32 = new(0, "F32", 1, 4, static (blocks, values) => MemoryMarshal.Cast<byte, float>(blocks).CopyTo(values));

    /// <summary>IEEE half precision.</summary>
    public static readonly GgufBlockFormat F16 = new(1, "F16", 1, 2, GgufFloats.Half);

    /// <summary>The upper half of float32.</summary>
    public static readonly GgufBlockFormat BF16 = new(30, "BF16", 1, 2, GgufFloats.BrainFloat);

    /// <summary>The formats that are served. A new one is one line and its decoder.</summary>
    public static readonly IReadOnlyList<GgufBlockFormat> All =
    [
        F32,
        F16,
        BF16,
        new(2, "Q4_0", 32, 18, GgufShortBlocks.Q4_0),
        new(3, "Q4_1", 32, 20, GgufShortBlocks.Q4_1),
        new(6, "Q5_0", 32, 22, GgufShortBlocks.Q5_0),
        new(7, "Q5_1", 32, 24, GgufShortBlocks.Q5_1),
        new(8, "Q8_0", 32, 34, GgufShortBlocks.Q8_0),
        new(10, "Q2_K", 256, 84, GgufLongBlocks.Q2_K),
        new(11, "Q3_K", 256, 110, GgufLongBlocks.Q3_K),
        new(12, "Q4_K", 256, 144, GgufLongBlocks.Q4_K),
        new(13, "Q5_K", 256, 176, GgufLongBlocks.Q5_K),
        new(14, "Q6_K", 256, 210, GgufLongBlocks.Q6_K),
    ];

    /// <summary>Decodes whole blocks; <paramref name="values"/> holds their values.</summary>
    public delegate void Decoder(ReadOnlySpan<byte> blocks, Span<float> values);

    /// <summary>The format of this number, or null when it is not served.</summary>
    public static GgufBlockFormat? Find(uint id) => All.FirstOrDefault(format => format.Id == id);

    /// <summary>Bytes of some values, a whole number of blocks.</summary>
    public long BytesOf(long values) => values / BlockLength * BlockBytes;
}
