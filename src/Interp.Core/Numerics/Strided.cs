using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Numerics;

/// <summary>A matrix in memory that the caller owns and keeps in place: element (i, j) is at i·RowStride + j·ColumnStride.</summary>
internal readonly unsafe struct Strided<T> : IRightMatrix<T> where T : unmanaged
{
    /// <summary>A matrix whose rows are contiguous and follow each other.</summary>
    public Strided(T* start, int rows, int columns) : this(start, rows, columns, columns, 1)
    {
    }

    /// <summary>A matrix with any strides, in elements.</summary>
    public Strided(T* start, int rows, int columns, long rowStride, long columnStride)
    {
        Start = start;
        Rows = rows;
        Columns = columns;
        RowStride = (nint)rowStride;
        ColumnStride = (nint)columnStride;
    }

    public T* Start { get; }

    public int Rows { get; }

    public int Columns { get; }

    public nint RowStride { get; }

    public nint ColumnStride { get; }

    /// <summary>The address of an element.</summary>
    public T* At(int row, int column) => Start + row * RowStride + column * ColumnStride;

    /// <summary>The transpose, of the same memory.</summary>
    public Strided<T> Transposed => new(Start, Columns, Rows, ColumnStride, RowStride);

    /// <summary>Some rows.</summary>
    public Strided<T> RowRange(int from, int count) => new(At(from, 0), count, Columns, RowStride, ColumnStride);

    /// <summary>Some columns.</summary>
    public Strided<T> ColumnRange(int from, int count) => new(At(0, from), Rows, count, RowStride, ColumnStride);

    /// <inheritdoc/>
    public Strided<T> Part(int row, int rows, int column, int columns) => RowRange(row, rows).ColumnRange(column, columns);
}

/// <summary>Ways to look at memory as a matrix.</summary>
internal static unsafe class Strided
{
    /// <summary>A contiguous CPU tensor of two dimensions; valid while the tensor lives.</summary>
    public static Strided<T> Of<T>(Tensor tensor) where T : unmanaged =>
        new(TensorMemory.Pointer<T>(tensor), (int)tensor.size(0), (int)tensor.size(1));

    /// <summary>The beginning of a buffer as rows that follow each other; valid until the buffer grows.</summary>
    public static Strided<T> Matrix<T>(this AlignedBuffer<T> buffer, int rows, int columns) where T : unmanaged => new(buffer.Pointer, rows, columns);
}
