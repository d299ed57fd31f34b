using System.Text.Json.Nodes;
using Interp.Formats;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Inspection;

/// <summary>Looks at all values of tensors, a piece at a time.</summary>
internal static class TensorScan
{
    private const long Piece = 1 << 22;

    /// <summary>How many values are not finite.</summary>
    public static long NotFinite(Tensor tensor)
    {
        if (!tensor.is_floating_point())
            return 0;
        using var flat = tensor.reshape(-1);
        var pieces = (int)((flat.numel() + Piece - 1) / Piece);
        var counts = new long[pieces];
        Workers.For(pieces, i =>
        {
            using var noGradient = no_grad();
            using var scope = NewDisposeScope();
            var part = flat.narrow(0, i * Piece, Math.Min(Piece, flat.numel() - i * Piece));
            if (!part.sum(type: ScalarType.Float64).isfinite().ToBoolean())
                counts[i] = part.numel() - part.isfinite().sum().ToInt64();
        });
        return counts.Sum();
    }

    /// <summary>Adds the values of a safetensors file that are not finite to those of their tensors' names.</summary>
    public static void Add(SafeTensors file, Dictionary<string, long> notFinite)
    {
        foreach (var name in file.Entries.Keys)
        {
            using var view = file.View(name);
            if (NotFinite(view) is > 0 and var count)
                notFinite[name] = notFinite.GetValueOrDefault(name) + count;
        }
    }

    /// <summary>Name, type and shape of each tensor.</summary>
    public static JsonObject Table(IEnumerable<TensorEntry> entries)
    {
        var table = new JsonObject();
        foreach (var entry in entries)
            table[entry.Name] = $"{SafeTensorsTypes.NameOf(entry.Type)} [{string.Join(", ", entry.Shape)}]";
        return table;
    }

    /// <summary>How often each text occurs.</summary>
    public static JsonObject Counts(IEnumerable<string> texts)
    {
        var counts = new JsonObject();
        foreach (var group in texts.GroupBy(text => text).OrderBy(group => group.Key, StringComparer.Ordinal))
            counts[group.Key] = group.Count();
        return counts;
    }

    public static long Elements(IEnumerable<long[]> shapes) => shapes.Sum(shape => shape.Aggregate(1L, (product, size) => product * size));
}
