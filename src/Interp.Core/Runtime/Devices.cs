using TorchSharp;

namespace Interp.Runtime;

/// <summary>Reads the names of devices and precisions that the command line and specs use.</summary>
public static class Devices
{
    /// <summary><c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    /// <exception cref="InterpException">An unknown name, or CUDA where there is none.</exception>
    public static torch.Device Parse(string name)
    {
        Libtorch.Load();
        if (name == "cpu")
            return torch.CPU;
        if (name != "cuda" && !(name.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(name.AsSpan(5), out _)))
            throw new InterpException($"The device '{name}' is unknown; use cpu or cuda.");
        if (!torch.cuda.is_available())
            throw new InterpException("The device cuda was asked for, but libtorch finds no CUDA GPU here; use --device cpu, or set INTERP_LIBTORCH to a PyTorch with CUDA.");
        return new torch.Device(name);
    }

    /// <summary><c>float32</c>, <c>float64</c> or <c>bfloat16</c>.</summary>
    /// <exception cref="InterpException">An unknown name.</exception>
    public static torch.ScalarType ParsePrecision(string name) => name switch
    {
        "float32" => torch.ScalarType.Float32,
        "float64" => torch.ScalarType.Float64,
        "bfloat16" => torch.ScalarType.BFloat16,
        _ => throw new InterpException($"The precision '{name}' is unknown; use float32, float64 or bfloat16."),
    };
}
