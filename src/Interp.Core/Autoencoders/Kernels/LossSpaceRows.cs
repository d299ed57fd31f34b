using System.Numerics;
using Interp.Runtime;

namespace Interp.Autoencoders.Kernels;

/// <summary>
/// Rows of a loss in the model's own scale: with the way back y·f + o of the input normalisation, the error is ρ = x̂·f + o - x, whose
/// gradient by the reconstruction is that by ρ times f. In the encoder's space f = 1 and x̂ - x stays as it is.
/// </summary>
/// <param name="space">Where the loss is measured.</param>
/// <param name="input">The batch.</param>
/// <param name="width">Width d' of a row.</param>
internal readonly unsafe struct LossSpaceRows<T>(LossSpace space, StepInput input, int width) where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly T* normalised = TensorMemory.Pointer<T>(input.Tokens.Values);
    private readonly T* raw = TensorMemory.Pointer<T>(input.Raw);
    private readonly T* factors = input.Tokens.Factor is { } factor && space == LossSpace.Raw ? TensorMemory.Pointer<T>(factor) : null;
    private readonly T* offsets = input.Tokens.Offset is { } offset && space == LossSpace.Raw ? TensorMemory.Pointer<T>(offset) : null;
    private readonly bool hasFactorPerRow = input.Tokens.Factor?.numel() > 1;
    private readonly bool hasOffsetPerRow = input.Tokens.Offset is { } offset && offset.dim() == 2;

    /// <summary>f of a row.</summary>
    public T Factor(int row) => factors is null ? T.One : factors[hasFactorPerRow ? row : 0];

    /// <summary>Turns x̂ - x of the encoder's space into ρ.</summary>
    /// <returns>Σ ρ².</returns>
    public double ToError(int row, T* residual)
    {
        if (space == LossSpace.Raw)
        {
            var x = normalised + (long)row * width;
            var y = raw + (long)row * width;
            for (var i = 0; i < width; i++)
                residual[i] = (residual[i] + x[i]) * Factor(row) + Offset(row, i) - y[i];
        }
        return Rows<T>.SquaredNorm(residual, width);
    }

    /// <summary>Turns what helpers decode, ê + b, into f·δ with δ = (ê + b)·f + o + ρ, the error of AuxK whose target x - x̂ = -ρ is not detached.</summary>
    /// <returns>Σ δ².</returns>
    public double CompareEstimate(int row, T* estimate, T* error)
    {
        for (var i = 0; i < width; i++)
            estimate[i] = estimate[i] * Factor(row) + Offset(row, i) + error[i];
        var squares = Rows<T>.SquaredNorm(estimate, width);
        Rows<T>.Scale(estimate, estimate, Factor(row), width);
        return squares;
    }

    private T Offset(int row, int column) => offsets is null ? T.Zero : offsets[hasOffsetPerRow ? row : column];
}
