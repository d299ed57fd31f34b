using Interp.Models;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Models;

public class ProjectionTests
{
    [Theory]
    [InlineData(1, 33, 7, false)]
    [InlineData(5, 300, 600, true)]
    [InlineData(2, 64, 256, true)]
    public void The_product_is_that_of_the_library_in_either_layout(int rows, int inputs, int outputs, bool bias)
    {
        using var scope = NewDisposeScope();
        var x = randn([2, rows, inputs], ScalarType.Float64, CPU);
        var weight = randn([outputs, inputs], ScalarType.Float64, CPU);
        var b = bias ? randn(outputs, ScalarType.Float64, CPU) : null;
        var expected = x.matmul(weight.t()) + (b ?? zeros(outputs, ScalarType.Float64, CPU));
        foreach (var layout in new[] { weight, weight.t().contiguous().t() })
            Assert.InRange(FixtureModels.Distance(expected, new DenseProjection(layout, b).Apply(x)), 0, 1e-11);
    }

    [Fact]
    public void A_row_has_the_same_bits_alone_and_in_a_batch()
    {
        using var scope = NewDisposeScope();
        var x = randn([9, 320], device: CPU);
        var projection = new DenseProjection(randn([530, 320], device: CPU), null);
        var whole = projection.Apply(x);
        for (var row = 0; row < 9; row++)
            Assert.True(whole.narrow(0, row, 1).equal(projection.Apply(x.narrow(0, row, 1))).all().ToBoolean());
    }

    [Fact]
    public void Gradients_flow_when_they_are_wanted()
    {
        using var scope = NewDisposeScope();
        var weight = randn([3, 4], ScalarType.Float64, CPU).requires_grad_(true);
        var x = randn([2, 4], ScalarType.Float64, CPU);
        new DenseProjection(weight, null).Apply(x).sum().backward();
        Assert.InRange(FixtureModels.Distance(x.sum([0]).expand(3, 4), weight.grad!), 0, 1e-12);
    }
}
