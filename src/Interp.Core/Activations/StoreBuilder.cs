using Interp.Formats;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Activations;

/// <summary>Writes one file of tensors, to be committed, and says its SHA-256 (hex).</summary>
internal delegate (PendingFile File, string Sha256) WriteShard(string path, IReadOnlyList<KeyValuePair<string, Tensor>> tensors);

/// <summary>
/// An activation store while it is being written. Shards are hashed, written and flushed side by side, but entered in the manifest
/// one by one, in order, so that what a stopped process leaves can be gone on with.
/// </summary>
internal sealed class StoreBuilder : IDisposable
{
    /// <summary>Shards whose values are in memory: hashing keeps a processor busy, so two use two.</summary>
    private const int WritesAtOnce = 2;

    /// <summary>Shards under way: most of a flush is waiting for the disk to say that it is done.</summary>
    private const int ShardsAtOnce = 6;

    private readonly SemaphoreSlim writes = new(WritesAtOnce);
    private readonly SemaphoreSlim places = new(ShardsAtOnce);
    private Task last = Task.CompletedTask;
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

    /// <summary>Begins to write a shard, which is entered in the manifest after those before it; waits while too many are under way.</summary>
    /// <param name="shard">Its number.</param>
    /// <param name="activations">Its rows [n, d] float32, all finite. The caller may dispose them, but not change them.</param>
    /// <param name="columns">Numbers per row, by name, int32 [n]; the same holds for them.</param>
    /// <exception cref="InterpException">Of a shard before: a number is too large for the dtype, or the file cannot be written; those before it stay.</exception>
    public void Add(int shard, Tensor activations, params ReadOnlySpan<KeyValuePair<string, Tensor>> columns)
    {
        if (last.IsFaulted)
            last.GetAwaiter().GetResult();
        places.Wait();
        writes.Wait();
        var before = last;
        var rows = activations.alias().DetachFromDisposeScope();
        var others = Array.ConvertAll(columns.ToArray(), column => KeyValuePair.Create(column.Key, column.Value.alias().DetachFromDisposeScope()));
        last = Task.Factory.StartNew(() =>
        {
            StoreShard entry;
            try
            {
                entry = Written(shard, rows, others);
            }
            finally
            {
                Task.WaitAny(before);
                places.Release();
            }
            before.GetAwaiter().GetResult();
            Enter(shard, entry);
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Closes a store of so many shards, and says which tokens of it count.</summary>
    /// <exception cref="InterpException">A shard could not be written, or no token counts.</exception>
    public void Complete(int count)
    {
        last.GetAwaiter().GetResult();
        Keep(count);
        Judged(blank with { Shards = [.. shards], Complete = true }).Write(folder);
        foreach (var left in Directory.GetFiles(folder, "*.tmp"))
            File.Delete(left);
    }

    /// <summary>Writes a shard, lets go of its values, and waits until it is on the disk.</summary>
    private StoreShard Written(int shard, Tensor activations, KeyValuePair<string, Tensor>[] columns)
    {
        var name = FormattableString.Invariant($"shard-{shard:00000}.safetensors");
        PendingFile file;
        StoreShard entry;
        try
        {
            Workers.SingleThreaded();
            using var scope = NewDisposeScope();
            var dtype = StoreDtypes.Parse(blank.Dtype);
            var (elements, scales) = RowCodec.Encode(activations, dtype);
            List<KeyValuePair<string, Tensor>> tensors = [new("activations", elements)];
            if (scales is not null)
                tensors.Add(new("scale", scales));
            tensors.AddRange(columns);

            (file, var sha256) = Explained(() => write(Path.Combine(folder, name), tensors));
            entry = new StoreShard(name, (int)activations.size(0), sha256);
            if (dtype != StoreDtype.Float32)
            {
                var (error, norm) = RowCodec.Loss(activations, elements, scales, dtype);
                entry = entry with { SquaredError = error, SquaredNorm = norm };
            }
        }
        finally
        {
            activations.Dispose();
            Array.ForEach(columns, column => column.Value.Dispose());
            writes.Release();
        }
        using (file)
            Explained(() => { file.Commit(); return file; });
        return entry;
    }

    private StoreManifest Judged(StoreManifest whole)
    {
        if (whole.Skipping is { Positions: 0, NormFactor: null })
            return whole;
        using var store = ActivationStore.Over(folder, whole);
        var limit = whole.Skipping.NormLimit(store);
        return whole with { NormLimit = double.IsFinite(limit) ? limit : null, CountedTokens = whole.Skipping.Rows(store, limit).Length };
    }

    private void Enter(int shard, StoreShard entry)
    {
        Keep(shard);
        shards.Add(entry);
        (blank with { Shards = [.. shards, .. known.Shards.Skip(shards.Count)] }).Write(folder);
    }

    /// <summary>Takes over the shards before a number that were there.</summary>
    private void Keep(int end)
    {
        while (shards.Count < end)
            shards.Add(known.Shards[shards.Count]);
    }

    /// <summary>Waits for what is under way; shards that were written whole stay, up to the first that was not.</summary>
    public void Dispose()
    {
        Task.WaitAny(last);
        writes.Dispose();
        places.Dispose();
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
