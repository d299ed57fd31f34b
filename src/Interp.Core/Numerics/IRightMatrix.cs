namespace Interp.Numerics;

/// <summary>The right-hand factor of a product, whatever form its numbers are kept in.</summary>
internal interface IRightMatrix<T> where T : unmanaged
{
    /// <summary>A part as numbers, [rows, columns]; valid until the calling thread asks for the next one.</summary>
    /// <param name="row">First row, a multiple of <see cref="MatrixProduct{T}.BlockDepth"/>.</param>
    /// <param name="rows">Rows, at most <see cref="MatrixProduct{T}.BlockDepth"/>.</param>
    /// <param name="column">First column.</param>
    /// <param name="columns">Columns.</param>
    Strided<T> Part(int row, int rows, int column, int columns);
}
