using Interp.Numerics;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Models;

/// <summary>A linear map of the last dimension, y = x·Wᵀ + b: the one place where activations meet matrices of weights.</summary>
internal abstract record Projection
{
    /// <summary>[..., inputs] → [..., outputs], in the precision of <paramref name="x"/>.</summary>
    public abstract Tensor Apply(Tensor x);
}

/// <summary>A map whose weights are a plain tensor.</summary>
/// <param name="Weight">[outputs, inputs].</param>
/// <param name="Bias">[outputs], or null.</param>
/// <remarks>
/// Without gradients on the CPU the product is our own, so a row's result is the same in whatever batch it stands; a weight that is stored
/// [inputs, outputs] is given as its transpose and read as it lies.
/// </remarks>
internal sealed record DenseProjection(Tensor Weight, Tensor? Bias) : Projection
{
    /// <summary>Columns of a piece of the product; bits do not depend on it.</summary>
    private const int PieceColumns = 256;

    public override Tensor Apply(Tensor x)
    {
        if (x.device_type != DeviceType.CPU || (is_grad_enabled() && (x.requires_grad || Weight.requires_grad || Bias?.requires_grad == true)))
            return nn.functional.linear(x, Weight, Bias);
        return x.dtype switch
        {
            ScalarType.Float32 => Multiply<float>(x),
            ScalarType.Float64 => Multiply<double>(x),
            _ => nn.functional.linear(x, Weight, Bias),
        };
    }

    private unsafe Tensor Multiply<T>(Tensor x) where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        using var scope = NewDisposeScope();
        var rows = x.reshape(-1, x.size(-1)).contiguous();
        var product = empty([rows.size(0), Weight.size(0)], dtype: x.dtype, device: CPU);
        var (left, right, result) = (Strided.Of<T>(rows), Transposed<T>(), Strided.Of<T>(product));
        Workers.For((result.Columns + PieceColumns - 1) / PieceColumns, piece =>
        {
            var first = piece * PieceColumns;
            var count = Math.Min(PieceColumns, result.Columns - first);
            MatrixProduct<T>.Multiply(left, right.ColumnRange(first, count), result.ColumnRange(first, count));
        });
        if (Bias is not null)
            product.add_(Bias);
        return product.view([.. x.shape[..^1], Weight.size(0)]).MoveToOuterDisposeScope();
    }

    /// <summary>Wᵀ, [inputs, outputs].</summary>
    private Strided<T> Transposed<T>() where T : unmanaged =>
        Weight.is_contiguous() ? Strided.Of<T>(Weight).Transposed : Strided.Of<T>(Weight.t());
}
