using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Formats;

/// <summary>A file mapped into memory for reading, and tensors that look into it without a copy.</summary>
public sealed unsafe class MappedFile : IDisposable
{
    private static readonly Deleter Keep = static _ => { };
    private readonly MemoryMappedFile map;
    private readonly MemoryMappedViewAccessor view;
    private readonly byte* start;
    private bool disposed;

    /// <param name="path">An existing file that is not empty.</param>
    /// <exception cref="InterpException">The file is missing, empty or cannot be read.</exception>
    public MappedFile(string path)
    {
        Path = path;
        if (!File.Exists(path))
            throw new InterpException($"There is no file {path}; correct the path, or fetch or write the file again.");
        try
        {
            using var handle = File.OpenHandle(path);
            Length = RandomAccess.GetLength(handle);
            if (Length == 0)
                throw new InterpException($"{path} is empty; fetch or write the file again.");
            map = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
            view = map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InterpException($"{path} cannot be read: {e.Message}", e);
        }
        byte* pointer = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        start = pointer + view.PointerOffset;
    }

    /// <summary>Path that the file was opened by.</summary>
    public string Path { get; }

    /// <summary>Size in bytes.</summary>
    public long Length { get; }

    /// <summary>The bytes of a range that fits a span.</summary>
    public ReadOnlySpan<byte> Bytes(long offset, int count) => new(Pointer(offset, count), count);

    /// <summary>The address of a range; valid until this is disposed.</summary>
    internal byte* Pointer(long offset, long count)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Length - offset);
        return start + offset;
    }

    /// <summary>
    /// A contiguous CPU tensor over the map, not copied. The caller disposes it before the map and never writes into it.
    /// </summary>
    public Tensor View(long offset, ReadOnlySpan<long> shape, ScalarType type)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        Libtorch.Load();
        fixed (long* dimensions = shape)
        {
            var handle = THSTensor_new((nint)(start + offset), Keep, (nint)dimensions, shape.Length, (sbyte)type, (sbyte)type, 0, -1, false);
            if (handle == 0)
                throw new InterpException($"{Path} cannot be viewed as a tensor of shape [{string.Join(", ", shape.ToArray())}]; the file is damaged.");
            return Tensor.UnsafeCreateTensor(handle);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (disposed)
            return;
        disposed = true;
        view.SafeMemoryMappedViewHandle.ReleasePointer();
        view.Dispose();
        map.Dispose();
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void Deleter(nint data);

    [DllImport("LibTorchSharp")]
    private static extern nint THSTensor_new(nint data, Deleter deleter, nint dimensions, int count, sbyte type, sbyte dtype,
        int deviceType, int deviceIndex, [MarshalAs(UnmanagedType.U1)] bool requiresGrad);
}
