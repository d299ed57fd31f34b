using System.Runtime.InteropServices;
using Interp.Formats;

namespace Interp.Activations;

/// <summary>Gives activations to others.</summary>
public static class ActivationExport
{
    private const int Piece = 1 << 12;

    /// <summary>Writes all rows as a NumPy array [tokens, width] float32, replaced in one go.</summary>
    /// <param name="source">The activations.</param>
    /// <param name="path">The .npy file.</param>
    /// <param name="progress">Is told how many tokens of how many are done.</param>
    /// <param name="cancel">Asks to stop; nothing stays.</param>
    /// <exception cref="Interp.Runtime.InterpException">The file cannot be written.</exception>
    public static void WriteNpy(IActivationSource source, string path, Action<long, long>? progress = null, CancellationToken cancel = default) =>
        Npy.Write(path, source.Count, source.Width, stream =>
        {
            for (var start = 0; start < source.Count; start += Piece)
            {
                cancel.ThrowIfCancellationRequested();
                int[] rows = [.. Enumerable.Range(start, (int)Math.Min(Piece, source.Count - start))];
                var values = new float[rows.Length * source.Width];
                source.Gather(rows, values);
                stream.Write(MemoryMarshal.AsBytes(values.AsSpan()));
                progress?.Invoke(start + rows.Length, source.Count);
            }
        });
}
