using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Interp.Formats;
using Interp.Runtime;

namespace Interp.Activations;

/// <summary>One shard of an activation store.</summary>
/// <param name="File">Its name in the folder.</param>
/// <param name="Rows">Tokens in it.</param>
/// <param name="Sha256">SHA-256 (hex) of the file.</param>
public sealed record StoreShard(string File, int Rows, string Sha256)
{
    /// <summary>Sum of the squares of what the dtype lost; null for float32, which loses nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? SquaredError { get; init; }

    /// <summary>Sum of the squares of the activations before that; null for float32.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? SquaredNorm { get; init; }
}

/// <summary>The <c>manifest.json</c> of an activation store: where the activations come from, and its shards in order.</summary>
public sealed record StoreManifest
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "manifest.json";

    /// <summary>The entry of <see cref="Origin"/> that holds a command line.</summary>
    public const string CommandName = "command";

    internal const string Version = "interp-activations-1";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        WriteIndented = true,
        NewLine = "\n",
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>Format and version of the folder.</summary>
    public string Format { get; init; } = Version;

    /// <summary>Digest of the model.</summary>
    public required string Model { get; init; }

    /// <summary>Digest of the tokenizer.</summary>
    public required string Tokenizer { get; init; }

    /// <summary>Digest of the corpus.</summary>
    public required string Corpus { get; init; }

    /// <summary>Digest of the packed tokens and their documents.</summary>
    public required string Contexts { get; init; }

    /// <summary>TransformerLens name of the hook point.</summary>
    public required string Hook { get; init; }

    /// <summary>Name of the <see cref="StoreDtype"/> of the stored activations.</summary>
    public string Dtype { get; init; } = "float32";

    /// <summary>Precision of the model that computed them.</summary>
    public required string Precision { get; init; }

    /// <summary>Kind of device that computed them.</summary>
    public required string Device { get; init; }

    /// <summary>Tokens and width.</summary>
    public required long[] Shape { get; init; }

    /// <summary>Positions of a context.</summary>
    public required int ContextLength { get; init; }

    /// <summary>The token that begins each context; null: none.</summary>
    public int? BosId { get; init; }

    /// <summary>Contexts of one forward pass.</summary>
    public required int BatchContexts { get; init; }

    /// <summary>Leading positions of each context that do not count; their activations are kept.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int SkipPositions { get; init; }

    /// <summary>Tokens above this multiple of the median norm do not count; null: all do. Their activations are kept.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? SkipNorm { get; init; }

    /// <summary>The largest norm that counts by <see cref="SkipNorm"/>; null without that rule, and before the store is complete.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? NormLimit { get; init; }

    /// <summary>Tokens that count; null where all do, and before the store is complete.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? CountedTokens { get; init; }

    /// <summary>Which tokens do not count.</summary>
    [JsonIgnore]
    public TokenSkipping Skipping => new(SkipPositions, SkipNorm);

    /// <summary>What makes the store again, by name, besides what the digests identify; null: not recorded.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? Origin { get; init; }

    /// <summary>Whether the tokens of the activations are unknown, as those of arrays that others made may be.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool WithoutTokens { get; init; }

    /// <summary>Whether all shards are there.</summary>
    public bool Complete { get; init; }

    /// <summary>The shards, in the order of their rows.</summary>
    public required StoreShard[] Shards { get; init; }

    /// <summary>Σ|x − x'|² / Σ|x|² over all numbers, where x' is what the store keeps of x; 0 for float32.</summary>
    [JsonIgnore]
    public double RelativeError => Shards.Sum(shard => shard.SquaredNorm ?? 0) is > 0 and var norm ? Shards.Sum(shard => shard.SquaredError ?? 0) / norm : 0;

    /// <summary>SHA-256 (hex) of the manifest without its <see cref="Origin"/>: the identity of what a complete store holds, whatever its parts are called.</summary>
    public string Digest() => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(this with { Origin = null }, Json)));

    /// <summary>Whether a folder holds a manifest.</summary>
    public static bool Exists(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <summary>Reads and checks the manifest of a folder.</summary>
    /// <exception cref="InterpException">It is missing, malformed, or contradicts itself.</exception>
    public static StoreManifest Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            throw new InterpException($"{folder} holds no {FileName}; give the folder of an activation store.");
        try
        {
            var manifest = JsonSerializer.Deserialize<StoreManifest>(File.ReadAllBytes(path), Json)
                ?? throw new JsonException("it is null.");
            return manifest.IsSound() ? manifest : throw new JsonException("its parts contradict each other.");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new InterpException($"{path} is not the manifest of an activation store: {e.Message.Split(" Path:")[0]} Make the store again.", e);
        }
    }

    /// <summary>Writes the manifest of a folder, replaced in one go; that of a store under way is flushed when the system does it.</summary>
    internal void Write(string folder)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(this, Json);
        using var file = AtomicFile.Begin(Path.Combine(folder, FileName), stream => stream.Write([.. bytes, (byte)'\n']));
        file.Commit(flush: Complete);
    }

    /// <summary>In what the work of this manifest differs from that of another, whatever of it is done: field, value here, value there.</summary>
    internal IReadOnlyList<string> Differences(StoreManifest there)
    {
        var (ours, theirs) = (Fields(Work()), Fields(there.Work()));
        string[] work = [.. Compared(ours, theirs)];
        // Names tell a reader more than digests do, but make no difference by themselves.
        return work.Length == 0 ? [] : [.. Compared(Named(Origin), Named(there.Origin)), .. work];
    }

    private static IEnumerable<string> Compared(IReadOnlyDictionary<string, string> ours, IReadOnlyDictionary<string, string> theirs) =>
        ours.Keys.Union(theirs.Keys).Where(field => ours.GetValueOrDefault(field) != theirs.GetValueOrDefault(field))
            .Select(field => $"{field}: here {Shown(ours.GetValueOrDefault(field))}, there {Shown(theirs.GetValueOrDefault(field))}");

    private static Dictionary<string, string> Fields(StoreManifest manifest) =>
        JsonSerializer.SerializeToNode(manifest, Json)!.AsObject().ToDictionary(field => field.Key, field => field.Value?.ToJsonString().Trim('"') ?? "none");

    private static Dictionary<string, string> Named(IReadOnlyDictionary<string, string>? origin) =>
        (origin ?? new Dictionary<string, string>()).Where(pair => pair.Key != CommandName).ToDictionary();

    /// <summary>Digests by their beginning.</summary>
    private static string Shown(string? value) => value is null ? "none" : value.Length == 64 ? value[..12] : value;

    private StoreManifest Work() => this with { Complete = false, Shards = [], Origin = null, NormLimit = null, CountedTokens = null };

    private bool IsSound() =>
        Format == Version && StoreDtypes.TryParse(Dtype) is not null && Shape is [>= 0 and <= int.MaxValue, >= 1 and <= int.MaxValue] && ContextLength >= 1
        && Shards.All(shard => shard.Rows >= 1 && shard.File == Path.GetFileName(shard.File) && shard.File.EndsWith(".safetensors", StringComparison.Ordinal))
        && (Complete ? Shards.Sum(shard => (long)shard.Rows) == Shape[0] : Shards.Sum(shard => (long)shard.Rows) <= Shape[0]);
}
