using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Pretraining;

/// <summary>Texts packed into contexts of one length: each context begins with the token that begins a text, and so does each text inside it.</summary>
public sealed class PackedContexts
{
    private readonly int[] tokens;

    private PackedContexts(int[] tokens, int length)
    {
        this.tokens = tokens;
        Length = length;
    }

    /// <summary>Tokens of a context, the first of which is never predicted.</summary>
    public int Length { get; }

    /// <summary>Number of contexts.</summary>
    public int Count => tokens.Length / Length;

    /// <summary>Number of tokens that are predicted.</summary>
    public long PredictedCount => (long)Count * (Length - 1);

    /// <summary>Cuts the texts, one after the other, into contexts; what does not fill the last one is left out.</summary>
    /// <param name="documents">Token ids of each text, without the token that begins it.</param>
    /// <param name="length">Tokens of a context, 2 or more.</param>
    /// <param name="beginId">The token that begins a text.</param>
    /// <exception cref="InterpException">The texts do not fill one context.</exception>
    public static PackedContexts Pack(IEnumerable<int[]> documents, int length, int beginId)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 2);
        var packed = new List<int>();
        foreach (var document in documents)
        {
            if (packed.Count % length != 1)
                packed.Add(beginId);
            foreach (var token in document)
            {
                if (packed.Count % length == 0)
                    packed.Add(beginId);
                packed.Add(token);
            }
        }
        var whole = packed.Count / length * length;
        return whole > 0
            ? new PackedContexts([.. CollectionsMarshal.AsSpan(packed)[..whole]], length)
            : throw new InterpException($"The texts have {packed.Count} tokens, which do not fill one context of {length}; give more text.");
    }

    /// <summary>The tokens of one context.</summary>
    public ReadOnlySpan<int> this[int context] => tokens.AsSpan(context * Length, Length);

    /// <summary>Some contexts as an int64 tensor [rows, <see cref="Length"/>]; the caller owns it.</summary>
    public Tensor Rows(ReadOnlySpan<int> rows, Device device)
    {
        var values = new long[rows.Length * Length];
        for (var i = 0; i < rows.Length; i++)
        {
            var row = this[rows[i]];
            for (var j = 0; j < Length; j++)
                values[i * Length + j] = row[j];
        }
        return tensor(values, [rows.Length, Length], dtype: ScalarType.Int64, device: device);
    }

    /// <summary>SHA-256 (hex) of the tokens.</summary>
    public string Digest() => Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(tokens.AsSpan())));
}
