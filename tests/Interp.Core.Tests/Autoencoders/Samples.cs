using Interp.Activations;
using Interp.Autoencoders;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Autoencoders;

/// <summary>Rows that are sparse sums of a few fixed directions, plus a mean and noise.</summary>
internal sealed class SparseWorld : IActivationSource
{
    private readonly float[] rows;

    public SparseWorld(int count, int width, int features = 40, int active = 4, double mean = 1)
    {
        (Count, Width) = (count, width);
        var random = new RandomStream(11, "world");
        var directions = Enumerable.Range(0, features * width).Select(_ => random.NextNormal()).ToArray();
        rows = new float[count * width];
        for (var i = 0; i < count; i++)
        {
            for (var j = 0; j < width; j++)
                rows[i * width + j] = (float)(mean * Math.Cos(j) + 0.05 * random.NextNormal());
            for (var a = 0; a < active; a++)
            {
                var feature = random.Next(features);
                var strength = 0.5 + random.NextDouble();
                for (var j = 0; j < width; j++)
                    rows[i * width + j] += (float)(strength * directions[feature * width + j] / Math.Sqrt(width));
            }
        }
    }

    public int Width { get; }

    public long Count { get; }

    public void Gather(ReadOnlySpan<int> wanted, Span<float> destination)
    {
        for (var i = 0; i < wanted.Length; i++)
            rows.AsSpan(wanted[i] * Width, Width).CopyTo(destination[(i * Width)..]);
    }

    public Tensor Rows(int start, int count, ScalarType type = ScalarType.Float32)
    {
        using var all = tensor(rows.AsSpan(start * Width, count * Width).ToArray(), [count, Width], device: CPU);
        return all.to(type, copy: true);
    }
}

/// <summary>Small autoencoders with weights that are not at their start.</summary>
internal static class Samples
{
    public static SparseAutoencoder Autoencoder(int latents, int width, int k, bool tied = false, ScalarType type = ScalarType.Float64, InputTransform? transform = null, long seed = 5)
    {
        var random = new RandomStream(seed, "weights");
        Tensor Normal(double scale, params long[] shape)
        {
            using var numbers = tensor(Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(_ => scale * random.NextNormal()).ToArray(), shape, device: CPU);
            return numbers.to(type, copy: true);
        }
        var encoder = Normal(1 / Math.Sqrt(width), latents, width);
        return new SparseAutoencoder(encoder, Normal(0.1, latents), tied ? encoder : Normal(1 / Math.Sqrt(width), latents, width), Normal(0.1, width), k, transform ?? InputTransform.None);
    }

    public static double[] Numbers(Tensor tensor)
    {
        using var copy = tensor.to(ScalarType.Float64).contiguous();
        return copy.data<double>().ToArray();
    }

    /// <summary>The largest difference in units of the second tensor's largest magnitude.</summary>
    public static double Distance(Tensor found, Tensor expected)
    {
        using var scope = NewDisposeScope();
        var golden = expected.to(ScalarType.Float64);
        return (found.to(ScalarType.Float64) - golden).abs().max().ToDouble() / Math.Max(golden.abs().max().ToDouble(), 1e-300);
    }
}
