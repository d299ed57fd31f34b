using System.Diagnostics;
using Interp.Activations;
using Interp.Autoencoders;
using Interp.Formats;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Benchmarks;

/// <summary>What is measured of an activation store.</summary>
/// <param name="Bytes">Bytes of float32 activations, written once per round.</param>
/// <param name="Width">Numbers of a token.</param>
/// <param name="Dtype">How the store keeps them.</param>
/// <param name="Batch">Tokens of a shuffled batch.</param>
/// <param name="Rounds">Rounds, each a plain copy and a store.</param>
public sealed record StoreBenchmarkSpec(long Bytes, int Width, StoreDtype Dtype, int Batch, int Rounds);

/// <summary>Rates in bytes per second, medians over the rounds.</summary>
/// <param name="CopyRate">A plain sequential write of the store's bytes to one file, flushed.</param>
/// <param name="WriteRate">The store's bytes, with checksums and manifest, each shard flushed.</param>
/// <param name="ReadRate">float32 bytes of shuffled batches, from the page cache.</param>
public sealed record StoreBenchmarkResult(double CopyRate, double WriteRate, double ReadRate)
{
    /// <summary>The store's writing over the plain one.</summary>
    public double WriteRatio => WriteRate / CopyRate;
}

/// <summary>Writes and reads an activation store beside a plain write of the same bytes.</summary>
public static class StoreBenchmark
{
    private const int RowsBytes = 64 << 20;
    private const int Piece = 8 << 20;

    /// <param name="spec">Sizes.</param>
    /// <param name="folder">A folder on the disk that is measured; what is written there is deleted.</param>
    /// <param name="progress">Is told what begins.</param>
    public static StoreBenchmarkResult Run(StoreBenchmarkSpec spec, string folder, Action<string> progress)
    {
        using var scope = NewDisposeScope();
        var rows = RowsBytes / (sizeof(float) * spec.Width);
        var shards = (int)Math.Max(1, spec.Bytes / RowsBytes);
        var values = randn([rows, spec.Width], dtype: ScalarType.Float32, device: CPU);
        var (copies, writes, reads) = (new double[spec.Rounds], new double[spec.Rounds], new double[spec.Rounds]);
        var (plain, stored) = (Path.Combine(folder, "plain"), Path.Combine(folder, "store"));
        for (var round = 0; round < spec.Rounds; round++)
        {
            var bytes = shards * (double)rows * spec.Dtype.BytesPerToken(spec.Width);
            progress($"round {round + 1} of {spec.Rounds}: plain write");
            copies[round] = bytes / Time(() => Copy(plain, (long)bytes, values));
            File.Delete(plain);
            progress($"round {round + 1} of {spec.Rounds}: store");
            writes[round] = bytes / Time(() => Write(stored, shards, values, spec.Dtype));
            progress($"round {round + 1} of {spec.Rounds}: shuffled batches");
            using (var store = ActivationStore.Open(stored))
                reads[round] = store.Count * (double)spec.Width * sizeof(float) / Time(() => Read(store, spec.Batch));
            Directory.Delete(stored, recursive: true);
        }
        return new StoreBenchmarkResult(Median(copies), Median(writes), Median(reads));
    }

    private static void Copy(string path, long bytes, Tensor values) => AtomicFile.Write(path, stream =>
    {
        var source = TensorMemory.Span<byte>(values);
        for (var at = 0L; at < bytes; at += Piece)
            stream.Write(source.Slice((int)(at % (source.Length / Piece * Piece)), (int)Math.Min(Piece, bytes - at)));
    });

    private static void Write(string folder, int shards, Tensor values, StoreDtype dtype)
    {
        using var scope = NewDisposeScope();
        var rows = values.size(0);
        var column = zeros([rows], dtype: ScalarType.Int32, device: CPU);
        using var builder = StoreBuilder.Open(folder, new StoreManifest
        {
            Model = "benchmark",
            Tokenizer = "benchmark",
            Corpus = "benchmark",
            Contexts = "benchmark",
            Hook = "benchmark",
            Dtype = dtype.NameOf(),
            Precision = "float32",
            Device = "cpu",
            Shape = [shards * rows, values.size(1)],
            ContextLength = 1,
            BatchContexts = 1,
            Shards = [],
        }, SafeTensorsWriter.BeginHashed);
        for (var shard = 0; shard < shards; shard++)
            builder.Add(shard, values, new("token_ids", column), new("document", column), new("position", column));
        builder.Complete(shards);
    }

    private static void Read(ActivationStore store, int batch)
    {
        var order = new RandomStream(1, "benchmark").Permutation((int)store.Count);
        for (var at = 0; at < order.Length; at += batch)
            BatchFeed.Gather(store, order.AsSpan(at, Math.Min(batch, order.Length - at))).Dispose();
    }

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);

    private static double Time(Action work)
    {
        var start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
