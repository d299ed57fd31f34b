using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Activations;

/// <summary>How an activation store keeps its numbers.</summary>
public enum StoreDtype
{
    /// <summary>As the model gives them.</summary>
    Float32,

    /// <summary>The upper 16 bits of float32, rounded to nearest even.</summary>
    BFloat16,

    /// <summary>IEEE half precision; activations beyond ±65504 are refused.</summary>
    Float16,

    /// <summary>Whole numbers from -127 to 127 times a float32 scale per token, its largest magnitude / 127.</summary>
    Int8,
}

/// <summary>Names, sizes and element types of <see cref="StoreDtype"/>.</summary>
public static class StoreDtypes
{
    private static readonly (StoreDtype Dtype, string Name, string Short, ScalarType Type, int Bytes)[] All =
    [
        (StoreDtype.Float32, "float32", "f32", ScalarType.Float32, 4),
        (StoreDtype.BFloat16, "bfloat16", "bf16", ScalarType.BFloat16, 2),
        (StoreDtype.Float16, "float16", "f16", ScalarType.Float16, 2),
        (StoreDtype.Int8, "int8", "i8", ScalarType.Int8, 1),
    ];

    /// <summary>Reads a name such as <c>bfloat16</c> or <c>bf16</c>.</summary>
    /// <exception cref="InterpException">The name is unknown.</exception>
    public static StoreDtype Parse(string name) =>
        TryParse(name) ?? throw new InterpException($"The dtype '{name}' is unknown; give f32, bf16, f16 or int8.");

    /// <summary>The name in a manifest.</summary>
    public static string NameOf(this StoreDtype dtype) => Entry(dtype).Name;

    /// <summary>Bytes of one token of a width on disk, with its id, document and position.</summary>
    public static long BytesPerToken(this StoreDtype dtype, int width) =>
        (long)width * Entry(dtype).Bytes + (dtype == StoreDtype.Int8 ? sizeof(float) : 0) + 3 * sizeof(int);

    internal static StoreDtype? TryParse(string name)
    {
        var found = Array.FindIndex(All, entry => entry.Name == name || entry.Short == name);
        return found < 0 ? null : All[found].Dtype;
    }

    internal static ScalarType ElementOf(this StoreDtype dtype) => Entry(dtype).Type;

    private static (StoreDtype Dtype, string Name, string Short, ScalarType Type, int Bytes) Entry(StoreDtype dtype) => All[(int)dtype];
}
