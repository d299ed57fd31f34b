using Interp.Features;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Features;

public class DecoderMapTests
{
    private const int Latents = 40, Width = 12;

    private static Tensor Rows()
    {
        var random = new RandomStream(3, "map");
        return tensor(Enumerable.Range(0, Latents * Width).Select(i => random.NextNormal() * (1 + 3 / (1.0 + i % Width))).ToArray(), [Latents, Width], dtype: ScalarType.Float64);
    }

    [Fact]
    public void The_places_are_the_first_two_principal_components_of_the_unit_rows()
    {
        using var scope = NewDisposeScope();
        var rows = Rows();
        var (x, y) = DecoderMap.Of(rows, [.. Enumerable.Repeat(true, Latents)]);
        var unit = rows / rows.norm(1, keepdim: true);
        var (u, s, _) = linalg.svd(unit - unit.mean([0], keepdim: true), fullMatrices: false);
        foreach (var (places, component) in new[] { (x, 0), (y, 1) })
        {
            var expected = u.select(1, component) * s[component];
            expected /= expected[expected.abs().argmax()];
            Assert.Equal(1, places.Max(Math.Abs));
            Assert.All(places.Zip(expected.data<double>().ToArray()), pair => Assert.Equal(pair.Second, pair.First, 1e-5));
        }
    }

    [Fact]
    public void Dead_latents_are_placed_but_do_not_bend_the_map()
    {
        using var scope = NewDisposeScope();
        var rows = Rows();
        var included = Enumerable.Range(0, Latents).Select(latent => latent < 30).ToArray();
        var (x, y) = DecoderMap.Of(rows, included);
        var (alone, aloneY) = DecoderMap.Of(rows.narrow(0, 0, 30), included[..30]);
        Assert.Equal(Latents, x.Length);
        Assert.All(Enumerable.Range(0, 30), latent => Assert.Equal((alone[latent], aloneY[latent]), (x[latent], y[latent])));
    }

    [Fact]
    public void Rows_of_zeros_and_a_single_row_have_a_place()
    {
        using var scope = NewDisposeScope();
        Assert.Equal([0f], DecoderMap.Of(ones(1, Width), [true]).X);
        Assert.All(DecoderMap.Of(zeros(5, Width), [true, true, true, true, true]).X, place => Assert.Equal(0, place));
    }
}
