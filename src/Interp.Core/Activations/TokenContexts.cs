using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Interp.Formats;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Activations;

/// <summary>
/// Tokens cut into contexts of at most one length. Of a stream that is cut up, all but the last have that length; contexts of one
/// document each end where their document ends. A position of all contexts, one after the other, is a row of the activation store.
/// </summary>
public sealed class TokenContexts
{
    private readonly int[] tokens;
    private readonly int[] documents;
    private readonly int[]? starts;

    /// <summary>Takes the rows of all contexts, one after the other.</summary>
    /// <param name="length">Positions of a context.</param>
    /// <param name="tokens">Token id of each row.</param>
    /// <param name="documents">Document of each row, by its number in the corpus.</param>
    /// <param name="starts">First row of each context; null: all but the last have the full length.</param>
    public TokenContexts(int length, int[] tokens, int[] documents, int[]? starts = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(documents.Length, tokens.Length);
        Length = length;
        this.tokens = tokens;
        this.documents = documents;
        this.starts = starts;
        if (starts is null)
            return;
        ArgumentOutOfRangeException.ThrowIfNotEqual(starts.Length == 0 ? 0 : starts[0], 0, nameof(starts));
        for (var context = 0; context < starts.Length; context++)
            ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)(RowsOf(context).Count - 1), (uint)(length - 1), nameof(starts));
        if (starts.Select((start, context) => start == context * (long)length).All(full => full))
            this.starts = null;
    }

    /// <summary>Positions of a full context.</summary>
    public int Length { get; }

    /// <summary>Whether contexts before the last are shorter than <see cref="Length"/>.</summary>
    public bool IsRagged => starts is not null;

    /// <summary>Number of rows.</summary>
    public int Rows => tokens.Length;

    /// <summary>Number of contexts.</summary>
    public int Count => starts?.Length ?? (Rows + Length - 1) / Length;

    /// <summary>Token ids of all rows.</summary>
    public ReadOnlySpan<int> Tokens => tokens;

    /// <summary>Documents of all rows.</summary>
    public ReadOnlySpan<int> Documents => documents;

    /// <summary>The contexts that begin at every row of position 0.</summary>
    /// <param name="length">Positions of a context; the longest counts where it is longer.</param>
    /// <param name="tokens">Token id of each row.</param>
    /// <param name="documents">Document of each row.</param>
    /// <param name="positions">Position of each row in its context.</param>
    public static TokenContexts Of(int length, int[] tokens, int[] documents, int[] positions) => new(
        Math.Max(length, positions.Length == 0 ? 0 : positions.Max() + 1), tokens, documents,
        [.. Enumerable.Range(0, positions.Length).Where(row => positions[row] == 0)]);

    /// <summary>First row and number of rows of some contexts.</summary>
    public (int Start, int Count) RowsOf(int context, int contexts = 1)
    {
        var start = StartOf(context);
        return (start, StartOf(context + contexts) - start);
    }

    /// <summary>The context that a row belongs to.</summary>
    public int ContextOf(int row)
    {
        if (starts is null)
            return row / Length;
        var found = Array.BinarySearch(starts, row);
        return found >= 0 ? found : ~found - 1;
    }

    /// <summary>Position of a row in its context.</summary>
    public int PositionOf(int row) => starts is null ? row % Length : row - starts[ContextOf(row)];

    /// <summary>Positions of some rows that follow each other in their contexts, int32 [rows].</summary>
    public Tensor Positions(int start, int rows) =>
        tensor(Enumerable.Range(start, rows).Select(PositionOf).ToArray(), ScalarType.Int32, CPU);

    /// <summary>Some contexts that follow each other, by themselves.</summary>
    public TokenContexts Range(int context, int contexts)
    {
        var (start, count) = RowsOf(context, contexts);
        return new TokenContexts(Length, tokens[start..(start + count)], documents[start..(start + count)],
            starts?[context..Math.Min(context + contexts, starts.Length)].Select(row => row - start).ToArray());
    }

    /// <summary>
    /// Contexts as int64 [contexts, P], where P is <see cref="Length"/>, or of contexts of several lengths the longest of these; behind the end
    /// of a shorter one stands token 0.
    /// </summary>
    /// <remarks>A causal model's values before the end do not depend on what stands behind it.</remarks>
    public Tensor Batch(Device device, params ReadOnlySpan<int> contexts)
    {
        var longest = IsRagged ? 0 : Length;
        foreach (var context in contexts)
            longest = Math.Max(longest, RowsOf(context).Count);
        var padded = new long[contexts.Length * longest];
        for (var i = 0; i < contexts.Length; i++)
        {
            var (start, count) = RowsOf(contexts[i]);
            for (var position = 0; position < count; position++)
                padded[i * longest + position] = tokens[start + position];
        }
        return tensor(padded, [contexts.Length, longest], ScalarType.Int64, device);
    }

    /// <summary>Writes <c>token_ids</c> and <c>document</c>, and <c>context_start</c> where contexts have several lengths, int32, as a safetensors file, replaced in one go.</summary>
    public void Save(string path)
    {
        using var scope = NewDisposeScope();
        var columns = new Dictionary<string, Tensor>
        {
            ["token_ids"] = tensor(tokens, ScalarType.Int32, CPU),
            ["document"] = tensor(documents, ScalarType.Int32, CPU),
        };
        if (starts is not null)
            columns["context_start"] = tensor(starts, ScalarType.Int32, CPU);
        SafeTensorsWriter.Write(path, columns, new Dictionary<string, string> { ["context_length"] = Length.ToString(CultureInfo.InvariantCulture) });
    }

    /// <summary>Reads a file of <see cref="Save"/>.</summary>
    /// <exception cref="InterpException">The file is damaged, or another one.</exception>
    public static TokenContexts Load(string path)
    {
        using var file = SafeTensors.Open(path);
        if (!int.TryParse(file.Metadata.GetValueOrDefault("context_length"), CultureInfo.InvariantCulture, out var length))
            throw new InterpException($"{path} holds no token contexts; delete its folder to make it again.");
        return new TokenContexts(length, Column("token_ids"), Column("document"), file.Entries.ContainsKey("context_start") ? Column("context_start") : null);

        int[] Column(string name)
        {
            file.Require(name, -1);
            using var view = file.View(name);
            return TensorMemory.Span<int>(view).ToArray();
        }
    }

    /// <summary>SHA-256 (hex) of length, tokens, documents, and where contexts begin if they have several lengths.</summary>
    public string Digest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(BitConverter.GetBytes(Length));
        hash.AppendData(MemoryMarshal.AsBytes(tokens.AsSpan()));
        hash.AppendData(MemoryMarshal.AsBytes(documents.AsSpan()));
        hash.AppendData(MemoryMarshal.AsBytes(starts.AsSpan()));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private int StartOf(int context) => starts is null
        ? (int)Math.Min((long)context * Length, Rows)
        : context < starts.Length ? starts[context] : Rows;
}
