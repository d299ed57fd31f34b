using Interp.Features;
using Xunit;

namespace Interp.Core.Tests.Features;

public class ActivationHistogramTests
{
    [Theory]
    [InlineData(1f, 48)]
    [InlineData(1.2499999f, 48)]
    [InlineData(1.25f, 49)]
    [InlineData(1.9999999f, 51)]
    [InlineData(2f, 52)]
    [InlineData(0.99999994f, 47)]
    [InlineData(1e-30f, 0)]
    [InlineData(1e30f, 95)]
    public void By_hand(float value, int bin) => Assert.Equal(bin, ActivationHistogram.BinOf(value));

    [Fact]
    public void A_value_is_between_the_edges_of_its_bin()
    {
        for (var value = 1f / 4096; value < 4096; value *= 1.01f)
        {
            var bin = ActivationHistogram.BinOf(value);
            Assert.InRange(value, ActivationHistogram.LowerEdge(bin), bin + 1 == ActivationHistogram.Bins ? float.MaxValue : MathF.BitDecrement(ActivationHistogram.LowerEdge(bin + 1)));
        }
    }
}
