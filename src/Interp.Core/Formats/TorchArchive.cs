using System.IO.Compression;
using System.Text;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Formats;

/// <summary>A tensor in a <see cref="TorchArchive"/>, not read yet.</summary>
/// <param name="Key">Its storage.</param>
/// <param name="Type">Element type.</param>
/// <param name="Elements">Elements of the storage.</param>
/// <param name="Offset">First element.</param>
/// <param name="Shape">Dimensions, slowest first.</param>
/// <param name="Strides">Elements from one index to the next, per dimension.</param>
internal sealed record TorchTensor(string Key, ScalarType Type, long Elements, long Offset, long[] Shape, long[] Strides);

/// <summary>
/// A file of <c>torch.save</c> (a zip since PyTorch 1.6) that holds tensors in lists, tuples and dictionaries, with numbers and text.
/// It is parsed as data: what would need code to be made is refused by its name.
/// </summary>
internal sealed class TorchArchive : IDisposable
{
    private static readonly Dictionary<PickleGlobal, ScalarType> Storages = new()
    {
        [new("torch", "DoubleStorage")] = ScalarType.Float64,
        [new("torch", "FloatStorage")] = ScalarType.Float32,
        [new("torch", "HalfStorage")] = ScalarType.Float16,
        [new("torch", "BFloat16Storage")] = ScalarType.BFloat16,
        [new("torch", "LongStorage")] = ScalarType.Int64,
        [new("torch", "IntStorage")] = ScalarType.Int32,
        [new("torch", "ShortStorage")] = ScalarType.Int16,
        [new("torch", "CharStorage")] = ScalarType.Int8,
        [new("torch", "ByteStorage")] = ScalarType.Byte,
        [new("torch", "BoolStorage")] = ScalarType.Bool,
    };

    private static readonly PickleGlobal Rebuild = new("torch._utils", "_rebuild_tensor_v2");
    private static readonly PickleGlobal OrderedDictionary = new("collections", "OrderedDict");
    private const int LargestPickle = 1 << 30;

    private readonly string path;
    private readonly ZipArchive zip;
    private readonly string folder;

    private TorchArchive(string path, ZipArchive zip)
    {
        this.path = path;
        this.zip = zip;
        var pickles = zip.Entries.Where(entry => entry.FullName.EndsWith("/data.pkl", StringComparison.Ordinal)).ToArray();
        if (pickles is not [var pickle])
            throw Fault($"holds {pickles.Length} pickles where a file of torch.save has one");
        folder = pickle.FullName[..^"data.pkl".Length];
        if (zip.GetEntry(folder + "byteorder") is { } order && Encoding.ASCII.GetString(Read(order, 16)) != "little")
            throw Fault("is not little-endian");
        Value = new PickleReader(path, Read(pickle, LargestPickle), global => global == Rebuild || global == OrderedDictionary || Storages.ContainsKey(global), Reduce, Storage).Read();
    }

    /// <summary>What was saved, with a <see cref="TorchTensor"/> for each tensor; see <see cref="PickleReader"/>.</summary>
    public object? Value { get; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="InterpException">The file is missing, damaged, or holds something else than data.</exception>
    public static TorchArchive Open(string path)
    {
        FileStream? stream = null;
        try
        {
            stream = File.OpenRead(path);
            return new TorchArchive(path, new ZipArchive(stream, ZipArchiveMode.Read));
        }
        catch (Exception e)
        {
            stream?.Dispose();
            if (e is IOException or UnauthorizedAccessException or InvalidDataException)
                throw new InterpException($"{path} cannot be read as a zip archive of torch.save: {e.Message.TrimEnd('.')}; save it again with PyTorch 1.6 or later.", e);
            throw;
        }
    }

    /// <summary>Reads a tensor; it is contiguous, and the caller owns it.</summary>
    /// <exception cref="InterpException">Its storage is missing, or not of its size.</exception>
    public Tensor Load(TorchTensor tensor)
    {
        var entry = zip.GetEntry($"{folder}data/{tensor.Key}") ?? throw Fault($"has no storage {tensor.Key}");
        var size = tensor.Elements * SafeTensorsTypes.WidthOf(tensor.Type);
        if (entry.Length != size)
            throw Fault($"has a storage {tensor.Key} of {entry.Length} bytes where {size} are needed");
        using var scope = NewDisposeScope();
        var storage = empty([tensor.Elements], dtype: tensor.Type, device: CPU);
        using (var stream = entry.Open())
            stream.ReadExactly(TensorMemory.Span<byte>(storage));
        return storage.as_strided(tensor.Shape, tensor.Strides, tensor.Offset).contiguous().clone().MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose() => zip.Dispose();

    private static byte[] Read(ZipArchiveEntry entry, int largest)
    {
        using var stream = entry.Open();
        if (entry.Length > largest)
            throw new InvalidDataException($"{entry.FullName} has {entry.Length} bytes.");
        var bytes = new byte[entry.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static object? Storage(object? id) =>
        id is object?[] and ["storage", PickleGlobal type, string key, string, long elements] && Storages.TryGetValue(type, out var element)
            && elements >= 0 && key.All(char.IsAsciiDigit)
            ? new TorchTensor(key, element, elements, 0, [elements], [1])
            : null;

    private static object? Reduce(PickleGlobal called, object?[] arguments)
    {
        if (called == OrderedDictionary)
            return arguments.Length == 0 ? new Dictionary<object, object?>() : null;
        return called == Rebuild && arguments is [TorchTensor storage, long offset, object?[] shape, object?[] strides, bool, ..]
            && Whole(shape) is { } sizes && Whole(strides) is { } steps && Fits(storage.Elements, offset, sizes, steps)
            ? storage with { Offset = offset, Shape = sizes, Strides = steps }
            : null;
    }

    private static long[]? Whole(object?[] values) => Array.TrueForAll(values, value => value is >= 0L) ? [.. values.Cast<long>()] : null;

    /// <summary>Whether the tensor lies inside its storage and reads no element twice over.</summary>
    private static bool Fits(long elements, long offset, long[] shape, long[] strides)
    {
        if (shape.Length != strides.Length || offset < 0)
            return false;
        UInt128 count = 1, last = (ulong)offset;
        for (var i = 0; i < shape.Length; i++)
        {
            if (shape[i] == 0)
                return true;
            count *= (ulong)shape[i];
            last += (ulong)(shape[i] - 1) * (UInt128)(ulong)strides[i];
            if (count > (ulong)elements || last >= (ulong)elements)
                return false;
        }
        return last < (ulong)elements;
    }

    private InterpException Fault(string what) => new($"{path} {what}; save it again with torch.save.");
}
