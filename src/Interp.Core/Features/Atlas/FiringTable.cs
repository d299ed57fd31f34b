using Interp.Autoencoders;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Features;

/// <summary>
/// Which latents fire on some whole contexts, read both ways: per row of text its latents, per latent its rows in ascending order. Filled from
/// batches, then closed by <see cref="Sort"/>, then cleared for the next contexts.
/// </summary>
/// <param name="latents">Size of the dictionary.</param>
internal sealed class FiringTable(int latents)
{
    private readonly List<int> latentOf = [];
    private readonly List<float> valueOf = [];
    private readonly List<int> rowStarts = [0];
    private readonly int[] starts = new int[latents + 1];
    private int[] rows = [];
    private float[] values = [];

    /// <summary>Token ids of the rows.</summary>
    public List<int> Tokens { get; } = [];

    /// <summary>Documents of the rows.</summary>
    public List<int> Documents { get; } = [];

    /// <summary>Per row the first row of its context, and the row behind its last.</summary>
    public List<(int Start, int End)> Contexts { get; } = [];

    /// <summary>Rows so far.</summary>
    public int Rows => Tokens.Count;

    /// <summary>Adds contexts.</summary>
    /// <param name="tokens">Token ids, row after row.</param>
    /// <param name="documents">Document of each row.</param>
    /// <param name="contextLength">Rows of each context.</param>
    /// <param name="counted">Whether a row counts; one that does not is text without firings.</param>
    /// <param name="fired">The latents of the rows [n, k].</param>
    public void Add(ReadOnlySpan<int> tokens, ReadOnlySpan<int> documents, int contextLength, ReadOnlySpan<bool> counted, SparseLatents fired)
    {
        using var scope = NewDisposeScope();
        var index = TensorMemory.Span<long>(fired.Indices.cpu().contiguous());
        var value = TensorMemory.Span<float>(fired.Values.to(ScalarType.Float32, CPU).contiguous());
        var k = fired.K;
        for (var row = 0; row < tokens.Length; row++)
        {
            var start = Rows - row % contextLength;
            Contexts.Add((start, start + contextLength));
            Tokens.Add(tokens[row]);
            Documents.Add(documents[row]);
            for (var i = row * k; counted[row] && i < (row + 1) * k; i++)
            {
                if (!(value[i] > 0))
                    continue;
                latentOf.Add((int)index[i]);
                valueOf.Add(value[i]);
            }
            rowStarts.Add(latentOf.Count);
        }
    }

    /// <summary>Makes the rows of each latent readable.</summary>
    public void Sort()
    {
        Array.Clear(starts);
        foreach (var latent in latentOf)
            starts[latent + 1]++;
        for (var latent = 0; latent < latents; latent++)
            starts[latent + 1] += starts[latent];
        if (rows.Length < latentOf.Count)
            (rows, values) = (new int[latentOf.Count], new float[latentOf.Count]);
        var next = starts.AsSpan(0, latents).ToArray();
        for (var row = 0; row < Rows; row++)
        {
            for (var i = rowStarts[row]; i < rowStarts[row + 1]; i++)
            {
                var at = next[latentOf[i]]++;
                (rows[at], values[at]) = (row, valueOf[i]);
            }
        }
    }

    /// <summary>Rows on which a latent fires, ascending, and its values there.</summary>
    public (ReadOnlyMemory<int> Rows, ReadOnlyMemory<float> Values) Of(int latent)
    {
        var (start, count) = (starts[latent], starts[latent + 1] - starts[latent]);
        return (rows.AsMemory(start, count), values.AsMemory(start, count));
    }

    /// <summary>The latents that fire on a row.</summary>
    public ReadOnlySpan<int> On(int row) =>
        System.Runtime.InteropServices.CollectionsMarshal.AsSpan(latentOf)[rowStarts[row]..rowStarts[row + 1]];

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        latentOf.Clear();
        valueOf.Clear();
        rowStarts.RemoveRange(1, rowStarts.Count - 1);
        Tokens.Clear();
        Documents.Clear();
        Contexts.Clear();
    }
}
