using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Interp.Formats;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Activations;

/// <summary>
/// Tokens cut into contexts of one length; only the last may be shorter. A position of all contexts, one after the other, is
/// a row of the activation store.
/// </summary>
public sealed class TokenContexts
{
    private readonly int[] tokens;
    private readonly int[] documents;

    /// <summary>Takes the rows of all contexts, one after the other.</summary>
    /// <param name="length">Positions of a context.</param>
    /// <param name="tokens">Token id of each row.</param>
    /// <param name="documents">Document of each row, by its number in the corpus.</param>
    public TokenContexts(int length, int[] tokens, int[] documents)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(documents.Length, tokens.Length);
        Length = length;
        this.tokens = tokens;
        this.documents = documents;
    }

    /// <summary>Positions of a context; the last one may have fewer.</summary>
    public int Length { get; }

    /// <summary>Number of rows.</summary>
    public int Rows => tokens.Length;

    /// <summary>Number of contexts.</summary>
    public int Count => (Rows + Length - 1) / Length;

    /// <summary>Token ids of all rows.</summary>
    public ReadOnlySpan<int> Tokens => tokens;

    /// <summary>Documents of all rows.</summary>
    public ReadOnlySpan<int> Documents => documents;

    /// <summary>First row and number of rows of some contexts.</summary>
    public (int Start, int Count) RowsOf(int context, int contexts = 1)
    {
        var start = Math.Min(context * Length, Rows);
        return (start, Math.Min((context + contexts) * Length, Rows) - start);
    }

    /// <summary>Some contexts as int64 [contexts, <see cref="Length"/>]; behind the end of a short one stands token 0.</summary>
    /// <remarks>A causal model's values before the end do not depend on what stands behind it.</remarks>
    public Tensor Batch(int context, int contexts, Device device)
    {
        var (start, count) = RowsOf(context, contexts);
        var padded = new long[contexts * Length];
        for (var i = 0; i < count; i++)
            padded[i] = tokens[start + i];
        return tensor(padded, [contexts, Length], ScalarType.Int64, device);
    }

    /// <summary>Writes <c>token_ids</c> and <c>document</c>, int32, as a safetensors file, replaced in one go.</summary>
    public void Save(string path)
    {
        using var scope = NewDisposeScope();
        var columns = new Dictionary<string, Tensor>
        {
            ["token_ids"] = tensor(tokens, ScalarType.Int32, CPU),
            ["document"] = tensor(documents, ScalarType.Int32, CPU),
        };
        SafeTensorsWriter.Write(path, columns, new Dictionary<string, string> { ["context_length"] = Length.ToString(CultureInfo.InvariantCulture) });
    }

    /// <summary>Reads a file of <see cref="Save"/>.</summary>
    /// <exception cref="InterpException">The file is damaged, or another one.</exception>
    public static TokenContexts Load(string path)
    {
        using var file = SafeTensors.Open(path);
        if (!int.TryParse(file.Metadata.GetValueOrDefault("context_length"), CultureInfo.InvariantCulture, out var length))
            throw new InterpException($"{path} holds no token contexts; delete its folder to make it again.");
        return new TokenContexts(length, Column("token_ids"), Column("document"));

        int[] Column(string name)
        {
            file.Require(name, -1);
            using var view = file.View(name);
            return TensorMemory.Span<int>(view).ToArray();
        }
    }

    /// <summary>SHA-256 (hex) of length, tokens and documents.</summary>
    public string Digest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(BitConverter.GetBytes(Length));
        hash.AppendData(MemoryMarshal.AsBytes(tokens.AsSpan()));
        hash.AppendData(MemoryMarshal.AsBytes(documents.AsSpan()));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
