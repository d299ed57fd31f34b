using System.Numerics;
using Interp.Numerics;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Models;

/// <summary>A linear map of the last dimension, y = x·Wᵀ + b: the one place where activations meet matrices of weights.</summary>
internal abstract record Projection
{
    /// <summary>Columns of a piece of the product; bits do not depend on it.</summary>
    private const int PieceColumns = 256;

    /// <summary>[..., inputs] → [..., outputs], in the precision of <paramref name="x"/>.</summary>
    public abstract Tensor Apply(Tensor x);

    /// <summary>x·B + b by our own product, pieces of columns side by side: a row's result is the same in whatever batch it stands.</summary>
    /// <param name="x">[..., inputs] on the CPU.</param>
    /// <param name="outputs">Columns of B.</param>
    /// <param name="bias">[outputs], or null.</param>
    /// <param name="rightFrom">B from a column on.</param>
    protected static Tensor Multiply<T, TRight>(Tensor x, int outputs, Tensor? bias, Func<int, TRight> rightFrom)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TRight : IRightMatrix<T>
    {
        using var scope = NewDisposeScope();
        var rows = x.reshape(-1, x.size(-1)).contiguous();
        var product = empty([rows.size(0), outputs], dtype: x.dtype, device: CPU);
        var (left, result) = (Strided.Of<T>(rows), Strided.Of<T>(product));
        Workers.For((outputs + PieceColumns - 1) / PieceColumns, piece =>
        {
            var first = piece * PieceColumns;
            MatrixProduct<T>.Multiply(left, rightFrom(first), result.ColumnRange(first, Math.Min(PieceColumns, outputs - first)));
        });
        if (bias is not null)
            product.add_(bias);
        return product.view([.. x.shape[..^1], outputs]).MoveToOuterDisposeScope();
    }
}

/// <summary>A map whose weights are a plain tensor.</summary>
/// <param name="Weight">[outputs, inputs].</param>
/// <param name="Bias">[outputs], or null.</param>
/// <remarks>Without gradients on the CPU the product is our own; a weight that is stored [inputs, outputs] is given as its transpose and read as it lies.</remarks>
internal sealed record DenseProjection(Tensor Weight, Tensor? Bias) : Projection
{
    /// <summary>The map with the tensors of these names, as <see cref="IWeightSource.Project"/> says.</summary>
    public static DenseProjection Read(IWeightSource weights, string name, long outputs, long inputs, bool bias, bool turned) => new(
        turned ? weights.Get($"{name}.weight", inputs, outputs).t() : weights.Get($"{name}.weight", outputs, inputs),
        bias ? weights.Get($"{name}.bias", outputs) : null);

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

    private Tensor Multiply<T>(Tensor x) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        using var turned = Weight.t();
        var right = Weight.is_contiguous() ? Strided.Of<T>(Weight).Transposed : Strided.Of<T>(turned);
        return Multiply<T, Strided<T>>(x, right.Columns, Bias, first => right.ColumnRange(first, right.Columns - first));
    }
}
