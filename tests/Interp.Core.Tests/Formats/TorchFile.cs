using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;

namespace Interp.Core.Tests.Formats;

/// <summary>Writes what <c>torch.save</c> writes: a pickle of protocol 2 and the storages that it names.</summary>
internal sealed class TorchFile
{
    private readonly MemoryStream pickle = new();
    private readonly List<byte[]> storages = [];

    public TorchFile() => Raw(0x80, 2);

    /// <summary>Opcodes as they are.</summary>
    public TorchFile Raw(params ReadOnlySpan<byte> bytes)
    {
        pickle.Write(bytes);
        return this;
    }

    public TorchFile Global(string module, string name) => Raw(Encoding.UTF8.GetBytes($"c{module}\n{name}\n"));

    public TorchFile Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        return Raw((byte)'X').Raw(length).Raw(bytes);
    }

    public TorchFile Whole(int number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        return Raw((byte)'J').Raw(bytes);
    }

    public TorchFile List(params Action<TorchFile>[] items)
    {
        Raw((byte)']', (byte)'(');
        Array.ForEach(items, item => item(this));
        return Raw((byte)'e');
    }

    public TorchFile Fields(params (string Key, Action<TorchFile> Value)[] fields)
    {
        Raw((byte)'}', (byte)'(');
        foreach (var (key, value) in fields)
            value(Text(key));
        return Raw((byte)'u');
    }

    /// <summary>A tensor over all of a storage, whose strides may be given.</summary>
    public TorchFile Tensor<T>(string storage, T[] values, int[] shape, int[]? strides = null, int offset = 0) where T : unmanaged
    {
        storages.Add(MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
        strides ??= [.. shape.Select((_, i) => shape[(i + 1)..].Aggregate(1, (product, size) => product * size))];
        Global("torch._utils", "_rebuild_tensor_v2").Raw((byte)'(', (byte)'(').Text("storage").Global("torch", storage)
            .Text($"{storages.Count - 1}").Text("cpu").Whole(values.Length).Raw((byte)'t', (byte)'Q').Whole(offset);
        foreach (var sizes in new[] { shape, strides })
        {
            Raw((byte)'(');
            Array.ForEach(sizes, size => Whole(size));
            Raw((byte)'t');
        }
        return Raw(0x89).Global("collections", "OrderedDict").Raw((byte)')', (byte)'R', (byte)'t', (byte)'R');
    }

    public void Save(string path)
    {
        Raw((byte)'.');
        using var zip = new ZipArchive(File.Create(path), ZipArchiveMode.Create);
        Write("saved/data.pkl", pickle.ToArray());
        Write("saved/byteorder", "little"u8.ToArray());
        for (var i = 0; i < storages.Count; i++)
            Write($"saved/data/{i}", storages[i]);

        void Write(string name, byte[] bytes)
        {
            using var stream = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
            stream.Write(bytes);
        }
    }
}
