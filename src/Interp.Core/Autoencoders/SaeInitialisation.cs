using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Autoencoders;

/// <summary>Start weights.</summary>
public static class SaeInitialisation
{
    /// <summary>Rows of the data that are enough to fit the input normalisation and the decoder bias.</summary>
    public const int SampleRows = 32768;

    /// <summary>
    /// Encoder and decoder by <see cref="TrainingSpec.Start"/>, encoder bias 0, decoder bias by <see cref="TrainingSpec.PreBias"/>.
    /// </summary>
    /// <param name="spec">The recipe; its seed gives the directions.</param>
    /// <param name="sample">Rows of the training data [n, d] on the CPU, float32.</param>
    /// <param name="device">Where the autoencoder is to live.</param>
    /// <param name="precision">Its element type.</param>
    /// <param name="target">For a transcoder, what the sample's rows are to become [n, d'].</param>
    public static SparseAutoencoder Create(TrainingSpec spec, Tensor sample, Device device, ScalarType precision = ScalarType.Float32, Tensor? target = null)
    {
        spec.Validate();
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var transform = InputTransform.Fit(spec.Normalisation, sample);
        var data = transform.Apply(sample).Values;
        var bias = DecoderBias(spec.PreBias, target ?? data);
        var directions = Directions(spec, target is null ? data - bias : data).to(precision, device);
        var decoder = target is not null ? UnitRows(spec.Latents, (int)target.shape[1], spec.Seed, "sae/decoder", out _).to(precision, device)
            : spec.Start == StartWeights.Original ? directions / directions.norm(0, keepdim: true, p: 2) : directions.clone();
        return new SparseAutoencoder(
            directions,
            zeros(spec.Latents, dtype: precision, device: device),
            spec.TiedDecoder ? directions : decoder,
            bias.to(precision, device).clone(),
            spec.K,
            transform with { Centre = transform.Centre?.to(precision, device).DetachFromDisposeScope() },
            spec.Kind);
    }

    /// <summary>The start of the decoder bias for data as it enters the encoder [n, d].</summary>
    internal static Tensor DecoderBias(PreBias kind, Tensor data) => kind switch
    {
        PreBias.Mean => data.mean([0], type: ScalarType.Float64).to(data.dtype),
        PreBias.GeometricMedian => GeometricMedian(data),
        _ => zeros(data.shape[1], dtype: data.dtype, device: data.device),
    };

    /// <summary>The point with the smallest sum of distances to the rows, by Weiszfeld's iteration from the mean.</summary>
    internal static Tensor GeometricMedian(Tensor data)
    {
        Workers.SingleThreaded();
        using var scope = NewDisposeScope();
        var point = data.mean([0]);
        for (var iteration = 0; iteration < 200; iteration++)
        {
            using var inner = NewDisposeScope();
            var distances = (data - point).norm(1, keepdim: true, p: 2).clamp_min_(1e-10);
            var weights = distances.reciprocal_();
            var next = weights.t().mm(data).div_(weights.sum()).squeeze(0);
            var moved = (next - point).norm().ToDouble();
            point = next.MoveToOuterDisposeScope();
            if (moved <= 1e-6 * next.norm().ToDouble())
                break;
        }
        return point.MoveToOuterDisposeScope();
    }

    private static Tensor Directions(TrainingSpec spec, Tensor centred)
    {
        var width = (int)centred.shape[1];
        if (spec.Start != StartWeights.Data)
        {
            var rows = UnitRows(spec.Latents, width, spec.Seed, "sae/directions", out var norms);
            return spec.Start == StartWeights.Original ? rows * norms * Math.Sqrt(2.0 / width) : rows;
        }
        if (centred.shape[0] < spec.Latents)
            throw new InterpException($"{spec.Latents} latents cannot start at as many tokens of a sample of {centred.shape[0]}; train on more tokens or choose another start.");
        var chosen = new RandomStream(spec.Seed, "sae/data-directions").Permutation((int)centred.shape[0])[..spec.Latents];
        var tokens = centred.index_select(0, tensor(chosen, dtype: ScalarType.Int64, device: CPU));
        return tokens / tokens.norm(1, keepdim: true, p: 2).clamp_min(1e-12);
    }

    private static Tensor UnitRows(int count, int width, long seed, string stream, out Tensor norms)
    {
        var random = new RandomStream(seed, stream);
        var numbers = new float[(long)count * width];
        var lengths = new float[count];
        for (var row = 0; row < count; row++)
        {
            var directions = numbers.AsSpan(row * width, width);
            var squares = 0.0;
            foreach (ref var number in directions)
            {
                var normal = random.NextNormal();
                squares += normal * normal;
                number = (float)normal;
            }
            lengths[row] = (float)Math.Sqrt(squares);
            foreach (ref var number in directions)
                number = (float)(number / Math.Sqrt(squares));
        }
        norms = tensor(lengths, [count, 1], device: CPU);
        return tensor(numbers, [count, width], device: CPU);
    }
}
