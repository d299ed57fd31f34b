using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Formats;

/// <summary>Compares the block formats with dequantised golden values.</summary>
public static class GgufVerification
{
    private const double Tolerance = 1e-7;

    /// <summary>Decodes every <c>KIND.raw</c> of <c>blocks.safetensors</c> and compares with <c>KIND.values</c>, relative to their largest magnitude in the row.</summary>
    /// <exception cref="InterpException">The folder has no such file.</exception>
    public static VerifyReport Verify(string folder)
    {
        var path = Path.Combine(folder, "blocks.safetensors");
        if (!File.Exists(path))
            throw new InterpException($"There is no blocks.safetensors in {folder}; name the folder that has it.");
        using var golden = SafeTensors.Open(path);
        string[] kinds = [.. golden.Entries.Keys.Where(name => name.EndsWith(".raw", StringComparison.Ordinal)).Select(name => name[..^4]).Order(StringComparer.Ordinal)];
        if (kinds.Length == 0)
            throw new InterpException($"{path} holds no blocks, which are tensors named KIND.raw; name the folder that has them.");
        var checks = new List<VerifyCheck>();
        var notServed = new List<string>();
        foreach (var kind in kinds)
        {
            var format = GgufBlockFormat.All.FirstOrDefault(known => known.Name == kind);
            if (format is null)
                notServed.Add(kind);
            checks.Add(new VerifyCheck(kind, format is null ? double.NaN : Error(golden, kind, format), Tolerance));
        }
        return new VerifyReport(checks, notServed.Count == 0 ? [] : [$"Not served: {string.Join(", ", notServed)}."]);
    }

    private static double Error(SafeTensors golden, string kind, GgufBlockFormat format)
    {
        using var scope = NewDisposeScope();
        var expected = golden.View(kind + ".values").to(ScalarType.Float64);
        var ours = empty(expected.shape, dtype: ScalarType.Float32, device: CPU);
        var raw = golden.View(kind + ".raw").contiguous();
        if (raw.dtype != ScalarType.Byte || raw.numel() * format.BlockLength != expected.numel() * format.BlockBytes)
            throw new InterpException($"{golden.Path} holds '{kind}.raw' as {SafeTensorsTypes.NameOf(raw.dtype)} [{string.Join(", ", raw.shape)}], which are no blocks of the {expected.numel()} numbers of '{kind}.values'; write the file again.");
        format.Decode(TensorMemory.Span<byte>(raw), TensorMemory.Span<float>(ours));
        var difference = (ours.to(ScalarType.Float64) - expected).abs();
        return difference.div(expected.abs().clamp_min(double.Epsilon)).masked_fill(difference.eq(0), 0).max().ToDouble();
    }
}
