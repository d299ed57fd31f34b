using Interp.Formats;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Activations;

/// <summary>Writes one file of tensors, to be committed, and says its SHA-256 (hex).</summary>
internal delegate (PendingFile File, string Sha256) WriteShard(string path, IReadOnlyList<KeyValuePair<string, Tensor>> tensors);

/// <summary>
/// An activation store while it is being written: shards are written whole and entered in the manifest one by one, in order, so
/// that what a stopped process leaves can be gone on with. The disk flushes some shards while the next ones are being written.
/// </summary>
internal sealed class StoreBuilder : IDisposable
{
    /// <summary>Most of a flush is waiting for the disk to say that it is done; this many wait at once.</summary>
    private const int FlushesAtOnce = 4;

    private readonly Queue<(int Shard, StoreShard Entry, BackgroundWork Work)> flushing = new();
    private readonly string folder;
    private readonly StoreManifest blank;
    private readonly StoreManifest known;
    private readonly WriteShard write;
    private readonly List<StoreShard> shards = [];

    private StoreBuilder(string folder, StoreManifest blank, StoreManifest known, WriteShard write)
    {
        (this.folder, this.blank, this.known, this.write) = (folder, blank, known, write);
    }

    /// <summary>Opens a folder for a store, empty or with a part of the same one.</summary>
    /// <exception cref="InterpException">The folder holds other activations.</exception>
    public static StoreBuilder Open(string folder, StoreManifest blank, WriteShard write)
    {
        var known = StoreManifest.Exists(folder) ? StoreManifest.Read(folder) : blank;
        return blank.Differences(known) is { Count: > 0 } differences
            ? throw new InterpException($"{folder} holds other activations ({string.Join("; ", differences)}); give another name, or remove these first.")
            : new StoreBuilder(folder, blank with { Origin = known.Origin }, known, write);
    }

    /// <summary>Whether a shard of so many rows is there and sound.</summary>
    public bool Holds(int shard, int rows) => shard < known.Shards.Length && known.Shards[shard].Rows == rows && ActivationStore.Fault(folder, known, shard) is null;

    /// <summary>Writes a shard and enters it in the manifest, after those before it.</summary>
    /// <param name="shard">Its number.</param>
    /// <param name="activations">Its rows [n, d] float32, all finite.</param>
    /// <param name="columns">Numbers per row, by name, int32 [n].</param>
    /// <exception cref="InterpException">A number is too large for the dtype, or the file cannot be written; the shards before it stay.</exception>
    public void Add(int shard, Tensor activations, params ReadOnlySpan<KeyValuePair<string, Tensor>> columns)
    {
        using var scope = NewDisposeScope();
        var dtype = StoreDtypes.Parse(blank.Dtype);
        var (elements, scales) = RowCodec.Encode(activations, dtype);
        List<KeyValuePair<string, Tensor>> tensors = [new("activations", elements)];
        if (scales is not null)
            tensors.Add(new("scale", scales));
        tensors.AddRange(columns);

        if (flushing.Count == FlushesAtOnce)
            Enter();
        var name = FormattableString.Invariant($"shard-{shard:00000}.safetensors");
        var (file, sha256) = Explained(() => write(Path.Combine(folder, name), tensors));
        var entry = new StoreShard(name, (int)activations.size(0), sha256);
        if (dtype != StoreDtype.Float32)
        {
            var (error, norm) = RowCodec.Loss(activations, elements, scales, dtype);
            entry = entry with { SquaredError = error, SquaredNorm = norm };
        }
        var work = new BackgroundWork();
        work.Start(() =>
        {
            using (file)
                Explained(() => { file.Commit(); return file; });
        });
        flushing.Enqueue((shard, entry, work));
    }

    /// <summary>Closes a store of so many shards, and says which tokens of it count.</summary>
    /// <exception cref="InterpException">No token counts.</exception>
    public void Complete(int count)
    {
        while (flushing.Count > 0)
            Enter();
        Keep(count);
        Judged(blank with { Shards = [.. shards], Complete = true }).Write(folder);
        foreach (var left in Directory.GetFiles(folder, "*.tmp"))
            File.Delete(left);
    }

    private StoreManifest Judged(StoreManifest whole)
    {
        if (whole.Skipping is { Positions: 0, NormFactor: null })
            return whole;
        using var store = ActivationStore.Over(folder, whole);
        var limit = whole.Skipping.NormLimit(store);
        return whole with { NormLimit = double.IsFinite(limit) ? limit : null, CountedTokens = whole.Skipping.Rows(store, limit).Length };
    }

    /// <summary>Waits until the oldest shard is on the disk, and enters it in the manifest.</summary>
    private void Enter()
    {
        var (shard, entry, work) = flushing.Peek();
        work.Wait();
        flushing.Dequeue();
        Keep(shard);
        shards.Add(entry);
        (blank with { Shards = [.. shards] }).Write(folder);
    }

    /// <summary>Takes over the shards before a number that were there.</summary>
    private void Keep(int end)
    {
        while (shards.Count < end)
            shards.Add(known.Shards[shards.Count]);
    }

    /// <summary>Enters what is under way; shards that were written whole stay, up to the first that the disk did not take.</summary>
    public void Dispose()
    {
        try
        {
            while (flushing.Count > 0)
                Enter();
        }
        catch (InterpException)
        {
            while (flushing.TryDequeue(out var left))
                left.Work.Dispose();
        }
    }

    private T Explained<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (InterpException e) when (e.InnerException is IOException)
        {
            throw new InterpException($"{e.Message.TrimEnd('.')}; the shards before it are safe in {folder}, make room and run the same command again, it goes on there.", e);
        }
    }
}
