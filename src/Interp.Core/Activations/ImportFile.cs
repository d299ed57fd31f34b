using Interp.Formats;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Activations;

/// <summary>Activations of one text, or of several of one length, in a file that others made.</summary>
/// <param name="Rows">Tokens.</param>
/// <param name="Width">Numbers of a token.</param>
/// <param name="TextLength">Tokens of each text in it; null: not known.</param>
/// <param name="Tokens">Token ids of the rows; null: not known.</param>
/// <param name="Read">Some rows from one on [count, width], of any type; the caller owns them.</param>
internal sealed record ImportPart(long Rows, int Width, long? TextLength, int[]? Tokens, Func<long, long, Tensor> Read);

/// <summary>A file of activations that others made, its parts in their order; the numbers are read when they are asked for.</summary>
internal sealed class ImportFile : IDisposable
{
    private static readonly string[] TokenNames = ["token_ids", "input_ids", "tokens", "ids"];
    private const int DeepestList = 8;

    private readonly string path;
    private readonly IDisposable file;

    private ImportFile(string path, IDisposable file, IReadOnlyList<ImportPart> parts)
    {
        (this.path, this.file, Parts) = (path, file, parts);
        if (parts.Sum(part => part.Rows) == 0)
            throw Fault(path, "holds no activations; a matrix of real numbers is one row per token");
    }

    /// <summary>The activations.</summary>
    public IReadOnlyList<ImportPart> Parts { get; }

    /// <summary>Opens a .npy, .safetensors or .pt file.</summary>
    /// <exception cref="InterpException">The file is damaged, or holds no activations.</exception>
    public static ImportFile Open(string path)
    {
        IDisposable? file = null;
        try
        {
            if (!File.Exists(path))
                throw new InterpException($"There is no file {path}; give .npy, .safetensors or .pt files.");
            IReadOnlyList<ImportPart> parts = Path.GetExtension(path).ToLowerInvariant() switch
            {
                ".npy" => OfNpy(path, (Npy)(file = Npy.Open(path))),
                ".safetensors" => OfSafeTensors(path, (SafeTensors)(file = SafeTensors.Open(path))),
                ".pt" => OfTorch(path, (TorchArchive)(file = TorchArchive.Open(path))),
                _ => throw new InterpException($"{path} is neither .npy nor .safetensors nor .pt; convert it to one of these."),
            };
            return new ImportFile(path, file, parts);
        }
        catch
        {
            file?.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private static ImportPart[] OfNpy(string path, Npy file) => [Whole(path, file.Shape, file.Type, null, () => file.View())];

    private static ImportPart[] OfSafeTensors(string path, SafeTensors file)
    {
        var entries = file.Entries;
        var name = entries.ContainsKey("activations")
            ? "activations"
            : entries.Values.Where(entry => entry.Shape.Length >= 2 && SafeTensorsTypes.IsReal(entry.Type)).Select(entry => entry.Name).ToArray() is [var only]
                ? only
                : throw Fault(path, "has no tensor 'activations', nor just one matrix of real numbers");
        if (entries.ContainsKey("scale") && entries[name].Type == ScalarType.Int8)
            throw Fault(path, "is a shard of an int8 store; give the store's name instead of importing it");
        int[]? tokens = null;
        if (TokenNames.FirstOrDefault(entries.ContainsKey) is { } ids)
        {
            using var view = file.View(ids);
            tokens = Whole(path, view);
        }
        return [Whole(path, entries[name].Shape, entries[name].Type, tokens, () => file.View(name))];
    }

    private static List<ImportPart> OfTorch(string path, TorchArchive file)
    {
        var parts = new List<ImportPart>();
        Add(file.Value, 0);
        return parts;

        void Add(object? value, int depth)
        {
            if (depth > DeepestList)
                throw Fault(path, $"holds lists more than {DeepestList} deep");
            KeyValuePair<string, object?>[] record = value switch
            {
                TorchTensor single => [new("", single)],
                Dictionary<object, object?> fields => [.. fields.Select(field => KeyValuePair.Create(field.Key as string ?? "", field.Value))],
                IEnumerable<object?> items => [.. items.Select(item => KeyValuePair.Create("", item))],
                _ => [],
            };
            if (record.Where(field => field.Value is TorchTensor { Shape.Length: >= 1 } tensor && SafeTensorsTypes.IsReal(tensor.Type)).ToArray() is [var activations]
                && !record.Any(field => field.Value is List<object?> { Count: > 0 } inner && inner[0] is not long))
                parts.Add(Record(activations.Value as TorchTensor, record));
            else
                Array.ForEach(record, field => Add(field.Value is TorchTensor tensor && !SafeTensorsTypes.IsReal(tensor.Type) ? null : field.Value, depth + 1));
        }

        ImportPart Record(TorchTensor? activations, KeyValuePair<string, object?>[] record)
        {
            var ids = record.Where(field => field.Key == "" || TokenNames.Contains(field.Key)).Select(field => field.Value)
                .FirstOrDefault(value => value is List<object?> or object?[] || value is TorchTensor tensor && !SafeTensorsTypes.IsReal(tensor.Type));
            var tokens = ids switch
            {
                TorchTensor tensor => Loaded(tensor),
                IEnumerable<object?> numbers when numbers.All(number => number is >= 0L and <= int.MaxValue) => numbers.Select(number => (int)(long)number!).ToArray(),
                _ => null,
            };
            var part = Part(path, activations!.Shape, activations.Type, tokens, () => file.Load(activations));
            return part with { TextLength = part.TextLength ?? Math.Max(1, part.Rows) };
        }

        int[] Loaded(TorchTensor tensor)
        {
            using var values = file.Load(tensor);
            return Whole(path, values);
        }
    }

    /// <summary>All activations of a file, of which one dimension alone would not say whether it counts tokens or their numbers.</summary>
    private static ImportPart Whole(string path, long[] shape, ScalarType type, int[]? tokens, Func<Tensor> open) => shape.Length == 1
        ? throw Fault(path, $"holds {shape[0]} numbers in a row; activations are real numbers [tokens, width] or [texts, tokens, width]")
        : Part(path, shape, type, tokens, open);

    /// <summary>A vector is one token; before the last two dimensions may stand texts.</summary>
    private static ImportPart Part(string path, long[] shape, ScalarType type, int[]? tokens, Func<Tensor> open)
    {
        if (shape.Length == 0 || shape[^1] is < 1 or > int.MaxValue || !SafeTensorsTypes.IsReal(type))
            throw Fault(path, $"holds an array of shape [{string.Join(", ", shape)}] and type {type}; activations are real numbers [tokens, width] or [texts, tokens, width]");
        var rows = shape[..^1].Aggregate(1L, (product, size) => checked(product * size));
        if (tokens is not null && tokens.Length != rows)
            throw Fault(path, $"has {tokens.Length} token ids for {rows} tokens");
        return new ImportPart(rows, (int)shape[^1], shape.Length > 2 ? shape[^2] : null, tokens, (start, count) =>
        {
            using var scope = NewDisposeScope();
            return open().view(rows, shape[^1]).narrow(0, start, count).clone().MoveToOuterDisposeScope();
        });
    }

    internal static int[] Whole(string path, Tensor ids)
    {
        using var scope = NewDisposeScope();
        if (SafeTensorsTypes.IsReal(ids.dtype))
            throw Fault(path, $"has token ids of type {ids.dtype}, which are no whole numbers");
        var values = ids.to(ScalarType.Int64).reshape(-1).contiguous();
        var whole = new int[values.numel()];
        var span = TensorMemory.Span<long>(values);
        for (var i = 0; i < whole.Length; i++)
            whole[i] = span[i] is >= 0 and <= int.MaxValue ? (int)span[i] : throw Fault(path, $"has the token id {span[i]}");
        return whole;
    }

    private static InterpException Fault(string path, string what) => new($"{path} {what}.");
}
