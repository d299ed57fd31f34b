using System.Buffers.Binary;
using System.Text.Json;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Formats;

/// <summary>One tensor of a safetensors file.</summary>
/// <param name="Name">Name in the file.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Dimensions, slowest first.</param>
/// <param name="Offset">Position of the first byte in the file.</param>
/// <param name="Bytes">Size of the data.</param>
public sealed record TensorEntry(string Name, ScalarType Type, long[] Shape, long Offset, long Bytes);

/// <summary>
/// The header of a safetensors file, checked whole: an 8-byte little-endian length, JSON, then the data, which the entries
/// cover without overlap.
/// </summary>
internal static class SafeTensorsHeader
{
    private const long LargestHeader = 100_000_000;

    public static (IReadOnlyDictionary<string, TensorEntry> Entries, IReadOnlyDictionary<string, string> Metadata) Read(MappedFile file)
    {
        if (file.Length < 8)
            throw Fault(file, "is shorter than the 8 bytes of a header length");
        var length = BinaryPrimitives.ReadUInt64LittleEndian(file.Bytes(0, 8));
        if (length > LargestHeader)
            throw Fault(file, $"claims a header of {length} bytes, more than the {LargestHeader} that the format allows");
        if (8 + (long)length > file.Length)
            throw Fault(file, $"claims a header of {length} bytes but ends after {file.Length}: it is truncated, or no safetensors file");

        var dataStart = 8 + (long)length;
        var entries = new OrderedDictionary<string, TensorEntry>(StringComparer.Ordinal);
        var metadata = new OrderedDictionary<string, string>(StringComparer.Ordinal);
        try
        {
            using var document = JsonDocument.Parse(file.Bytes(8, (int)length).ToArray(), new JsonDocumentOptions { MaxDepth = 8 });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw Fault(file, "has a header that is not a JSON object");
            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (property.Name == "__metadata__")
                    ReadMetadata(file, property.Value, metadata);
                else if (!entries.TryAdd(property.Name, Entry(file, property, dataStart)))
                    throw Fault(file, $"names the tensor '{property.Name}' twice");
            }
        }
        catch (JsonException e)
        {
            throw new InterpException($"{file.Path} has a header that is not JSON; it is damaged, or no safetensors file.", e);
        }
        RefuseOverlaps(file, entries.Values, dataStart);
        return (entries, metadata);
    }

    private static void ReadMetadata(MappedFile file, JsonElement value, OrderedDictionary<string, string> metadata)
    {
        if (value.ValueKind != JsonValueKind.Object)
            throw Fault(file, "has a __metadata__ that is not an object");
        foreach (var pair in value.EnumerateObject())
            metadata[pair.Name] = pair.Value.ValueKind == JsonValueKind.String
                ? pair.Value.GetString()!
                : throw Fault(file, $"has a __metadata__ entry '{pair.Name}' that is not text");
    }

    private static TensorEntry Entry(MappedFile file, JsonProperty property, long dataStart)
    {
        var name = property.Name;
        var value = property.Value;
        if (value.ValueKind != JsonValueKind.Object
            || !value.TryGetProperty("dtype", out var typeName) || typeName.ValueKind != JsonValueKind.String
            || !value.TryGetProperty("shape", out var shapeItems) || shapeItems.ValueKind != JsonValueKind.Array
            || !value.TryGetProperty("data_offsets", out var offsets) || offsets.ValueKind != JsonValueKind.Array || offsets.GetArrayLength() != 2)
            throw Fault(file, $"describes the tensor '{name}' without dtype, shape and two data_offsets");
        if (!SafeTensorsTypes.TryParse(typeName.GetString()!, out var type))
            throw Fault(file, $"stores the tensor '{name}' as {typeName.GetString()}, a type that is not served");

        var shape = shapeItems.EnumerateArray().Select(item => Size(file, name, item)).ToArray();
        var begin = Size(file, name, offsets[0]);
        var end = Size(file, name, offsets[1]);
        if (begin > end || end > file.Length - dataStart)
            throw Fault(file, $"places the tensor '{name}' at bytes {begin} to {end} of {file.Length - dataStart}: it is out of range, or the file is truncated");
        if (Product(shape) is not { } elements || (UInt128)elements * (UInt128)SafeTensorsTypes.WidthOf(type) != (UInt128)(end - begin))
            throw Fault(file, $"gives the tensor '{name}' of shape [{string.Join(", ", shape)}] and type {typeName.GetString()} {end - begin} bytes, which do not match");
        return new TensorEntry(name, type, shape, dataStart + begin, end - begin);
    }

    private static long Size(MappedFile file, string name, JsonElement item) =>
        item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out var size) && size >= 0
            ? size
            : throw Fault(file, $"gives the tensor '{name}' a size or offset that is not a whole number of 0 or more");

    /// <summary>The number of elements, or null when it passes 2⁶³.</summary>
    private static long? Product(long[] shape)
    {
        UInt128 product = 1;
        foreach (var size in shape)
        {
            product *= (ulong)size;
            if (product > long.MaxValue)
                return shape.Contains(0) ? 0 : null;
        }
        return (long)product;
    }

    private static void RefuseOverlaps(MappedFile file, IEnumerable<TensorEntry> entries, long dataStart)
    {
        var end = dataStart;
        foreach (var entry in entries.Where(entry => entry.Bytes > 0).OrderBy(entry => entry.Offset))
        {
            if (entry.Offset < end)
                throw Fault(file, $"lets the tensor '{entry.Name}' overlap another");
            end = entry.Offset + entry.Bytes;
        }
    }

    private static InterpException Fault(MappedFile file, string what) => new($"{file.Path} {what}; fetch or write the file again.");
}
