using System.Runtime.InteropServices;

namespace Interp.Runtime;

/// <summary>
/// Memory on a 64-byte boundary that grows when a larger size is asked for and stays otherwise, so that steps of one size
/// allocate nothing.
/// </summary>
internal sealed unsafe class AlignedBuffer<T> : IDisposable where T : unmanaged
{
    private long capacity;

    ~AlignedBuffer() => NativeMemory.AlignedFree(Pointer);

    /// <summary>The memory; it moves when <see cref="Ensure"/> grows it.</summary>
    public T* Pointer { get; private set; }

    /// <summary>The memory with room for <paramref name="count"/> items; what it held before is lost when it grows.</summary>
    public T* Ensure(long count)
    {
        if (count > capacity)
        {
            NativeMemory.AlignedFree(Pointer);
            capacity = Math.Max(count, capacity * 5 / 4);
            Pointer = (T*)NativeMemory.AlignedAlloc((nuint)(capacity * sizeof(T)), 64);
        }
        return Pointer;
    }

    /// <summary>The memory with room for <paramref name="count"/> items, of which the first <paramref name="kept"/> stay.</summary>
    public T* Grow(long count, long kept)
    {
        if (count > capacity)
        {
            var larger = (T*)NativeMemory.AlignedAlloc((nuint)(count * sizeof(T)), 64);
            NativeMemory.Copy(Pointer, larger, (nuint)(kept * sizeof(T)));
            NativeMemory.AlignedFree(Pointer);
            Pointer = larger;
            capacity = count;
        }
        return Pointer;
    }

    /// <summary>Room for <paramref name="count"/> items, all zero.</summary>
    public T* Zeroed(long count)
    {
        var memory = Ensure(count);
        NativeMemory.Clear(memory, (nuint)(count * sizeof(T)));
        return memory;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(Pointer);
        Pointer = null;
        capacity = 0;
        GC.SuppressFinalize(this);
    }
}
