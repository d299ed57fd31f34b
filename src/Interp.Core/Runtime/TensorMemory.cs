using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Interp.Runtime;

/// <summary>The memory of a contiguous CPU tensor as a span; the tensor must outlive the span's use.</summary>
public static unsafe class TensorMemory
{
    /// <summary>All elements, row-major, from the tensor's own first one.</summary>
    /// <exception cref="ArgumentException">The tensor is not contiguous, not on the CPU, or wider than a span.</exception>
    public static Span<T> Span<T>(Tensor tensor) where T : unmanaged
    {
        if (tensor.device_type != TorchSharp.DeviceType.CPU || !tensor.is_contiguous())
            throw new ArgumentException("Only a contiguous CPU tensor has memory to look into.", nameof(tensor));
        var bytes = tensor.numel() * tensor.element_size();
        if (bytes % Unsafe.SizeOf<T>() != 0 || bytes / Unsafe.SizeOf<T>() > int.MaxValue)
            throw new ArgumentException("The tensor does not fit a span of this element type.", nameof(tensor));
        return new Span<T>((void*)THSTensor_data(tensor.Handle), (int)(bytes / Unsafe.SizeOf<T>()));
    }

    [DllImport("LibTorchSharp")]
    private static extern nint THSTensor_data(nint tensor);
}
