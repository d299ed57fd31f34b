namespace Interp.Tokenization;

/// <summary>
/// The printable stand-ins of byte-level BPE: visible Latin-1 characters stand for their own byte, the other bytes, in order,
/// for U+0100 and up (a space is U+0120).
/// </summary>
internal static class ByteAlphabet
{
    public const int Space = 0x120;

    private static readonly int[] PointOfByte = MakePoints();
    private static readonly int[] ByteOfPoint = MakeBytes();

    public static int Point(byte value) => PointOfByte[value];

    /// <summary>The byte a character stands for, or -1.</summary>
    public static int Byte(int point) => point < ByteOfPoint.Length ? ByteOfPoint[point] : -1;

    private static int[] MakePoints()
    {
        var points = new int[256];
        var next = 0x100;
        for (var value = 0; value < 256; value++)
            points[value] = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE ? value : next++;
        return points;
    }

    private static int[] MakeBytes()
    {
        var bytes = new int[PointOfByte.Max() + 1];
        Array.Fill(bytes, -1);
        for (var value = 0; value < 256; value++)
            bytes[PointOfByte[value]] = value;
        return bytes;
    }
}
