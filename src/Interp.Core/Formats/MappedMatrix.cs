using System.Runtime.CompilerServices;
using Interp.Numerics;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Formats;

/// <summary>
/// A matrix [rows, columns] that stays in a mapped file as it is stored there: values exist only while a product or a look-up reads them. Safe
/// for parallel use while the file is open.
/// </summary>
internal sealed unsafe class MappedMatrix
{
    private const int RowsPerPiece = 64;
    private readonly GgufBlockFormat format;
    private readonly int[]? order;
    private readonly byte* start;
    private readonly long bytesPerRow;

    [ThreadStatic]
    private static AlignedBuffer<float>? scratch;

    /// <param name="file">The file; it must outlive this.</param>
    /// <param name="format">How the values are stored.</param>
    /// <param name="offset">Where in the file they begin.</param>
    /// <param name="shape">A shape that the file has room for; a row is its last dimension, and all others count the rows.</param>
    /// <param name="order">Row i here is row order[i] of the file; null for the order of the file.</param>
    /// <exception cref="InterpException">There are more rows or columns than a matrix can have.</exception>
    public MappedMatrix(MappedFile file, GgufBlockFormat format, long offset, ReadOnlySpan<long> shape, int[]? order = null)
    {
        var rows = 1L;
        foreach (var size in shape[..^1])
            rows *= size;
        if (rows > int.MaxValue || shape[^1] > int.MaxValue)
            throw new InterpException($"{file.Path} holds a tensor of shape [{string.Join(", ", shape.ToArray())}], larger than can be served; fetch the file again.");
        (Rows, Columns) = ((int)rows, (int)shape[^1]);
        this.format = format;
        this.order = order;
        bytesPerRow = format.BytesOf(Columns);
        start = file.Pointer(offset, Rows * bytesPerRow);
    }

    /// <summary>Rows: the outputs of a linear map.</summary>
    public int Rows { get; }

    /// <summary>Columns: the inputs of a linear map.</summary>
    public int Columns { get; }

    /// <summary>Some rows as float32 [rows.Length, columns] on the CPU, which the caller owns.</summary>
    /// <param name="rows">Which ones, any number of times.</param>
    /// <exception cref="InterpException">There is no such row.</exception>
    public Tensor Select(ReadOnlySpan<long> rows)
    {
        foreach (var row in rows)
        {
            if (row < 0 || row >= Rows)
                throw new InterpException($"Row {row} was asked for, but the matrix has rows 0 to {Rows - 1}; use the tokenizer that belongs to the model.");
        }
        var result = empty(rows.Length, Columns, dtype: ScalarType.Float32, device: CPU);
        var to = TensorMemory.Pointer<float>(result);
        for (var i = 0; i < rows.Length; i++)
            Decode((int)rows[i], 0, Columns, to + (long)i * Columns);
        return result;
    }

    /// <summary>All rows as float32 [rows, columns] on the CPU, which the caller owns.</summary>
    public Tensor ToTensor()
    {
        var result = empty(Rows, Columns, dtype: ScalarType.Float32, device: CPU);
        var to = TensorMemory.Pointer<float>(result);
        Workers.For((Rows + RowsPerPiece - 1) / RowsPerPiece, piece =>
        {
            for (var row = piece * RowsPerPiece; row < Math.Min(Rows, (piece + 1) * RowsPerPiece); row++)
                Decode(row, 0, Columns, to + (long)row * Columns);
        });
        return result;
    }

    /// <summary>The transpose of the rows from one on, [columns, count], as the right-hand factor of x·Wᵀ.</summary>
    public Right Transposed(int firstRow) => new(this, firstRow);

    /// <summary>Whole blocks of one row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Decode(int row, int column, int count, float* to)
    {
        var from = start + (order is null ? row : order[row]) * bytesPerRow + format.BytesOf(column);
        format.Decode(new ReadOnlySpan<byte>(from, (int)format.BytesOf(count)), new Span<float>(to, count));
    }

    /// <summary>Wᵀ from a row of W on.</summary>
    public readonly struct Right(MappedMatrix matrix, int firstRow) : IRightMatrix<float>
    {
        /// <inheritdoc/>
        public Strided<float> Part(int row, int rows, int column, int columns)
        {
            var room = (scratch ??= new AlignedBuffer<float>()).Ensure((long)columns * rows);
            for (var i = 0; i < columns; i++)
                matrix.Decode(firstRow + column + i, row, rows, room + (long)i * rows);
            return new Strided<float>(room, columns, rows).Transposed;
        }
    }
}
