using static TorchSharp.torch;

namespace Interp.Formats;

/// <summary>The element types of safetensors files and their names there.</summary>
internal static class SafeTensorsTypes
{
    private static readonly (string Name, ScalarType Type)[] Names =
    [
        ("F64", ScalarType.Float64), ("F32", ScalarType.Float32), ("F16", ScalarType.Float16), ("BF16", ScalarType.BFloat16),
        ("I64", ScalarType.Int64), ("I32", ScalarType.Int32), ("I16", ScalarType.Int16), ("I8", ScalarType.Int8),
        ("U8", ScalarType.Byte), ("BOOL", ScalarType.Bool),
    ];

    public static bool TryParse(string name, out ScalarType type)
    {
        var found = Array.FindIndex(Names, pair => pair.Name == name);
        type = found < 0 ? default : Names[found].Type;
        return found >= 0;
    }

    /// <summary>Bytes of one element.</summary>
    public static int WidthOf(ScalarType type) => type switch
    {
        ScalarType.Float64 or ScalarType.Int64 => 8,
        ScalarType.Float32 or ScalarType.Int32 => 4,
        ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Int16 => 2,
        _ => 1,
    };

    /// <summary>Whether the elements are real numbers.</summary>
    public static bool IsReal(ScalarType type) => type is ScalarType.Float64 or ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16;

    public static string NameOf(ScalarType type) => Names.First(pair => pair.Type == type).Name;
}
