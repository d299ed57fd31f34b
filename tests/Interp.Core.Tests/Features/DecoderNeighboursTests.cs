using Interp.Features;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Features;

public class DecoderNeighboursTests
{
    [Fact]
    public void By_hand()
    {
        using var rows = tensor(new float[,] { { 2, 0 }, { 3, 3 }, { 0, 1 }, { -5, 0 }, { 0, 0 } });
        var found = DecoderNeighbours.Of(rows, 2).ToArray();
        Assert.Equal([1, 2], found[0].Select(neighbour => neighbour.Latent));
        Assert.Equal(Math.Sqrt(0.5), found[0][0].Cosine, 1e-6);
        Assert.Equal([0, 2], found[1].Select(neighbour => neighbour.Latent).Order());
        Assert.Equal([new Neighbour(0, 0), new Neighbour(1, 0)], found[4]);
    }

    [Fact]
    public void They_are_those_of_all_pairs()
    {
        var random = new RandomStream(6, "rows");
        const int latents = 600, width = 10;
        var numbers = Enumerable.Range(0, latents * width).Select(_ => (float)random.NextNormal()).ToArray();
        using var rows = tensor(numbers, [latents, width]);
        var found = DecoderNeighbours.Of(rows, 5).ToArray();
        for (var latent = 0; latent < latents; latent += 71)
        {
            double Cosine(int other)
            {
                double Dot(int a, int b) => Enumerable.Range(0, width).Sum(i => (double)numbers[a * width + i] * numbers[b * width + i]);
                return Dot(latent, other) / Math.Sqrt(Dot(latent, latent) * Dot(other, other));
            }
            var expected = Enumerable.Range(0, latents).Where(other => other != latent).OrderByDescending(Cosine).Take(5).ToArray();
            Assert.Equal(expected, found[latent].Select(neighbour => neighbour.Latent));
            Assert.All(found[latent], neighbour => Assert.Equal(Cosine(neighbour.Latent), neighbour.Cosine, 1e-5));
        }
    }
}
