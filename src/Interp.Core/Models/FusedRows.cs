using Interp.Numerics;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Models;

/// <summary>What a block does between its matrices, in one pass over memory each: on the CPU, in float32, where no gradient is needed.</summary>
internal static unsafe class FusedRows
{
    /// <summary>Whether a pass over these tensors may be fused.</summary>
    public static bool Serve(params ReadOnlySpan<Tensor> tensors)
    {
        foreach (var tensor in tensors)
        {
            if (tensor.dtype != ScalarType.Float32 || tensor.device_type != DeviceType.CPU || (tensor.requires_grad && is_grad_enabled()))
                return false;
        }
        return true;
    }

    /// <summary>x / sqrt(mean x² + ε) · (w + offset) over the last dimension, for x [..., d] and w [d].</summary>
    public static Tensor RmsNorm(Tensor x, Tensor weight, double epsilon, float offset)
    {
        using var scope = NewDisposeScope();
        var rows = x.contiguous();
        var result = empty_like(rows);
        var width = (int)weight.numel();
        RootMeanSquareNorm.Apply(Of(rows), Of(weight), Of(result), rows.numel() / width, width, epsilon, offset);
        return result.MoveToOuterDisposeScope();
    }

    /// <summary>silu(gate) · up of contiguous tensors [..., m].</summary>
    public static Tensor Swish(Tensor gate, Tensor up)
    {
        var result = empty_like(gate);
        var width = (int)gate.size(-1);
        SwishGate.Apply(Of(gate), Of(up), Of(result), gate.numel() / width, width, width);
        return result;
    }

    /// <summary>silu(gate) · up where both stand beside each other, [..., 2m] → [..., m].</summary>
    public static Tensor Swish(Tensor both)
    {
        var width = (int)both.size(-1) / 2;
        var result = empty([.. both.shape[..^1], width], dtype: ScalarType.Float32, device: CPU);
        SwishGate.Apply(Of(both), Of(both) + width, Of(result), result.numel() / width, width, 2 * width);
        return result;
    }

    /// <summary>Whether <see cref="Turn"/> can read heads [B, T, heads, width] as they lie.</summary>
    public static bool LieTogether(Tensor heads) =>
        heads.stride(3) == 1 && heads.stride(2) == heads.size(3) && (heads.size(0) == 1 || heads.stride(0) == heads.size(1) * heads.stride(1));

    /// <summary>Rotary positions of heads [B, T, heads, width]; the result lies in memory as [B, heads, T, width].</summary>
    /// <param name="heads">What is turned.</param>
    /// <param name="cos">[T, 1, rotated/2].</param>
    /// <param name="sin">[T, 1, rotated/2].</param>
    /// <param name="rotated">Leading elements of a head that turn.</param>
    public static Tensor Turn(Tensor heads, Tensor cos, Tensor sin, int rotated)
    {
        var (batch, length, count, width) = (heads.size(0), heads.size(1), (int)heads.size(2), (int)heads.size(3));
        using var scope = NewDisposeScope();
        var result = empty([batch, count, length, width], dtype: ScalarType.Float32, device: CPU);
        RotaryHalves.Apply(TensorMemory.First<float>(heads), Of(result), Of(cos), Of(sin), new HeadShape(batch, length, count, width, rotated, heads.stride(1)));
        return result.transpose(1, 2).MoveToOuterDisposeScope();
    }

    private static float* Of(Tensor tensor) => TensorMemory.Pointer<float>(tensor);
}
