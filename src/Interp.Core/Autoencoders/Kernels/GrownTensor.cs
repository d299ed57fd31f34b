using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Autoencoders.Kernels;

/// <summary>A flat tensor that grows as needed and is looked at as a matrix.</summary>
internal sealed unsafe class GrownTensor(ScalarType type) : IDisposable
{
    private Tensor room = empty(1, dtype: type, device: CPU).DetachFromDisposeScope();
    private void* first;

    /// <summary>Makes room for so many numbers; what was there is lost when it grows.</summary>
    public T* Ensure<T>(long count) where T : unmanaged
    {
        if (first is null || room.numel() < count)
        {
            var size = Math.Max(count, room.numel() * 5 / 4);
            room.Dispose();
            room = empty(size, dtype: type, device: CPU).DetachFromDisposeScope();
            first = TensorMemory.Pointer<T>(room);
        }
        return Pointer<T>();
    }

    /// <summary>The first number; null before anything was asked for.</summary>
    public T* Pointer<T>() where T : unmanaged => (T*)first;

    /// <summary>Rows of the matrix of a number of columns that begins where the room begins.</summary>
    public Tensor View(long start, long rows, long columns) => room.narrow(0, start * columns, rows * columns).view(rows, columns);

    /// <inheritdoc/>
    public void Dispose() => room.Dispose();
}
