using Interp.Formats;
using Interp.Hooks;
using Interp.Models;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Activations;

/// <summary>
/// Runs the model up to its hook points and writes an activation store for each, of the same tokens. A shard is written while the
/// model computes the next one. Shards are entered in the manifest one by one, so a stopped extraction goes on with the first
/// shard that is missing or damaged, to the same bytes.
/// </summary>
public static class Extraction
{
    private const long BytesPerShard = 64 << 20;

    /// <summary>Where a transcoder's target is stored, beside what it reads.</summary>
    public static string TargetFolder(string folder) => Path.TrimEndingDirectorySeparator(folder) + "-target";

    /// <summary>Extracts into folders, or finishes what is there; returns when all stores are complete.</summary>
    /// <param name="model">The model.</param>
    /// <param name="device">Where the model is.</param>
    /// <param name="contexts">The tokens.</param>
    /// <param name="spec">What to extract.</param>
    /// <param name="folders">A store for each of the hooks, in their order; created when absent.</param>
    /// <param name="progress">Is told how many tokens are done, after each shard part; may be called from several threads.</param>
    /// <param name="cancel">Asks to stop; what is done stays.</param>
    /// <exception cref="InterpException">A folder holds another extraction, an activation is not finite, or a file cannot be written.</exception>
    public static void Run(LanguageModel model, Device device, TokenContexts contexts, ExtractionSpec spec, IReadOnlyList<string> folders,
        Action<long>? progress = null, CancellationToken cancel = default) =>
        Run(model, device, contexts, spec, folders, BytesPerShard, SafeTensorsWriter.BeginHashed, progress, cancel);

    internal static void Run(LanguageModel model, Device device, TokenContexts contexts, ExtractionSpec spec, IReadOnlyList<string> folders,
        long bytesPerShard, WriteShard write, Action<long>? progress = null, CancellationToken cancel = default)
    {
        foreach (var hook in spec.Hooks)
        {
            if (!hook.IsResidualWide)
                throw new InterpException($"The hook {hook} is not as wide as the residual stream; stores hold what is, such as blocks.2.hook_resid_post.");
        }
        StoreBuilder[] stores = [.. spec.Hooks.Zip(folders, (hook, folder) =>
            StoreBuilder.Open(folder, Manifest(model, device, contexts, spec, hook), write))];
        var perShard = ContextsPerShard(bytesPerShard, model.Config.Width, contexts.Length, spec.BatchContexts);
        var count = (contexts.Count + perShard - 1) / perShard;
        var done = 0L;
        using var closing = new DisposableStores(stores);
        using var writing = new BackgroundWork();
        for (var shard = 0; shard < count; shard++)
        {
            var number = shard;
            var first = shard * perShard;
            var size = Math.Min(perShard, contexts.Count - first);
            if (!Array.TrueForAll(stores, store => store.Holds(number)))
            {
                progress?.Invoke(done);
                var activations = Compute(model, device, contexts, spec, first, size, tokens => progress?.Invoke(done + tokens), cancel);
                writing.Start(() => Store(stores, number, activations, contexts, contexts.RowsOf(first, size)));
            }
            done += contexts.RowsOf(first, size).Count;
        }
        writing.Wait();
        progress?.Invoke(done);
        foreach (var store in stores)
            store.Complete(count);
    }

    /// <summary>Rows of a shard, all of which are in memory until it is written.</summary>
    public static long RowsPerShard(int width, int length, int batch) => (long)ContextsPerShard(BytesPerShard, width, length, batch) * length;

    /// <summary>Contexts of a shard: a multiple of the batch that gives about so many bytes in float32.</summary>
    private static int ContextsPerShard(long bytes, int width, int length, int batch)
    {
        var contexts = bytes / (4L * width * length);
        return (int)Math.Max(batch, contexts / batch * batch);
    }

    /// <exception cref="InterpException">A number is not finite.</exception>
    internal static void RequireFinite(Tensor activations, string hook)
    {
        if (!activations.isfinite().all().ToBoolean())
            throw new InterpException($"The activations at {hook} are not all finite; check what they come from with interp inspect, or use another precision.");
    }

    /// <summary>Runs the model once on the contexts of some rows and copies the values of each hook into its destination from a row on.</summary>
    /// <exception cref="InterpException">A value is not finite.</exception>
    internal static void Capture(LanguageModel model, Device device, TokenContexts contexts, ExtractionSpec spec, int context, Tensor[] destinations, int row, int rows)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var ragged = rows % contexts.Length != 0;
        var batch = contexts.Batch(context, (rows + contexts.Length - 1) / contexts.Length, device);
        using var run = model.Run(batch, spec.Hooks, stopAfter: spec.Hooks.Max());
        for (var i = 0; i < destinations.Length; i++)
        {
            var values = run[spec.Hooks[i]].reshape(-1, model.Config.Width);
            var destination = destinations[i].narrow(0, row, rows);
            destination.copy_(ragged ? values.narrow(0, 0, rows) : values);
            RequireFinite(destination, spec.Hooks[i].ToString());
        }
    }

    private static StoreManifest Manifest(LanguageModel model, Device device, TokenContexts contexts, ExtractionSpec spec, HookPoint hook) => new()
    {
        Model = model.Digest,
        Tokenizer = spec.TokenizerDigest,
        Corpus = spec.CorpusDigest,
        Contexts = contexts.Digest(),
        Hook = hook.ToString(),
        Dtype = spec.Dtype.NameOf(),
        Precision = model.Precision.ToString().ToLowerInvariant(),
        Device = device.type.ToString().ToLowerInvariant(),
        Shape = [contexts.Rows, model.Config.Width],
        ContextLength = contexts.Length,
        BosId = spec.BosId,
        BatchContexts = spec.BatchContexts,
        Origin = spec.Origin,
        Shards = [],
    };

    /// <summary>The values of some contexts, a tensor [rows, d] float32 per hook; the caller owns them.</summary>
    private static Tensor[] Compute(LanguageModel model, Device device, TokenContexts contexts, ExtractionSpec spec,
        int first, int count, Action<long> progress, CancellationToken cancel)
    {
        var (start, rows) = contexts.RowsOf(first, count);
        Tensor[] activations = [.. spec.Hooks.Select(_ => empty([rows, model.Config.Width], dtype: ScalarType.Float32, device: CPU).DetachFromDisposeScope())];
        var done = 0L;
        try
        {
            Workers.For((count + spec.BatchContexts - 1) / spec.BatchContexts, piece =>
            {
                var context = first + piece * spec.BatchContexts;
                var part = contexts.RowsOf(context, Math.Min(spec.BatchContexts, first + count - context));
                Capture(model, device, contexts, spec, context, activations, part.Start - start, part.Count);
                progress(Interlocked.Add(ref done, part.Count));
            }, cancel);
            return activations;
        }
        catch
        {
            Array.ForEach(activations, values => values.Dispose());
            throw;
        }
    }

    /// <summary>Stores that are let go of together.</summary>
    private readonly struct DisposableStores(StoreBuilder[] stores) : IDisposable
    {
        public void Dispose() => Array.ForEach(stores, store => store.Dispose());
    }

    /// <summary>Writes a shard of each store, and lets go of its values.</summary>
    private static void Store(StoreBuilder[] stores, int shard, Tensor[] activations, TokenContexts contexts, (int Start, int Count) rows)
    {
        using var scope = NewDisposeScope();
        try
        {
            for (var i = 0; i < stores.Length; i++)
                stores[i].Add(shard, activations[i],
                    new("token_ids", tensor(contexts.Tokens.Slice(rows.Start, rows.Count).ToArray(), ScalarType.Int32, CPU)),
                    new("document", tensor(contexts.Documents.Slice(rows.Start, rows.Count).ToArray(), ScalarType.Int32, CPU)),
                    new("position", arange(rows.Start, rows.Start + rows.Count, ScalarType.Int32, CPU).remainder(contexts.Length)));
        }
        finally
        {
            Array.ForEach(activations, values => values.Dispose());
        }
    }
}
