using Interp.Activations;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Autoencoders;

/// <summary>
/// The batches of a training by their step, read and normalised once for all trainers that ask while they are kept. Safe for
/// several threads.
/// </summary>
/// <param name="source">What is read; not owned.</param>
/// <param name="target">For transcoders, what the rows are to become; not owned.</param>
/// <param name="spec">The recipe of any of the trainers.</param>
/// <param name="like">The autoencoder of any of them, by whose transform batches are normalised; not kept.</param>
/// <param name="kept">How many steps back a batch that nobody uses is kept.</param>
internal sealed class BatchFeed(IActivationSource source, IActivationSource? target, TrainingSpec spec, SparseAutoencoder like, int kept) : IDisposable
{
    private readonly object gate = new();
    private readonly TrainingOrder order = new((int)source.Count, spec.Window(source.Count), spec.Seed);
    private readonly InputTransform transform = like.Transform with { Centre = like.Transform.Centre?.clone().DetachFromDisposeScope() };
    private readonly ScalarType precision = like.Precision;
    private readonly Device device = like.Device;
    private readonly Dictionary<int, Entry> entries = [];
    private int newest;

    /// <summary>Whether another trainer on a source would read the same batches and normalise them in the same way.</summary>
    public bool Serves(IActivationSource otherSource, IActivationSource? otherTarget, TrainingSpec other, SparseAutoencoder autoencoder) =>
        ReferenceEquals(source, otherSource) && ReferenceEquals(target, otherTarget)
        && spec.Seed == other.Seed && spec.BatchSize == other.BatchSize && spec.ShuffleRows == other.ShuffleRows
        && precision == autoencoder.Precision && device.ToString() == autoencoder.Device.ToString() && transform.Equals(autoencoder.Transform);

    /// <summary>A step's batch; the caller gives it back by disposing the lease.</summary>
    public Lease Take(int step)
    {
        Entry? entry;
        lock (gate)
        {
            if (!entries.TryGetValue(step, out entry))
                entries.Add(step, entry = new Entry(step, new Lazy<PreparedBatch>(() => Read(step))));
            entry.Users++;
            newest = Math.Max(newest, step);
        }
        return new Lease(this, entry);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var entry in entries.Values)
            entry.Drop();
        transform.Dispose();
    }

    private PreparedBatch Read(int step)
    {
        using var scope = NewDisposeScope();
        int[] rows;
        lock (order)
            rows = order.Rows((long)step * spec.BatchSize, spec.BatchSize);
        return PreparedBatch.Of(Gather(source, rows), target is null ? null : Gather(target, rows), transform, precision, device);
    }

    /// <summary>Rows of a source [n, d] float32, on the CPU.</summary>
    internal static Tensor Gather(IActivationSource source, ReadOnlySpan<int> rows)
    {
        const int piece = 4096;
        var gathered = empty([rows.Length, source.Width], dtype: ScalarType.Float32, device: CPU);
        var values = TensorMemory.Span<float>(gathered);
        for (var at = 0; at < rows.Length; at += piece)
        {
            var part = rows.Slice(at, Math.Min(piece, rows.Length - at));
            source.Gather(part, values.Slice(at * source.Width, part.Length * source.Width));
        }
        return gathered;
    }

    private void Return(Entry entry)
    {
        lock (gate)
        {
            entry.Users--;
            foreach (var old in entries.Values.Where(old => old.Users == 0 && old.Step <= newest - kept).ToArray())
            {
                entries.Remove(old.Step);
                old.Drop();
            }
        }
    }

    /// <summary>A batch in use.</summary>
    internal readonly struct Lease(BatchFeed feed, Entry entry) : IDisposable
    {
        public PreparedBatch Batch => entry.Batch.Value;

        public void Dispose() => feed.Return(entry);
    }

    internal sealed class Entry(int step, Lazy<PreparedBatch> batch)
    {
        public int Step => step;

        public Lazy<PreparedBatch> Batch => batch;

        public int Users { get; set; }

        public void Drop()
        {
            if (batch.IsValueCreated)
                batch.Value.Dispose();
        }
    }
}
