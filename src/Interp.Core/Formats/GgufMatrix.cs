using Interp.Numerics;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Formats;

/// <summary>
/// A matrix [rows, columns] of a GGUF file that stays in the file's blocks: values exist only while a product or a look-up reads them. Safe
/// for parallel use while the file is open.
/// </summary>
internal sealed unsafe class GgufMatrix
{
    private readonly GgufBlockFormat format;
    private readonly int[]? order;
    private readonly byte* start;
    private readonly long bytesPerRow;

    [ThreadStatic]
    private static AlignedBuffer<float>? scratch;

    /// <param name="file">The file; it must outlive this.</param>
    /// <param name="format">How the values are stored.</param>
    /// <param name="tensor">Where they are.</param>
    /// <param name="order">Row i here is row order[i] of the file; null for the order of the file.</param>
    public GgufMatrix(MappedFile file, GgufBlockFormat format, GgufTensor tensor, int[]? order)
    {
        if (tensor.Shape.Length != 2 || tensor.Shape.Any(size => size > int.MaxValue))
            throw new InterpException($"{file.Path} holds '{tensor.Name}' with shape [{string.Join(", ", tensor.Shape)}] where a matrix is needed; fetch the file again.");
        (Rows, Columns) = ((int)tensor.Shape[0], (int)tensor.Shape[1]);
        this.format = format;
        this.order = order;
        bytesPerRow = format.BytesOf(Columns);
        start = file.Pointer(tensor.Offset, Rows * bytesPerRow);
    }

    /// <summary>Rows: the outputs of a linear map.</summary>
    public int Rows { get; }

    /// <summary>Columns: the inputs of a linear map.</summary>
    public int Columns { get; }

    /// <summary>Some rows as float32 [rows.Length, columns] on the CPU, which the caller owns.</summary>
    /// <param name="rows">Which ones; 0 .. Rows-1, any number of times.</param>
    public Tensor Select(ReadOnlySpan<long> rows)
    {
        var result = empty(rows.Length, Columns, dtype: ScalarType.Float32, device: CPU);
        var to = TensorMemory.Pointer<float>(result);
        for (var i = 0; i < rows.Length; i++)
        {
            if (rows[i] < 0 || rows[i] >= Rows)
                throw new InterpException($"Row {rows[i]} was asked for, but the matrix has rows 0 to {Rows - 1}; use the tokenizer that belongs to the model.");
            Decode((int)rows[i], 0, Columns, to + (long)i * Columns);
        }
        return result;
    }

    /// <summary>All rows as float32 [rows, columns] on the CPU, which the caller owns.</summary>
    public Tensor ToTensor() => Select([.. Enumerable.Range(0, Rows).Select(row => (long)row)]);

    /// <summary>The transpose of some rows, [columns, count], as the right-hand factor of x·Wᵀ.</summary>
    public Right Transposed(int firstRow) => new(this, firstRow);

    /// <summary>Whole blocks of one row.</summary>
    private void Decode(int row, int column, int count, float* to)
    {
        var from = start + (order is null ? row : order[row]) * bytesPerRow + format.BytesOf(column);
        format.Decode(new ReadOnlySpan<byte>(from, (int)format.BytesOf(count)), new Span<float>(to, count));
    }

    /// <summary>Wᵀ from a row of W on.</summary>
    public readonly struct Right(GgufMatrix matrix, int firstRow) : IRightMatrix<float>
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
