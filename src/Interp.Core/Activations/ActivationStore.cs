using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Interp.Formats;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Activations;

/// <summary>
/// Activations on disk: a folder with <c>manifest.json</c> and safetensors shards that hold <c>activations</c> [tokens, d]
/// in the <see cref="StoreDtype"/> (int8 with <c>scale</c>, float32) and, per token, <c>token_ids</c>, <c>document</c> and
/// <c>position</c>, int32. Shards are mapped, not read.
/// </summary>
/// <remarks>Safe to read from several threads at once.</remarks>
public sealed class ActivationStore : ITokenActivations
{
    private readonly SafeTensors[] shards;
    private readonly Tensor[] views;
    private readonly (nint Elements, nint Scales)[] addresses;
    private readonly StoreDtype dtype;
    private readonly int rowBytes;
    private readonly int[] firstRows;
    private readonly Lazy<bool[]?> counted;

    private ActivationStore(StoreManifest manifest, SafeTensors[] shards)
    {
        Manifest = manifest;
        this.shards = shards;
        firstRows = new int[shards.Length];
        for (var i = 1; i < shards.Length; i++)
            firstRows[i] = firstRows[i - 1] + manifest.Shards[i - 1].Rows;
        dtype = StoreDtypes.Parse(manifest.Dtype);
        rowBytes = SafeTensorsTypes.WidthOf(dtype.ElementOf()) * Width;
        views = [.. shards.SelectMany(shard => Names(dtype).Select(shard.View)).Select(view => view.DetachFromDisposeScope())];
        addresses = [.. views.Chunk(Names(dtype).Length).Select(parts => (Address(parts[0]), parts.Length > 1 ? Address(parts[1]) : 0))];
        var tokens = manifest.WithoutTokens ? new int[Count] : Integers("token_ids");
        Contexts = TokenContexts.Of(manifest.ContextLength, tokens, Integers("document"), Integers("position"));
        counted = new(Counted);
    }

    /// <summary>Where the activations come from.</summary>
    public StoreManifest Manifest { get; }

    /// <inheritdoc/>
    public TokenContexts Contexts { get; }

    /// <inheritdoc/>
    public int Width => (int)Manifest.Shape[1];

    /// <inheritdoc/>
    public long Count => Manifest.Shape[0];

    /// <inheritdoc/>
    public bool Counts(int row) => counted.Value?[row] ?? true;

    /// <summary>Opens a complete store, with every checksum recomputed.</summary>
    /// <param name="folder">The folder of the store.</param>
    /// <exception cref="InterpException">Something is missing, torn or altered; extraction makes it again.</exception>
    public static ActivationStore Open(string folder)
    {
        var manifest = StoreManifest.Read(folder);
        if (!manifest.Complete)
            throw new InterpException(Incomplete(folder));
        var failures = new string?[manifest.Shards.Length];
        Workers.For(failures.Length, i => failures[i] = Fault(folder, manifest, i));
        if (failures.FirstOrDefault(failure => failure is not null) is { } failure)
            throw new InterpException($"{failure}; run the extraction again, it makes that shard anew.");
        return Over(folder, manifest);
    }

    /// <summary>The store of a manifest whose shards are known to be sound.</summary>
    internal static ActivationStore Over(string folder, StoreManifest manifest)
    {
        var shards = new List<SafeTensors>();
        try
        {
            foreach (var shard in manifest.Shards)
                shards.Add(SafeTensors.Open(Path.Combine(folder, shard.File)));
            return new ActivationStore(manifest, [.. shards]);
        }
        catch
        {
            shards.ForEach(shard => shard.Dispose());
            throw;
        }
    }

    /// <summary>What is to be said of a store that is still being made.</summary>
    internal static string Incomplete(string folder) => $"The activation store {folder} is not complete; run its extraction again, it goes on where it stopped.";

    /// <summary>What is wrong with a shard, or null.</summary>
    internal static string? Fault(string folder, StoreManifest manifest, int index)
    {
        var shard = manifest.Shards[index];
        var path = Path.Combine(folder, shard.File);
        if (!File.Exists(path))
            return $"The shard {path} is missing";
        if (ChecksumOf(path) != shard.Sha256)
            return $"The shard {path} is not the one that was written (its checksum differs)";
        using var file = SafeTensors.Open(path);
        var dtype = StoreDtypes.Parse(manifest.Dtype);
        file.Require("activations", shard.Rows, manifest.Shape[1]);
        foreach (var name in Names(dtype).Skip(1).Concat(manifest.WithoutTokens ? [] : ["token_ids"]).Concat(["document", "position"]))
            file.Require(name, shard.Rows);
        if (file.Entries["activations"].Type != dtype.ElementOf())
            return $"The shard {path} does not hold {manifest.Dtype} numbers as its manifest says";
        return null;
    }

    internal static string ChecksumOf(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    /// <inheritdoc/>
    public unsafe void Gather(ReadOnlySpan<int> rows, Span<float> destination)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)rows[i], (uint)Count, nameof(rows));
            var shard = ShardOf(rows[i]);
            var (elements, scales) = addresses[shard];
            long row = rows[i] - firstRows[shard];
            RowCodec.Decode(dtype, (byte*)elements + row * rowBytes, scales == 0 ? 1 : ((float*)scales)[row], destination.Slice(i * Width, Width));
        }
    }

    /// <summary>The activations of one token.</summary>
    public float[] Row(int row)
    {
        var values = new float[Width];
        Gather([row], values);
        return values;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var view in views)
            view.Dispose();
        foreach (var shard in shards)
            shard.Dispose();
    }

    private int ShardOf(int row)
    {
        var found = Array.BinarySearch(firstRows, row);
        return found >= 0 ? found : ~found - 1;
    }

    private bool[]? Counted()
    {
        if (Manifest.CountedTokens is null)
            return null;
        var counts = new bool[Count];
        foreach (var row in Manifest.Skipping.Rows(this, Manifest.NormLimit ?? double.PositiveInfinity, _ => true))
            counts[row] = true;
        return counts;
    }

    private int[] Integers(string name)
    {
        var all = new int[Count];
        var at = 0;
        foreach (var shard in shards)
        {
            using var view = shard.View(name);
            TensorMemory.Span<int>(view).CopyTo(all.AsSpan(at));
            at += (int)view.numel();
        }
        return all;
    }

    private static string[] Names(StoreDtype dtype) => dtype == StoreDtype.Int8 ? ["activations", "scale"] : ["activations"];

    private static unsafe nint Address(Tensor view)
    {
        fixed (byte* start = TensorMemory.Span<byte>(view))
            return (nint)start;
    }
}
