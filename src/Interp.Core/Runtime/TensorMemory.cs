using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Interp.Runtime;

/// <summary>The memory of contiguous CPU tensors, row-major from the tensor's own first element; valid while the tensor lives.</summary>
public static unsafe class TensorMemory
{
    /// <summary>The first element.</summary>
    /// <exception cref="ArgumentException">The tensor is on another device, strided, or of another element type.</exception>
    public static T* Pointer<T>(Tensor tensor) where T : unmanaged =>
        tensor.element_size() == Unsafe.SizeOf<T>()
            ? (T*)Address(tensor)
            : throw new ArgumentException($"A tensor of {typeof(T).Name} is needed, not {tensor}.", nameof(tensor));

    /// <summary>All elements, or their bytes.</summary>
    /// <exception cref="ArgumentException">The tensor is on another device, strided, or wider than a span.</exception>
    public static Span<T> Span<T>(Tensor tensor) where T : unmanaged
    {
        var bytes = tensor.numel() * tensor.element_size();
        return bytes % Unsafe.SizeOf<T>() == 0 && bytes / Unsafe.SizeOf<T>() <= int.MaxValue
            ? new Span<T>((void*)Address(tensor), (int)(bytes / Unsafe.SizeOf<T>()))
            : throw new ArgumentException("The tensor does not fit a span of this element type.", nameof(tensor));
    }

    /// <summary>The first element of a CPU tensor that may be strided; the caller goes by <c>stride()</c>.</summary>
    /// <exception cref="ArgumentException">The tensor is on another device or of another element type.</exception>
    internal static T* First<T>(Tensor tensor) where T : unmanaged =>
        tensor.device_type == TorchSharp.DeviceType.CPU && tensor.element_size() == Unsafe.SizeOf<T>()
            ? (T*)THSTensor_data(tensor.Handle)
            : throw new ArgumentException($"A CPU tensor of {typeof(T).Name} is needed, not {tensor}.", nameof(tensor));

    private static nint Address(Tensor tensor) =>
        tensor.device_type == TorchSharp.DeviceType.CPU && tensor.is_contiguous()
            ? THSTensor_data(tensor.Handle)
            : throw new ArgumentException($"Only a contiguous CPU tensor has memory to look into, not {tensor}.", nameof(tensor));

    [DllImport("LibTorchSharp")]
    private static extern nint THSTensor_data(nint tensor);
}
