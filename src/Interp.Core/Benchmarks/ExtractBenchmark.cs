using System.Diagnostics;
using Interp.Hooks;
using Interp.Models;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Benchmarks;

/// <summary>What is measured of an extraction.</summary>
/// <param name="Layer">The pass stops after the residual stream of this block.</param>
/// <param name="Context">Tokens of a context.</param>
/// <param name="BatchTokens">Tokens of a batch; more where a thread would have no context.</param>
/// <param name="Rounds">Measured rounds, each one batch and one bound.</param>
public sealed record ExtractBenchmarkSpec(int Layer, int Context = 128, int BatchTokens = 4096, int Rounds = 5);

/// <summary>What a benchmark of the extraction found.</summary>
/// <param name="Tokens">Tokens of a batch.</param>
/// <param name="Milliseconds">Median time of a batch.</param>
/// <param name="BoundMilliseconds">Median time of the linear layers alone.</param>
/// <param name="PeakMegabytes">Peak memory of the process, of which the mapped file is a part, before the bound was measured.</param>
public sealed record ExtractBenchmarkResult(int Tokens, double Milliseconds, double BoundMilliseconds, double PeakMegabytes)
{
    /// <summary>Tokens that come out per second.</summary>
    public double TokensPerSecond => 1000 * Tokens / Milliseconds;

    /// <summary>Tokens that go through the linear layers alone per second.</summary>
    public double BoundTokensPerSecond => 1000 * Tokens / BoundMilliseconds;

    /// <summary>The bound's time over ours.</summary>
    public double Efficiency => BoundMilliseconds / Milliseconds;
}

/// <summary>
/// Measures a pass up to a block against the linear layers of the same blocks alone, interleaved in one process: libtorch's, over all rows of the
/// batch at once with all threads, or piece by piece as the pass cuts them, whichever is faster, on float32 weights.
/// </summary>
public static class ExtractBenchmark
{
    /// <summary>Tokens of a piece that one thread computes.</summary>
    private const int PieceTokens = 1024;

    /// <exception cref="InterpException">The block lies outside the model, or the context is longer than the model's.</exception>
    public static ExtractBenchmarkResult Run(LanguageModel model, ExtractBenchmarkSpec spec, Action<int, int>? progress = null)
    {
        var point = HookPoint.ResidPost(spec.Layer);
        model.Config.Require(point);
        if (spec.Context > model.Config.ContextLength)
            throw new InterpException($"The model's longest context has {model.Config.ContextLength} tokens, not {spec.Context}; give --context a smaller number.");
        using var noGradient = no_grad();
        Workers.SingleThreaded();
        var contexts = Math.Max(spec.BatchTokens / spec.Context, Workers.Count);
        var perPiece = Math.Clamp(PieceTokens / spec.Context, 1, (contexts + Workers.Count - 1) / Workers.Count);
        using var tokens = Tokens(contexts, spec.Context, model.Config.VocabularySize);
        using var into = empty([contexts * spec.Context, model.Config.Width], dtype: model.Precision, device: CPU);
        double Batch() => Time(() => Workers.For((contexts + perPiece - 1) / perPiece, piece =>
        {
            using var quiet = no_grad();
            using var scope = NewDisposeScope();
            var first = piece * perPiece;
            var count = Math.Min(perPiece, contexts - first);
            using var run = model.Run(tokens.narrow(0, first, count), [point], stopAfter: point);
            into.narrow(0, first * spec.Context, count * spec.Context).copy_(run[point].view(-1, model.Config.Width));
        }));

        Batch();
        var peak = PeakResidentBytes() / 1e6;
        using var bound = new LinearLayers(model.Config, spec.Layer + 1, contexts * spec.Context, perPiece * spec.Context);
        var isFasterAtOnce = bound.AtOnce() < bound.InPieces();
        var (batches, bounds) = (new List<double>(), new List<double>());
        for (var round = 0; round < spec.Rounds; round++)
        {
            batches.Add(Batch());
            bounds.Add(isFasterAtOnce ? bound.AtOnce() : bound.InPieces());
            progress?.Invoke(round + 1, spec.Rounds);
        }
        return new ExtractBenchmarkResult(contexts * spec.Context, Median(batches), Median(bounds), peak);
    }

    private static Tensor Tokens(int contexts, int length, int vocabulary)
    {
        var random = new RandomStream(1, "tokens");
        var ids = new long[contexts * length];
        for (var i = 0; i < ids.Length; i++)
            ids[i] = random.Next(vocabulary);
        return tensor(ids, [contexts, length], ScalarType.Int64, CPU);
    }

    private static double Time(Action work)
    {
        var start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static double PeakResidentBytes()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    /// <summary>The linear layers of some blocks with weights of their own, applied by libtorch to rows that exist.</summary>
    private sealed class LinearLayers : IDisposable
    {
        private readonly List<Tensor> weights = [];
        private readonly Dictionary<long, Tensor> inputs = [];
        private readonly int rows, pieceRows;

        public LinearLayers(ModelConfig config, int blocks, int rows, int pieceRows)
        {
            (this.rows, this.pieceRows) = (rows, pieceRows);
            var ways = config.GatedMlp ? 2 : 1;
            for (var block = 0; block < blocks; block++)
            {
                Add(config.QueryWidth, config.Width);
                Add(config.KeyValueWidth, config.Width);
                Add(config.KeyValueWidth, config.Width);
                Add(config.Width, config.QueryWidth);
                for (var way = 0; way < ways; way++)
                    Add(config.MlpWidth, config.Width);
                Add(config.Width, config.MlpWidth);
            }
        }

        /// <summary>Milliseconds over all rows at once, by libtorch's threads.</summary>
        public double AtOnce()
        {
            set_num_threads(Workers.Count);
            try
            {
                return Time(() => Apply(0, rows));
            }
            finally
            {
                set_num_threads(1);
            }
        }

        /// <summary>Milliseconds piece by piece, each on one thread.</summary>
        public double InPieces() => Time(() => Workers.For((rows + pieceRows - 1) / pieceRows, piece =>
        {
            using var quiet = no_grad();
            Apply(piece * pieceRows, Math.Min(pieceRows, rows - piece * pieceRows));
        }));

        public void Dispose()
        {
            foreach (var tensor in weights.Concat(inputs.Values))
                tensor.Dispose();
        }

        private void Apply(int first, int count)
        {
            foreach (var weight in weights)
            {
                using var part = inputs[weight.size(1)].narrow(0, first, count);
                using var result = nn.functional.linear(part, weight);
            }
        }

        private void Add(long outputs, long width)
        {
            weights.Add(rand([outputs, width], dtype: ScalarType.Float32, device: CPU));
            if (!inputs.ContainsKey(width))
                inputs[width] = rand([rows, width], dtype: ScalarType.Float32, device: CPU);
        }
    }
}
