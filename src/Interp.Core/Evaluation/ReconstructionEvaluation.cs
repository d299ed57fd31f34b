using Interp.Activations;
using Interp.Autoencoders;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Evaluation;

/// <summary>Runs an autoencoder over tokens and measures its reconstruction, whatever the number of threads to the same bits.</summary>
public static class ReconstructionEvaluation
{
    private const int Piece = 2048;
    private const int Block = 256;

    /// <summary>Measures over all tokens of a source.</summary>
    /// <param name="autoencoder">What is measured.</param>
    /// <param name="source">Tokens [N, d] in the model's scale.</param>
    /// <param name="k">Another number of active latents than the autoencoder's own.</param>
    /// <param name="progress">Is told how many tokens are done.</param>
    /// <param name="cancel">Asks to stop.</param>
    /// <param name="target">For a transcoder, what the source's rows are to become [N, d'], in the model's scale.</param>
    /// <exception cref="InterpException">The autoencoder's output does not have the shape of what it is measured against.</exception>
    public static ReconstructionResult Run(SparseAutoencoder autoencoder, IActivationSource source, int? k = null, Action<long>? progress = null, CancellationToken cancel = default, IActivationSource? target = null)
    {
        var expected = target ?? source;
        if (autoencoder.OutputWidth != expected.Width || expected.Count != source.Count || (autoencoder.Kind.IsTranscoder && target is null))
            throw new InterpException($"The {autoencoder.Kind.Name} writes [{source.Count}, {autoencoder.OutputWidth}] and is measured against {(target is null ? "its input" : "a target")} of [{expected.Count}, {expected.Width}]; give the activations of the hook that it reconstructs.");
        var mean = Mean(expected, cancel);
        var sums = new Sums();
        var fired = new long[autoencoder.Latents];
        ForPieces(source, (rows, tokens) =>
        {
            using var scope = NewDisposeScope();
            var (latents, reconstruction) = autoencoder.Run(tokens, k);
            Count(latents, fired, sums);
            sums.Add(target is null ? tokens : Read(target, rows), reconstruction.to(ScalarType.Float64).cpu().contiguous(), mean);
            progress?.Invoke(sums.Tokens);
        }, cancel);
        return sums.Result(mean, fired);
    }

    /// <summary>Tokens on which each latent is active, [M]; encodes only.</summary>
    public static long[] FiredCounts(SparseAutoencoder autoencoder, IActivationSource source, Action<long>? progress = null, CancellationToken cancel = default)
    {
        var fired = new long[autoencoder.Latents];
        var sums = new Sums();
        var done = 0L;
        ForPieces(source, (_, tokens) =>
        {
            using var scope = NewDisposeScope();
            var latents = autoencoder.Encode(tokens);
            Count(latents, fired, sums);
            progress?.Invoke(done += tokens.size(0));
        }, cancel);
        return fired;
    }

    /// <summary>Mean of the tokens, [d], in float64.</summary>
    public static double[] Mean(IActivationSource source, CancellationToken cancel = default)
    {
        var sum = new double[source.Width];
        ForPieces(source, (_, tokens) =>
        {
            using var part = tokens.sum([0], type: ScalarType.Float64);
            var values = TensorMemory.Span<double>(part);
            for (var i = 0; i < sum.Length; i++)
                sum[i] += values[i];
        }, cancel);
        return [.. sum.Select(value => value / source.Count)];
    }

    private static void ForPieces(IActivationSource source, Action<int[], Tensor> body, CancellationToken cancel)
    {
        using var noGradient = no_grad();
        Workers.SingleThreaded();
        for (var start = 0L; start < source.Count; start += Piece)
        {
            cancel.ThrowIfCancellationRequested();
            var rows = Enumerable.Range((int)start, (int)Math.Min(Piece, source.Count - start)).ToArray();
            using var tokens = Read(source, rows);
            body(rows, tokens);
        }
    }

    private static Tensor Read(IActivationSource source, int[] rows)
    {
        var tokens = empty([rows.Length, source.Width], dtype: ScalarType.Float32, device: CPU);
        source.Gather(rows, TensorMemory.Span<float>(tokens));
        return tokens;
    }

    private static void Count(SparseLatents latents, long[] fired, Sums sums)
    {
        var indices = latents.Indices.cpu().contiguous();
        var values = latents.Values.to(ScalarType.Float64).cpu().contiguous();
        var index = TensorMemory.Span<long>(indices);
        var value = TensorMemory.Span<double>(values);
        for (var i = 0; i < index.Length; i++)
        {
            if (value[i] == 0)
                continue;
            fired[index[i]]++;
            sums.L0++;
            sums.L1 += Math.Abs(value[i]);
        }
    }

    /// <summary>The running sums, in float64.</summary>
    private sealed class Sums
    {
        private readonly double[] total = new double[8];

        public long Tokens { get; private set; }

        public long L0 { get; set; }

        public double L1 { get; set; }

        public void Add(Tensor tokens, Tensor reconstruction, double[] mean)
        {
            var width = mean.Length;
            var count = (int)tokens.size(0);
            var parts = new double[(count + Block - 1) / Block][];
            Workers.For(parts.Length, block =>
            {
                var x = TensorMemory.Span<float>(tokens);
                var y = TensorMemory.Span<double>(reconstruction);
                var part = parts[block] = new double[total.Length];
                for (var row = block * Block; row < Math.Min(count, (block + 1) * Block); row++)
                    AddToken(x.Slice(row * width, width), y.Slice(row * width, width), mean, part);
            });
            foreach (var part in parts)
                for (var i = 0; i < total.Length; i++)
                    total[i] += part[i];
            Tokens += count;
        }

        public ReconstructionResult Result(double[] mean, long[] fired) => new()
        {
            Tokens = Tokens,
            Fvu = total[0] / total[1],
            Mse = total[0] / Tokens / mean.Length,
            MsePerToken = total[0] / Tokens,
            NmseAboutZero = total[2] / Tokens,
            EvPerTokenLegacy = total[3] / Tokens,
            L0 = L0 / (double)Tokens,
            L1 = L1 / Tokens,
            Cosine = total[4] / Tokens,
            L2Ratio = total[5] / Tokens,
            RelativeReconstructionBias = total[6] / total[7],
            FiredCounts = fired,
            Mean = mean,
        };

        private static void AddToken(ReadOnlySpan<float> x, ReadOnlySpan<double> y, double[] mean, double[] part)
        {
            var (error, variance, square, made, product) = (0.0, 0.0, 0.0, 0.0, 0.0);
            for (var i = 0; i < x.Length; i++)
            {
                var (e, v) = (x[i] - y[i], x[i] - mean[i]);
                error += e * e;
                variance += v * v;
                square += (double)x[i] * x[i];
                made += y[i] * y[i];
                product += x[i] * y[i];
            }
            part[0] += error;
            part[1] += variance;
            part[2] += error / square;
            part[3] += 1 - error / variance;
            part[4] += product / Math.Sqrt(square * made);
            part[5] += Math.Sqrt(made / square);
            part[6] += made;
            part[7] += product;
        }
    }
}
