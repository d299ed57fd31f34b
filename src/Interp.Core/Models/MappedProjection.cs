using Interp.Formats;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Models;

/// <summary>
/// A map whose weights stay in a mapped file and become numbers a part at a time, where the product packs them: the bits are those of
/// <see cref="DenseProjection"/> over the dequantised matrix, which never exists.
/// </summary>
/// <param name="Weight">[outputs, inputs].</param>
/// <param name="Bias">[outputs], or null.</param>
/// <remarks>For float32 on the CPU. Where a gradient goes through, the matrix is dequantised for as long as the graph lives.</remarks>
internal sealed record MappedProjection(MappedMatrix Weight, Tensor? Bias) : Projection
{
    public override Tensor Apply(Tensor x)
    {
        if (!is_grad_enabled() || !x.requires_grad)
            return Multiply<float, MappedMatrix.Right>(x, Weight.Rows, Bias, Weight.Transposed);
        using var dense = Weight.ToTensor();
        return nn.functional.linear(x, dense, Bias);
    }
}
