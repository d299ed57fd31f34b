using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Formats;

/// <summary>A NumPy array file (<c>.npy</c>, versions 1 to 3), mapped into memory: little-endian numbers, row-major.</summary>
public sealed partial class Npy : IDisposable
{
    private static readonly byte[] Magic = [0x93, .. "NUMPY"u8];

    private static readonly (string Descriptor, ScalarType Type)[] Types =
    [
        ("<f8", ScalarType.Float64), ("<f4", ScalarType.Float32), ("<f2", ScalarType.Float16),
        ("<i8", ScalarType.Int64), ("<i4", ScalarType.Int32), ("<i2", ScalarType.Int16), ("|i1", ScalarType.Int8), ("|u1", ScalarType.Byte),
    ];

    /// <summary>Unsigned numbers, as the signed ones of their bits.</summary>
    private static readonly (string Descriptor, ScalarType Type)[] Unsigned =
        [("<u2", ScalarType.Int16), ("<u4", ScalarType.Int32), ("<u8", ScalarType.Int64)];

    private readonly MappedFile file;
    private readonly long start;
    private readonly bool isUnsigned;

    private Npy(MappedFile file)
    {
        this.file = file;
        if (file.Length < 12 || !file.Bytes(0, Magic.Length).SequenceEqual(Magic))
            throw Fault("is no .npy file");
        var wide = file.Bytes(6, 1)[0] > 1;
        var size = wide ? BitConverter.ToUInt32(file.Bytes(8, 4)) : BitConverter.ToUInt16(file.Bytes(8, 2));
        start = (wide ? 12 : 10) + (long)size;
        if (size > 1 << 20 || start > file.Length)
            throw Fault($"claims a header of {size} bytes: it is truncated, or no .npy file");
        var header = Encoding.Latin1.GetString(file.Bytes(start - size, (int)size));
        if (HeaderPattern().Match(header) is not { Success: true } match)
            throw Fault("has a header without descr, fortran_order and shape");
        var descriptor = match.Groups["descr"].Value;
        isUnsigned = Array.Exists(Unsigned, type => type.Descriptor == descriptor);
        (ScalarType Type, bool Found) known = Types.Concat(Unsigned).Where(type => type.Descriptor == descriptor).Select(type => (type.Type, true)).FirstOrDefault();
        if (!known.Found)
            throw Fault($"holds numbers of type '{descriptor}', which is not served; save float32, float16, float64 or whole numbers");
        if (match.Groups["fortran"].Value == "True")
            throw Fault("holds a column-major array; save numpy.ascontiguousarray of it");
        Type = known.Type;
        var sizes = match.Groups["shape"].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        Shape = new long[sizes.Length];
        var bytes = (UInt128)SafeTensorsTypes.WidthOf(Type);
        for (var i = 0; i < sizes.Length; i++)
        {
            if (!long.TryParse(sizes[i], NumberStyles.None, CultureInfo.InvariantCulture, out Shape[i]) || (bytes *= (ulong)Shape[i]) > long.MaxValue)
                throw Fault($"has the shape ({match.Groups["shape"].Value}), which is none");
        }
        if (bytes != (UInt128)(file.Length - start))
            throw Fault($"has {file.Length - start} bytes of numbers where its shape ({match.Groups["shape"].Value}) needs {bytes}: it is truncated or damaged");
    }

    /// <summary>Dimensions, slowest first.</summary>
    public long[] Shape { get; }

    /// <summary>Element type; of unsigned numbers the signed one with their bits.</summary>
    public ScalarType Type { get; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="InterpException">The file is missing, damaged, or of a kind that is not served.</exception>
    public static Npy Open(string path)
    {
        var file = new MappedFile(path);
        try
        {
            return new Npy(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>A CPU tensor over the mapped file, not copied: read it, dispose it before this, never write into it.</summary>
    public Tensor View() => file.View(start, Shape, Type);

    /// <summary>Whole numbers as an int64 CPU tensor that the caller owns; those of 2⁶³ and above are negative.</summary>
    /// <exception cref="InterpException">The numbers are real ones.</exception>
    public Tensor Whole()
    {
        if (SafeTensorsTypes.IsReal(Type))
            throw Fault($"holds numbers of type {SafeTensorsTypes.NameOf(Type)} where whole numbers are needed");
        using var view = View();
        var wide = view.to(ScalarType.Int64, copy: true);
        return isUnsigned && Type != ScalarType.Int64 ? wide.bitwise_and_((1L << 8 * SafeTensorsTypes.WidthOf(Type)) - 1) : wide;
    }

    /// <summary>Writes float32 rows [rows, width], replaced in one go.</summary>
    /// <param name="path">The file.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="width">Numbers of a row.</param>
    /// <param name="write">Writes rows · width little-endian numbers, row after row.</param>
    /// <exception cref="InterpException">The file cannot be written.</exception>
    public static void Write(string path, long rows, int width, Action<Stream> write)
    {
        var header = string.Create(CultureInfo.InvariantCulture, $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {width}), }}");
        header = header.PadRight((header.Length + 11 + 63) / 64 * 64 - 11) + "\n";
        using var file = AtomicFile.Begin(path, stream =>
        {
            stream.Write(Magic);
            stream.Write([1, 0]);
            stream.Write(BitConverter.GetBytes((ushort)header.Length));
            stream.Write(Encoding.Latin1.GetBytes(header));
            write(stream);
        }, 10 + header.Length + rows * width * sizeof(float));
        file.Commit();
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private InterpException Fault(string what) => new($"{file.Path} {what}; write the file again.");

    [GeneratedRegex(@"^\s*\{\s*'descr':\s*'(?<descr>[^']*)',\s*'fortran_order':\s*(?<fortran>True|False),\s*'shape':\s*\((?<shape>[\d,\s]*)\),?\s*\}\s*$")]
    private static partial Regex HeaderPattern();
}
