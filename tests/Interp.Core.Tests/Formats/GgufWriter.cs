using System.Text;

namespace Interp.Core.Tests.Formats;

/// <summary>A tensor to be written: its data as so many bytes that <paramref name="Write"/> puts out.</summary>
internal sealed record GgufData(string Name, uint Format, long[] Shape, long Bytes, Action<Stream> Write)
{
    /// <summary>Float32 values.</summary>
    public static GgufData Of(string name, long[] shape, float[] values) =>
        Of(name, 0, shape, System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(values).ToArray());

    /// <summary>Blocks of any format.</summary>
    public static GgufData Of(string name, uint format, long[] shape, byte[] blocks) => new(name, format, shape, blocks.Length, stream => stream.Write(blocks));
}

/// <summary>Writes GGUF files, independently of the reader.</summary>
internal static class GgufWriter
{
    private const int Alignment = 32;

    public static byte[] Write((string Key, object Value)[] metadata, params IReadOnlyList<GgufData> tensors)
    {
        using var stream = new MemoryStream();
        Write(stream, metadata, tensors);
        return stream.ToArray();
    }

    public static void Write(Stream stream, (string Key, object Value)[] metadata, IReadOnlyList<GgufData> tensors)
    {
        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write("GGUF"u8);
        writer.Write(3u);
        writer.Write((ulong)tensors.Count);
        writer.Write((ulong)metadata.Length);
        foreach (var (key, value) in metadata)
        {
            Text(writer, key);
            Value(writer, value);
        }
        var offset = 0L;
        foreach (var tensor in tensors)
        {
            Text(writer, tensor.Name);
            writer.Write((uint)tensor.Shape.Length);
            foreach (var size in tensor.Shape.Reverse())
                writer.Write((ulong)size);
            writer.Write(tensor.Format);
            writer.Write((ulong)offset);
            offset += (tensor.Bytes + Alignment - 1) / Alignment * Alignment;
        }
        Pad(writer);
        foreach (var tensor in tensors)
        {
            writer.Flush();
            tensor.Write(stream);
            Pad(writer);
        }
    }

    private static void Value(BinaryWriter writer, object value)
    {
        writer.Write(TypeOf(value));
        switch (value)
        {
            case Array items:
                writer.Write(TypeOf(items.GetValue(0)!));
                writer.Write((ulong)items.Length);
                foreach (var item in items)
                    Bare(writer, item);
                break;
            default:
                Bare(writer, value);
                break;
        }
    }

    private static void Bare(BinaryWriter writer, object value)
    {
        switch (value)
        {
            case uint number:
                writer.Write(number);
                break;
            case int number:
                writer.Write(number);
                break;
            case float number:
                writer.Write(number);
                break;
            case bool flag:
                writer.Write(flag);
                break;
            case string text:
                Text(writer, text);
                break;
        }
    }

    private static uint TypeOf(object value) => value switch
    {
        uint => 4,
        int => 5,
        float => 6,
        bool => 7,
        string => 8,
        Array => 9,
        _ => throw new ArgumentException($"A GGUF file holds no {value.GetType()}.", nameof(value)),
    };

    private static void Text(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    private static void Pad(BinaryWriter writer)
    {
        while (writer.BaseStream.Position % Alignment != 0)
            writer.Write((byte)0);
    }
}
