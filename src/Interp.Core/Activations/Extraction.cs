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
    /// <exception cref="InterpException">A hook has no row per token, a folder holds another extraction, an activation is not finite, or a file cannot be written.</exception>
    public static void Run(LanguageModel model, Device device, TokenContexts contexts, ExtractionSpec spec, IReadOnlyList<string> folders,
        Action<long>? progress = null, CancellationToken cancel = default) =>
        Run(model, device, contexts, spec, folders, BytesPerShard, SafeTensorsWriter.BeginHashed, progress, cancel);

    internal static void Run(LanguageModel model, Device device, TokenContexts contexts, ExtractionSpec spec, IReadOnlyList<string> folders,
        long bytesPerShard, WriteShard write, Action<long>? progress = null, CancellationToken cancel = default)
    {
        StoreBuilder[] stores = [.. spec.Hooks.Zip(folders, (hook, folder) =>
            StoreBuilder.Open(folder, Manifest(model, device, contexts, spec, hook), write))];
        var batches = new ContextBatches(contexts, spec.BatchContexts);
        var perShard = GroupsPerShard(bytesPerShard, model.Config.Width, batches.RowsPerGroup);
        var count = (batches.Count + perShard - 1) / perShard;
        var done = 0L;
        using var closing = new DisposableStores(stores);
        for (var shard = 0; shard < count; shard++)
        {
            var rows = batches.RowsOf(shard * perShard, perShard);
            int[] lacking = [.. Enumerable.Range(0, stores.Length).Where(i => !stores[i].Holds(shard, rows.Count))];
            if (lacking.Length > 0)
            {
                progress?.Invoke(done);
                int[][] passes = [.. Enumerable.Range(shard * perShard, Math.Min(perShard, batches.Count - shard * perShard)).SelectMany(batches.Passes)];
                var activations = Compute(model, device, contexts, spec, passes, rows, tokens => progress?.Invoke(done + tokens), cancel);
                Store(stores, lacking, shard, activations, contexts, rows);
            }
            done += rows.Count;
        }
        progress?.Invoke(done);
        foreach (var store in stores)
            store.Complete(count);
    }

    /// <summary>The most rows of a shard, all of which are in memory until it is written.</summary>
    /// <param name="width">Width of the residual stream; shards have the same rows at every hook of a model.</param>
    /// <param name="rowsPerGroup">Rows that are computed together, <see cref="ContextBatches.RowsOfGroup"/>.</param>
    public static long RowsPerShard(int width, int rowsPerGroup) => (long)GroupsPerShard(BytesPerShard, width, rowsPerGroup) * rowsPerGroup;

    /// <summary>As many groups as give about so many bytes of the residual stream in float32.</summary>
    private static int GroupsPerShard(long bytes, int width, int rowsPerGroup) => (int)Math.Max(1, bytes / (4L * width) / rowsPerGroup);

    /// <exception cref="InterpException">A number is not finite.</exception>
    internal static void RequireFinite(Tensor activations, string hook)
    {
        if (!activations.isfinite().all().ToBoolean())
            throw new InterpException($"The activations at {hook} are not all finite; check what they come from with interp inspect, or use another precision.");
    }

    /// <summary>Runs the model once on some contexts and copies the values of each hook to their rows in its destination [rows, width].</summary>
    /// <param name="model">The model.</param>
    /// <param name="device">Where the model is.</param>
    /// <param name="contexts">The tokens.</param>
    /// <param name="spec">What to extract.</param>
    /// <param name="pass">The contexts.</param>
    /// <param name="destinations">A tensor per hook; a value with heads is one row, head after head.</param>
    /// <param name="start">The row that comes first in the destinations.</param>
    /// <exception cref="InterpException">A value is not finite.</exception>
    internal static void Capture(LanguageModel model, Device device, TokenContexts contexts, ExtractionSpec spec, int[] pass, Tensor[] destinations, int start)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var run = model.Run(contexts.Batch(device, pass), spec.Hooks, stopAfter: spec.Hooks.Max());
        for (var i = 0; i < destinations.Length; i++)
        {
            var values = run[spec.Hooks[i]].flatten(2);
            for (var context = 0; context < pass.Length; context++)
            {
                var (row, rows) = contexts.RowsOf(pass[context]);
                var destination = destinations[i].narrow(0, row - start, rows);
                destination.copy_(values[context].narrow(0, 0, rows));
                RequireFinite(destination, spec.Hooks[i].ToString());
            }
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
        Shape = [contexts.Rows, model.Config.WidthOf(hook)],
        ContextLength = contexts.Length,
        BosId = spec.BosId,
        BatchContexts = spec.BatchContexts,
        SkipPositions = spec.Skipping.Positions,
        SkipNorm = spec.Skipping.NormFactor,
        Origin = spec.Origin,
        Shards = [],
    };

    /// <summary>The values of some rows, a tensor [rows, width] float32 per hook; the caller owns them.</summary>
    private static Tensor[] Compute(LanguageModel model, Device device, TokenContexts contexts, ExtractionSpec spec,
        int[][] passes, (int Start, int Count) rows, Action<long> progress, CancellationToken cancel)
    {
        Tensor[] activations = [.. spec.Hooks.Select(hook =>
            empty([rows.Count, model.Config.WidthOf(hook)], dtype: ScalarType.Float32, device: CPU).DetachFromDisposeScope())];
        var done = 0L;
        try
        {
            Workers.For(passes.Length, i =>
            {
                Capture(model, device, contexts, spec, passes[i], activations, rows.Start);
                progress(Interlocked.Add(ref done, passes[i].Sum(context => contexts.RowsOf(context).Count)));
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

    /// <summary>Gives the stores that lack a shard its values, and lets go of all of them.</summary>
    private static void Store(StoreBuilder[] stores, int[] lacking, int shard, Tensor[] activations, TokenContexts contexts, (int Start, int Count) rows)
    {
        using var scope = NewDisposeScope();
        try
        {
            foreach (var i in lacking)
                stores[i].Add(shard, activations[i],
                    new("token_ids", tensor(contexts.Tokens.Slice(rows.Start, rows.Count).ToArray(), ScalarType.Int32, CPU)),
                    new("document", tensor(contexts.Documents.Slice(rows.Start, rows.Count).ToArray(), ScalarType.Int32, CPU)),
                    new("position", contexts.Positions(rows.Start, rows.Count)));
        }
        finally
        {
            Array.ForEach(activations, values => values.Dispose());
        }
    }
}
