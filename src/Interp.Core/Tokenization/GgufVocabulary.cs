using System.Collections;
using System.Globalization;
using System.Security.Cryptography;
using Interp.Runtime;

namespace Interp.Tokenization;

/// <summary>What <c>token_type</c> says of a piece.</summary>
internal enum GgufPieceType { Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6 }

/// <summary>Reads what the tokenizers in GGUF files of any kind have (keys <c>tokenizer.ggml.*</c>).</summary>
internal sealed class GgufVocabulary
{
    private const string Prefix = "tokenizer.ggml.";
    private readonly IReadOnlyDictionary<string, object> metadata;

    public GgufVocabulary(IReadOnlyDictionary<string, object> metadata)
    {
        this.metadata = metadata;
        Pieces = Texts("tokens");
        Types = [.. Items("token_type", required: false).Select(item => Whole("token_type", item))];
        if (Types.Length != 0 && Types.Length != Pieces.Length)
            throw Bad("token_type", $"has {Types.Length} entries for {Pieces.Length} pieces");
        for (var id = 0; id < Pieces.Length; id++)
            Ids.TryAdd(Pieces[id], id);
    }

    /// <summary>The pieces by id.</summary>
    public string[] Pieces { get; }

    /// <summary>The <see cref="GgufPieceType"/> of each; empty where the file does not say.</summary>
    public long[] Types { get; }

    /// <summary>The id of each piece; of equal ones the first.</summary>
    public Dictionary<string, int> Ids { get; } = new(StringComparer.Ordinal);

    public GgufPieceType TypeOf(int id) => Types.Length == 0 ? GgufPieceType.Normal : (GgufPieceType)Types[id];

    /// <summary>The pieces that are cut out of the text before anything else.</summary>
    public IReadOnlyList<AddedToken> AddedTokens =>
    [
        .. Enumerable.Range(0, Pieces.Length)
            .Where(id => TypeOf(id) is GgufPieceType.Unknown or GgufPieceType.Control or GgufPieceType.UserDefined)
            .Select(id => new AddedToken(id, Pieces[id], false, false, false, false, TypeOf(id) != GgufPieceType.UserDefined)),
    ];

    public bool Has(string key) => metadata.ContainsKey(Prefix + key);

    public string Text(string key) => metadata.TryGetValue(Prefix + key, out var value)
        ? value as string ?? throw Bad(key, "is no text")
        : throw Bad(key, "is missing");

    public string[] Texts(string key) => [.. Items(key, required: true).Select(item => item as string ?? throw Bad(key, "holds something that is no text"))];

    /// <summary>One finite number for each piece.</summary>
    public double[] Numbers(string key)
    {
        double[] numbers = [.. Items(key, required: true).Select(item => item is float or double && Convert.ToDouble(item, CultureInfo.InvariantCulture) is var number && double.IsFinite(number)
            ? number
            : throw Bad(key, "holds something that is no number"))];
        return numbers.Length == Pieces.Length ? numbers : throw Bad(key, $"has {numbers.Length} entries for {Pieces.Length} pieces");
    }

    public bool Flag(string key, bool missing) => metadata.TryGetValue(Prefix + key, out var value)
        ? value as bool? ?? throw Bad(key, "is not true or false")
        : missing;

    /// <summary>The id of a piece, or null where there is none.</summary>
    public int? Id(string key)
    {
        if (!metadata.TryGetValue(Prefix + key, out var value))
            return null;
        var id = Whole(key, value);
        return id >= 0 && id < Pieces.Length ? (int)id : throw Bad(key, $"is {id}, which is no id of {Pieces.Length} pieces");
    }

    /// <summary>SHA-256 (hex) over groups of texts.</summary>
    public static string Digest(params IEnumerable<string>[] groups)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var group in groups)
        {
            foreach (var text in group)
                hash.AppendData(System.Text.Encoding.UTF8.GetBytes(text + "\0"));
            hash.AppendData([1]);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public static InterpException Bad(string key, string what) => new($"The GGUF file's {Prefix}{key} {what}; the file is damaged or of a kind that is not served.");

    private IEnumerable<object?> Items(string key, bool required)
    {
        if (!metadata.TryGetValue(Prefix + key, out var value))
            return required ? throw Bad(key, "is missing") : [];
        return value is Array array ? ((IEnumerable)array).Cast<object?>() : throw Bad(key, "is no list");
    }

    private static long Whole(string key, object? value) => value switch
    {
        ulong number => number <= long.MaxValue ? (long)number : throw Bad(key, "is no id"),
        byte or sbyte or short or ushort or int or uint or long => Convert.ToInt64(value, CultureInfo.InvariantCulture),
        _ => throw Bad(key, "holds something that is no whole number"),
    };
}
