using System.Buffers.Binary;
using System.Text;

namespace Interp.Runtime;

/// <summary>Reads and edits the symbol-version needs (<c>.gnu.version_r</c>) of a 64-bit little-endian ELF image.</summary>
public static class ElfVersionNeeds
{
    private const uint SectionTypeVersionNeed = 0x6ffffffe;
    private const ushort FlagWeak = 2;

    private static ReadOnlySpan<byte> Identification => [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1];

    /// <summary>
    /// Marks every need for exactly <paramref name="version"/> as weak, so that the loader accepts a library without it.
    /// </summary>
    /// <returns>How many needs were changed; 0 when there is none of that name or all are weak already.</returns>
    /// <exception cref="InterpException">The image is not a 64-bit little-endian ELF file.</exception>
    public static int MakeWeak(Span<byte> image, string version)
    {
        var changed = 0;
        foreach (var (name, flagsOffset) in Needs(image))
        {
            if (name != version)
                continue;
            var flags = BinaryPrimitives.ReadUInt16LittleEndian(image[flagsOffset..]);
            if ((flags & FlagWeak) != 0)
                continue;
            BinaryPrimitives.WriteUInt16LittleEndian(image[flagsOffset..], (ushort)(flags | FlagWeak));
            changed++;
        }
        return changed;
    }

    /// <summary>Each needed version with the file offset of its 16-bit flags.</summary>
    public static IReadOnlyList<(string Name, int FlagsOffset)> Needs(ReadOnlySpan<byte> image)
    {
        if (image.Length < 64 || !image.StartsWith(Identification))
            throw new InterpException("The file is not a 64-bit little-endian ELF library; reinstall the package it came from.");

        var sections = (int)BinaryPrimitives.ReadUInt64LittleEndian(image[0x28..]);
        var entrySize = BinaryPrimitives.ReadUInt16LittleEndian(image[0x3A..]);
        var count = BinaryPrimitives.ReadUInt16LittleEndian(image[0x3C..]);
        var needs = new List<(string, int)>();
        for (var i = 0; i < count; i++)
        {
            var section = image[(sections + i * entrySize)..];
            if (BinaryPrimitives.ReadUInt32LittleEndian(section[4..]) != SectionTypeVersionNeed)
                continue;
            var link = (int)BinaryPrimitives.ReadUInt32LittleEndian(section[0x28..]);
            var strings = (int)BinaryPrimitives.ReadUInt64LittleEndian(image[(sections + link * entrySize + 0x18)..]);
            Collect(image, (int)BinaryPrimitives.ReadUInt64LittleEndian(section[0x18..]), strings, needs);
        }
        return needs;
    }

    private static void Collect(ReadOnlySpan<byte> image, int record, int strings, List<(string, int)> needs)
    {
        while (true)
        {
            var entries = BinaryPrimitives.ReadUInt16LittleEndian(image[(record + 2)..]);
            var entry = record + (int)BinaryPrimitives.ReadUInt32LittleEndian(image[(record + 8)..]);
            for (var i = 0; i < entries; i++)
            {
                var name = strings + (int)BinaryPrimitives.ReadUInt32LittleEndian(image[(entry + 8)..]);
                var length = image[name..].IndexOf((byte)0);
                needs.Add((Encoding.ASCII.GetString(image.Slice(name, length)), entry + 4));
                entry += (int)BinaryPrimitives.ReadUInt32LittleEndian(image[(entry + 12)..]);
            }
            var next = (int)BinaryPrimitives.ReadUInt32LittleEndian(image[(record + 12)..]);
            if (next == 0)
                return;
            record += next;
        }
    }
}
