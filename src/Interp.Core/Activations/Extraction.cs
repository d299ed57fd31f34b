using Interp.Formats;
using Interp.Hooks;
using Interp.Models;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Activations;

/// <summary>What is extracted, and what the store says about it.</summary>
/// <param name="Hook">The hook point.</param>
/// <param name="BatchContexts">Contexts of one forward pass; part of the identity, as it can move a bit.</param>
/// <param name="TokenizerDigest">Identity of the tokenizer.</param>
/// <param name="CorpusDigest">Identity of the corpus.</param>
/// <param name="BosId">The token that begins each context; null: none.</param>
/// <param name="Target">For transcoders, a second hook point, whose values the same pass of the model gives; null: none.</param>
public sealed record ExtractionSpec(HookPoint Hook, int BatchContexts, string TokenizerDigest, string CorpusDigest, int? BosId, HookPoint? Target = null)
{
    /// <summary>The hook points in the order of <see cref="Hook"/>, <see cref="Target"/>.</summary>
    internal IReadOnlyList<HookPoint> Hooks => Target is { } target ? [Hook, target] : [Hook];
}

/// <summary>
/// Runs the model up to a hook point and writes an activation store, or two of the same tokens where there is a target. Shards are
/// written whole and entered in the manifest one by one, so a stopped extraction goes on with the first shard that is missing or
/// damaged, to the same bytes.
/// </summary>
public static class Extraction
{
    private const long BytesPerShard = 64 << 20;

    /// <summary>Where <see cref="Run"/> puts the target's store, beside the other one.</summary>
    public static string TargetFolder(string folder) => Path.TrimEndingDirectorySeparator(folder) + "-target";

    /// <summary>Extracts into a folder, or finishes what is there; returns when the store is complete.</summary>
    /// <param name="model">The model.</param>
    /// <param name="device">Where the model is.</param>
    /// <param name="contexts">The tokens.</param>
    /// <param name="spec">What to extract.</param>
    /// <param name="folder">The store; created when absent.</param>
    /// <param name="progress">Is told how many tokens are done, after each shard part; may be called from several threads.</param>
    /// <param name="cancel">Asks to stop; what is done stays.</param>
    /// <exception cref="InterpException">The folder holds another extraction, an activation is not finite, or a file cannot be written.</exception>
    public static void Run(LanguageModel model, Device device, TokenContexts contexts, ExtractionSpec spec, string folder,
        Action<long>? progress = null, CancellationToken cancel = default)
    {
        Store[] stores = [.. spec.Hooks.Select((hook, i) => Store.Open(i == 0 ? folder : TargetFolder(folder), new StoreManifest
        {
            Model = model.Digest,
            Tokenizer = spec.TokenizerDigest,
            Corpus = spec.CorpusDigest,
            Contexts = contexts.Digest(),
            Hook = hook.ToString(),
            Precision = model.Precision.ToString().ToLowerInvariant(),
            Device = device.type.ToString().ToLowerInvariant(),
            Shape = [contexts.Rows, model.Config.Width],
            ContextLength = contexts.Length,
            BosId = spec.BosId,
            BatchContexts = spec.BatchContexts,
            Shards = [],
        }))];
        var perShard = ContextsPerShard(model.Config.Width, contexts.Length, spec.BatchContexts);
        var count = (contexts.Count + perShard - 1) / perShard;
        var done = 0L;
        for (var shard = 0; shard < count; shard++)
        {
            var first = shard * perShard;
            var size = Math.Min(perShard, contexts.Count - first);
            var rows = contexts.RowsOf(first, size);
            if (!Array.TrueForAll(stores, store => store.Holds(shard)))
            {
                var file = FormattableString.Invariant($"shard-{shard:00000}.safetensors");
                string[] paths = [.. stores.Select(store => Path.Combine(store.Folder, file))];
                WriteShards(model, device, contexts, spec, paths, first, size, tokens => progress?.Invoke(done + tokens), cancel);
                foreach (var store in stores)
                    store.Enter(shard, file, rows.Count);
            }
            progress?.Invoke(done += rows.Count);
        }
        foreach (var store in stores)
            store.Complete(count);
    }

    /// <summary>Rows of a shard, all of which are in memory until it is written.</summary>
    public static long RowsPerShard(int width, int length, int batch) => (long)ContextsPerShard(width, length, batch) * length;

    /// <summary>Contexts of a shard: a multiple of the batch that gives about 64 MiB.</summary>
    internal static int ContextsPerShard(int width, int length, int batch)
    {
        var contexts = BytesPerShard / (4L * width * length);
        return (int)Math.Max(batch, contexts / batch * batch);
    }

    private static void WriteShards(LanguageModel model, Device device, TokenContexts contexts, ExtractionSpec spec, string[] paths,
        int first, int count, Action<long> progress, CancellationToken cancel)
    {
        using var scope = NewDisposeScope();
        var (start, rows) = contexts.RowsOf(first, count);
        Tensor[] activations = [.. spec.Hooks.Select(_ => empty([rows, model.Config.Width], dtype: ScalarType.Float32, device: CPU))];
        var done = 0L;
        Workers.For((count + spec.BatchContexts - 1) / spec.BatchContexts, piece =>
        {
            var context = first + piece * spec.BatchContexts;
            var part = contexts.RowsOf(context, Math.Min(spec.BatchContexts, first + count - context));
            Capture(model, device, contexts, spec, context, activations, part.Start - start, part.Count);
            progress(Interlocked.Add(ref done, part.Count));
        }, cancel);
        for (var i = 0; i < paths.Length; i++)
        {
            RequireFinite(activations[i], spec.Hooks[i]);
            SafeTensorsWriter.Write(paths[i], new Dictionary<string, Tensor>
            {
                ["activations"] = activations[i],
                ["token_ids"] = tensor(contexts.Tokens.Slice(start, rows).ToArray(), ScalarType.Int32, CPU),
                ["document"] = tensor(contexts.Documents.Slice(start, rows).ToArray(), ScalarType.Int32, CPU),
                ["position"] = arange(start, start + rows, ScalarType.Int32, CPU).remainder(contexts.Length),
            });
        }
    }

    /// <exception cref="InterpException">A number is not finite.</exception>
    internal static void RequireFinite(Tensor activations, HookPoint hook)
    {
        if (!activations.isfinite().all().ToBoolean())
            throw new InterpException($"The model's activations at {hook} are not all finite; check the weights with interp inspect, or use another precision.");
    }

    /// <summary>Runs the model once on the contexts of some rows and copies the values of each hook into its destination from a row on.</summary>
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
            destinations[i].narrow(0, row, rows).copy_(ragged ? values.narrow(0, 0, rows) : values);
        }
    }

    /// <summary>A store while it is being written.</summary>
    private sealed class Store(string folder, StoreManifest blank, StoreManifest known)
    {
        private readonly List<StoreShard> shards = [];

        public string Folder => folder;

        /// <exception cref="InterpException">The folder holds other activations.</exception>
        public static Store Open(string folder, StoreManifest blank)
        {
            var known = StoreManifest.Exists(folder) ? StoreManifest.Read(folder) : blank;
            return known.SameWork(blank)
                ? new Store(folder, blank, known)
                : throw new InterpException($"{folder} holds the activations of another model, text or hook point; give another folder, or delete this one.");
        }

        /// <summary>Whether a shard is there and sound.</summary>
        public bool Holds(int shard) => shard < known.Shards.Length && ActivationStore.Fault(folder, known, shard) is null;

        /// <summary>Enters a shard that has been written in the manifest, after those before it.</summary>
        public void Enter(int shard, string file, int rows)
        {
            Keep(shard);
            shards.Add(new StoreShard(file, rows, ActivationStore.ChecksumOf(Path.Combine(folder, file))));
            (blank with { Shards = [.. shards] }).Write(folder);
        }

        /// <summary>Closes a store of so many shards.</summary>
        public void Complete(int count)
        {
            Keep(count);
            (blank with { Shards = [.. shards], Complete = true }).Write(folder);
            foreach (var left in Directory.GetFiles(folder, "*.tmp"))
                File.Delete(left);
        }

        /// <summary>Takes over the shards before a number that were there.</summary>
        private void Keep(int end)
        {
            while (shards.Count < end)
                shards.Add(known.Shards[shards.Count]);
        }
    }
}
