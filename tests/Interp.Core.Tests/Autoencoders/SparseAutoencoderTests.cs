using Interp.Autoencoders;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Autoencoders;

public class SparseAutoencoderTests
{
    [Theory]
    [InlineData(ScalarType.Float64, 1e-12)]
    [InlineData(ScalarType.Float32, 1e-5)]
    [InlineData(ScalarType.BFloat16, 0.05)]
    public void It_computes_its_definition(ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        using var sae = Samples.Autoencoder(200, 24, 9, type: type);
        var x = new SparseWorld(150, 24).Rows(0, 150);
        var (latents, reconstruction) = sae.Run(x);
        var (e, c, d, b) = (sae.EncoderWeight.to(ScalarType.Float64), sae.EncoderBias.to(ScalarType.Float64), sae.DecoderWeight.to(ScalarType.Float64), sae.DecoderBias.to(ScalarType.Float64));
        var dense = latents.ToDense(200).to(ScalarType.Float64);
        if (type != ScalarType.BFloat16)
        {
            var (values, indices) = ((x.to(ScalarType.Float64) - b).mm(e.t()) + c).topk(9, 1);
            Assert.InRange(Samples.Distance(dense, zeros_like(dense).scatter(1, indices, values.relu())), 0, tolerance);
        }
        Assert.InRange(Samples.Distance(reconstruction, dense.mm(d) + b), 0, tolerance);
        Assert.Equal(4, sae.Encode(x, 4).K);
        Assert.Equal(type, reconstruction.dtype);
    }

    [Theory]
    [InlineData(InputNormalisation.DatasetScale)]
    [InlineData(InputNormalisation.Centred)]
    [InlineData(InputNormalisation.PerTokenLayerNorm)]
    [InlineData(InputNormalisation.PerTokenNorm)]
    public void A_normalisation_is_undone(InputNormalisation kind)
    {
        using var scope = NewDisposeScope();
        var x = new SparseWorld(50, 24, mean: 30).Rows(0, 50, ScalarType.Float64);
        var tokens = InputTransform.Fit(kind, x).Apply(x);
        if (kind != InputNormalisation.PerTokenLayerNorm)
            Assert.Equal(24, tokens.Values.square().sum(1).mean().ToDouble(), 1e-9);
        Assert.InRange(Samples.Distance(tokens.Undo(tokens.Values.clone()), x), 0, 1e-5);
    }

    [Fact]
    public void The_geometric_median_withstands_an_outlier()
    {
        using var scope = NewDisposeScope();
        var points = tensor(new double[,] { { 0, 0 }, { 2, 0 }, { 0, 2 }, { 2, 2 }, { 1, 1 }, { 1e6, 1 } }, device: CPU);
        var median = Samples.Numbers(SaeInitialisation.GeometricMedian(points));
        Assert.Equal(1, median[0], 0.3);
        Assert.Equal(1, median[1], 0.3);
    }

    [Fact]
    public void The_start_is_tied_of_unit_norm_and_given_by_the_seed()
    {
        using var scope = NewDisposeScope();
        using var sample = new SparseWorld(200, 12).Rows(0, 200);
        var spec = TrainingSpec.Default with { Latents = 30, K = 3, PreBias = PreBias.Mean, Normalisation = InputNormalisation.PerTokenLayerNorm };
        using var sae = SaeInitialisation.Create(spec, sample, CPU);
        using var again = SaeInitialisation.Create(spec, sample, CPU);
        using var other = SaeInitialisation.Create(spec with { Seed = 2 }, sample, CPU);
        Assert.Equal(Samples.Numbers(sae.DecoderWeight), Samples.Numbers(sae.EncoderWeight));
        Assert.Equal(Samples.Numbers(again.DecoderWeight), Samples.Numbers(sae.DecoderWeight));
        Assert.NotEqual(Samples.Numbers(other.DecoderWeight), Samples.Numbers(sae.DecoderWeight));
        Assert.All(Samples.Numbers(sae.DecoderWeight.norm(1)), norm => Assert.Equal(1, norm, 1e-6));
        Assert.InRange(Samples.Distance(sae.DecoderBias, sae.Normalise(sample).Values.mean([0])), 0, 1e-5);
        Assert.False(sae.Tied);
    }

    [Fact]
    public void K_larger_than_the_dictionary_is_an_error() =>
        Assert.Contains("from 1 to 8", Assert.Throws<InterpException>(() => Samples.Autoencoder(8, 4, 9)).Message);
}
