using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Interp.Runtime;

/// <summary>The memory of CPU tensors, for kernels written in C#.</summary>
internal static unsafe class TensorMemory
{
    /// <summary>The first element of a contiguous CPU tensor; valid while the tensor lives.</summary>
    /// <exception cref="ArgumentException">The tensor is on another device, strided, or of another element type.</exception>
    public static T* Pointer<T>(Tensor tensor) where T : unmanaged
    {
        if (tensor.device_type != TorchSharp.DeviceType.CPU || !tensor.is_contiguous() || tensor.element_size() != sizeof(T))
            throw new ArgumentException($"A contiguous CPU tensor of {typeof(T).Name} is needed, not {tensor}.");
        nint data;
        if (aoti_torch_get_data_ptr(tensor.Handle, &data) != 0)
            throw new InvalidOperationException("libtorch gave no data pointer.");
        return (T*)data;
    }

    [DllImport("torch_cpu")]
    private static extern int aoti_torch_get_data_ptr(nint tensor, nint* data);
}
