namespace Interp.Autoencoders.Kernels;

/// <summary>Some tokens of a batch, which one thread works on; how a batch is cut depends on its size alone.</summary>
/// <param name="Number">Its number in the batch.</param>
/// <param name="Start">First row.</param>
/// <param name="End">Row behind the last.</param>
internal readonly record struct Chunk(int Number, int Start, int End)
{
    /// <summary>Most tokens in a chunk.</summary>
    public const int MostRows = 512;

    /// <summary>Number of rows.</summary>
    public int Rows => End - Start;

    /// <summary>Tokens per chunk: a quarter of the batch, from 64 to 512.</summary>
    public static int RowsOf(int batch) => Math.Clamp((batch / 4 + 15) / 16 * 16, 64, MostRows);

    /// <summary>Number of chunks of a batch.</summary>
    public static int Count(int batch) => (batch + RowsOf(batch) - 1) / RowsOf(batch);

    /// <summary>A chunk of a batch.</summary>
    public static Chunk Of(int batch, int number) => new(number, number * RowsOf(batch), Math.Min(batch, (number + 1) * RowsOf(batch)));
}

/// <summary>Latents from one on, up to another.</summary>
/// <param name="From">The first.</param>
/// <param name="To">The one behind the last.</param>
internal readonly record struct LatentRange(int From, int To)
{
    /// <summary>How many.</summary>
    public int Count => To - From;
}
