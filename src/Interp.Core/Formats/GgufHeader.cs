using System.Buffers.Binary;
using System.Text;
using Interp.Runtime;

namespace Interp.Formats;

/// <summary>Reads the header of a GGUF file front to back; every count is held against the bytes that are left.</summary>
internal sealed class GgufHeader
{
    private const int DeepestArray = 4;
    private readonly MappedFile file;
    private long position;

    public GgufHeader(MappedFile file)
    {
        this.file = file;
        if (file.Length < 24 || !file.Bytes(0, 4).SequenceEqual("GGUF"u8))
            throw Fault("is no GGUF file");
        position = 4;
        var version = Number<uint>(4, BinaryPrimitives.ReadUInt32LittleEndian);
        if (version is not (2 or 3))
            throw Fault($"is GGUF version {version}; versions 2 and 3 are served");
        var tensors = Count("tensors", 25);
        var pairs = Count("metadata pairs", 13);
        for (var i = 0; i < pairs; i++)
        {
            var key = Text();
            if (!Metadata.TryAdd(key, Value(Number<uint>(4, BinaryPrimitives.ReadUInt32LittleEndian), 0)))
                throw Fault($"has the metadata key '{key}' twice");
        }
        var declared = Enumerable.Range(0, (int)tensors).Select(_ => Declaration()).ToArray();
        var alignment = Metadata.TryGetValue("general.alignment", out var given) ? Convert.ToInt64(given, null) : 32;
        if (alignment is < 1 or > 1 << 20)
            throw Fault($"has a general.alignment of {alignment}");
        var dataStart = (position + alignment - 1) / alignment * alignment;
        foreach (var tensor in declared)
            Add(tensor, dataStart);
    }

    public Dictionary<string, object> Metadata { get; } = new(StringComparer.Ordinal);

    public OrderedDictionary<string, GgufTensor> Tensors { get; } = new(StringComparer.Ordinal);

    private void Add((string Name, long[] Shape, uint Type, ulong Offset) tensor, long dataStart)
    {
        var elements = tensor.Shape.Aggregate((UInt128)1, (product, size) => product > long.MaxValue ? product : product * (UInt128)size);
        var format = GgufBlockFormat.Find(tensor.Type);
        if (format is not null)
        {
            var bytes = elements / (UInt128)format.BlockLength * (UInt128)format.BlockBytes;
            if (tensor.Shape[^1] % format.BlockLength != 0)
                throw Fault($"gives the {format.Name} tensor '{tensor.Name}' rows of {tensor.Shape[^1]}, no multiple of {format.BlockLength}");
            if (tensor.Offset > (ulong)file.Length || (UInt128)dataStart + tensor.Offset + bytes > (UInt128)file.Length)
                throw Fault($"ends before the data of the tensor '{tensor.Name}': it is truncated");
        }
        if (!Tensors.TryAdd(tensor.Name, new GgufTensor(tensor.Name, tensor.Type, tensor.Shape, dataStart + (long)Math.Min(tensor.Offset, long.MaxValue / 2))))
            throw Fault($"names the tensor '{tensor.Name}' twice");
    }

    private (string, long[], uint, ulong) Declaration()
    {
        var name = Text();
        var rank = Number<uint>(4, BinaryPrimitives.ReadUInt32LittleEndian);
        if (rank is < 1 or > 4)
            throw Fault($"gives the tensor '{name}' {rank} dimensions");
        var shape = new long[rank];
        for (var i = (int)rank - 1; i >= 0; i--)
        {
            var size = Number<ulong>(8, BinaryPrimitives.ReadUInt64LittleEndian);
            shape[i] = size is > 0 and <= long.MaxValue ? (long)size : throw Fault($"gives the tensor '{name}' a dimension of {size}");
        }
        return (name, shape, Number<uint>(4, BinaryPrimitives.ReadUInt32LittleEndian), Number<ulong>(8, BinaryPrimitives.ReadUInt64LittleEndian));
    }

    private object Value(uint type, int depth) => type switch
    {
        0 => (ulong)Take(1)[0],
        1 => (long)(sbyte)Take(1)[0],
        2 => (ulong)BinaryPrimitives.ReadUInt16LittleEndian(Take(2)),
        3 => (long)BinaryPrimitives.ReadInt16LittleEndian(Take(2)),
        4 => (ulong)BinaryPrimitives.ReadUInt32LittleEndian(Take(4)),
        5 => (long)BinaryPrimitives.ReadInt32LittleEndian(Take(4)),
        6 => (double)BinaryPrimitives.ReadSingleLittleEndian(Take(4)),
        7 => Take(1)[0] != 0,
        8 => Text(),
        9 when depth < DeepestArray => Items(depth + 1),
        10 => BinaryPrimitives.ReadUInt64LittleEndian(Take(8)),
        11 => BinaryPrimitives.ReadInt64LittleEndian(Take(8)),
        12 => BinaryPrimitives.ReadDoubleLittleEndian(Take(8)),
        _ => throw Fault($"has a metadata value of the unknown type {type}"),
    };

    private object Items(int depth)
    {
        var type = Number<uint>(4, BinaryPrimitives.ReadUInt32LittleEndian);
        var count = Count("array items", type switch { 0 or 1 or 7 => 1, 2 or 3 => 2, 4 or 5 or 6 => 4, 9 => 12, _ => 8 });
        if (type == 8)
        {
            var texts = new string[count];
            for (var i = 0; i < texts.Length; i++)
                texts[i] = Text();
            return texts;
        }
        var items = new object[count];
        for (var i = 0; i < items.Length; i++)
            items[i] = Value(type, depth);
        return items;
    }

    private string Text() => Encoding.UTF8.GetString(Take(Count("bytes of a text", 1)));

    /// <summary>A count of things that take at least <paramref name="smallest"/> bytes each; more than the file can hold is an error.</summary>
    private long Count(string what, int smallest)
    {
        var count = Number<ulong>(8, BinaryPrimitives.ReadUInt64LittleEndian);
        return count <= (ulong)((file.Length - position) / smallest) && count <= int.MaxValue
            ? (long)count
            : throw Fault($"claims {count} {what}, more than its {file.Length} bytes can hold");
    }

    private T Number<T>(int bytes, ReadNumber<T> read) => read(Take(bytes));

    private ReadOnlySpan<byte> Take(long count)
    {
        if (count > file.Length - position)
            throw Fault("ends inside its header: it is truncated");
        var bytes = file.Bytes(position, (int)count);
        position += count;
        return bytes;
    }

    private InterpException Fault(string what) => new($"{file.Path} {what}; fetch the file again.");

    private delegate T ReadNumber<out T>(ReadOnlySpan<byte> bytes);
}
