using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Formats;

/// <summary>Writes safetensors files: the same tensors give the same bytes.</summary>
public static class SafeTensorsWriter
{
    private const int Alignment = 64;

    /// <summary>Elements that are hashed and written while they are in the cache.</summary>
    private const long Piece = 1 << 18;

    /// <summary>
    /// Writes the tensors in the given order under a temporary name, flushes, and renames; the data starts at a multiple of
    /// 64 bytes.
    /// </summary>
    /// <exception cref="InterpException">The file cannot be written.</exception>
    public static void Write(string path, IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var items = tensors.ToArray();
        var header = Header(items, metadata);
        AtomicFile.Write(path, stream => WriteAll(stream.Write, header, items));
    }

    /// <summary>As <see cref="Write"/> up to the flush, with the disk's room taken first and the bytes hashed while they are written.</summary>
    /// <returns>The file, to be committed, and its SHA-256 (hex).</returns>
    /// <exception cref="InterpException">The file cannot be written.</exception>
    internal static (PendingFile File, string Sha256) BeginHashed(string path, IReadOnlyList<KeyValuePair<string, Tensor>> tensors)
    {
        KeyValuePair<string, Tensor>[] items = [.. tensors];
        var header = Header(items, null);
        var size = 8 + header.Length + items.Sum(item => item.Value.numel() * SafeTensorsTypes.WidthOf(item.Value.dtype));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var file = AtomicFile.Begin(path, stream => WriteAll(bytes =>
        {
            hash.AppendData(bytes);
            stream.Write(bytes);
        }, header, items), size);
        return (file, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    private delegate void Sink(ReadOnlySpan<byte> bytes);

    private static void WriteAll(Sink sink, byte[] header, KeyValuePair<string, Tensor>[] items)
    {
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        sink(length);
        sink(header);
        foreach (var (_, tensor) in items)
            WriteData(sink, tensor);
    }

    private static byte[] Header(KeyValuePair<string, Tensor>[] items, IReadOnlyDictionary<string, string>? metadata)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                writer.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata)
                    writer.WriteString(key, value);
                writer.WriteEndObject();
            }
            var offset = 0L;
            foreach (var (name, tensor) in items)
            {
                var bytes = tensor.numel() * SafeTensorsTypes.WidthOf(tensor.dtype);
                writer.WriteStartObject(name);
                writer.WriteString("dtype", SafeTensorsTypes.NameOf(tensor.dtype));
                writer.WriteStartArray("shape");
                foreach (var size in tensor.shape)
                    writer.WriteNumberValue(size);
                writer.WriteEndArray();
                writer.WriteStartArray("data_offsets");
                writer.WriteNumberValue(offset);
                writer.WriteNumberValue(offset += bytes);
                writer.WriteEndArray();
                writer.WriteEndObject();
            }
            writer.WriteEndObject();
        }
        while ((buffer.Length + 8) % Alignment != 0)
            buffer.WriteByte((byte)' ');
        return buffer.ToArray();
    }

    private static void WriteData(Sink sink, Tensor tensor)
    {
        using var scope = NewDisposeScope();
        var source = tensor.detach().cpu().contiguous();
        if (source.numel() == 0)
            return;
        var flat = source.view(-1);
        for (var at = 0L; at < flat.numel(); at += Piece)
        {
            using var part = flat.narrow(0, at, Math.Min(Piece, flat.numel() - at));
            sink(TensorMemory.Span<byte>(part));
        }
    }
}
