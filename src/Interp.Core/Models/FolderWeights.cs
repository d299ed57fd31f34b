using System.Text.Json;
using Interp.Formats;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Models;

/// <summary>The weights of a Hugging Face folder: one safetensors file, or shards with an index. Files open when first needed.</summary>
internal sealed class FolderWeights : IWeightSource
{
    private const string SingleFile = "model.safetensors";
    private const string IndexFile = "model.safetensors.index.json";

    private readonly string folder;
    private readonly ScalarType type;
    private readonly Device device;
    private readonly Dictionary<string, string>? shardOf;
    private readonly Dictionary<string, SafeTensors> files = [];
    private readonly Dictionary<string, Tensor> tensors = [];
    private readonly Lock gate = new();

    public FolderWeights(string folder, ScalarType type, Device device)
    {
        this.folder = folder;
        this.type = type;
        this.device = device;
        if (File.Exists(Path.Combine(folder, SingleFile)))
            return;
        var index = Path.Combine(folder, IndexFile);
        shardOf = File.Exists(index)
            ? ReadIndex(index)
            : throw new InterpException($"{folder} has neither {SingleFile} nor {IndexFile}; download the weights into it.");
    }

    /// <summary>The files that hold the weights, in ordinal order.</summary>
    public IReadOnlyList<string> Files =>
        [.. (shardOf?.Values ?? Enumerable.Repeat(SingleFile, 1)).Distinct().Order(StringComparer.Ordinal).Select(name => Path.Combine(folder, name))];

    public bool Holds(string name)
    {
        lock (gate)
            return shardOf?.ContainsKey(name) ?? FileOf(name).Entries.ContainsKey(name);
    }

    public Tensor Get(string name, params ReadOnlySpan<long> shape)
    {
        lock (gate)
        {
            if (tensors.TryGetValue(name, out var known))
                return known;
            var file = Checked(name, shape);
            using var outside = NewDisposeScope();
            var tensor = file.Entries[name].Type == type && device.type == TorchSharp.DeviceType.CPU
                ? file.View(name)
                : file.Load(name, type, device);
            tensors[name] = tensor.DetachFromDisposeScope();
            return tensor;
        }
    }

    /// <remarks>In float32 on the CPU a matrix of 16-bit numbers stays in the file and is widened where it is used.</remarks>
    public Projection Project(string name, long outputs, long inputs, bool bias = false, bool turned = false) =>
        !turned && Halves($"{name}.weight", outputs, inputs) is { } halves
            ? new MappedProjection(halves, bias ? Get($"{name}.bias", outputs) : null)
            : DenseProjection.Read(this, name, outputs, inputs, bias, turned);

    public Tensor Rows(string name, Tensor ids, long count, long width) =>
        Halves(name, count, width)?.Select(TensorMemory.Span<long>(ids.contiguous())) ?? Get(name, count, width).index_select(0, ids);

    public void Check(string name, params ReadOnlySpan<long> shape)
    {
        lock (gate)
            Checked(name, shape);
    }

    public void Dispose()
    {
        foreach (var tensor in tensors.Values)
            tensor.Dispose();
        foreach (var file in files.Values)
            file.Dispose();
        tensors.Clear();
        files.Clear();
    }

    private MappedMatrix? Halves(string name, long rows, long columns)
    {
        if (type != ScalarType.Float32 || device.type != TorchSharp.DeviceType.CPU)
            return null;
        lock (gate)
            return Checked(name, rows, columns).HalfMatrix(name);
    }

    /// <summary>The file of a tensor that has this shape and holds real numbers.</summary>
    private SafeTensors Checked(string name, params ReadOnlySpan<long> shape)
    {
        var file = FileOf(name);
        file.Require(name, shape);
        return SafeTensorsTypes.IsReal(file.Entries[name].Type)
            ? file
            : throw new InterpException($"{file.Path} stores '{name}' as {SafeTensorsTypes.NameOf(file.Entries[name].Type)}, whole numbers where weights are needed; use a checkpoint in 16 or 32 bits, or a GGUF file.");
    }

    private SafeTensors FileOf(string name)
    {
        var shard = SingleFile;
        if (shardOf is not null && !shardOf.TryGetValue(name, out shard))
            throw new InterpException($"{Path.Combine(folder, IndexFile)} names no file for the tensor '{name}'; the folder is incomplete or belongs to another model.");
        if (!files.TryGetValue(shard!, out var file))
            files[shard!] = file = SafeTensors.Open(Path.Combine(folder, shard!));
        return file;
    }

    private static Dictionary<string, string> ReadIndex(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("weight_map", out var map) || map.ValueKind != JsonValueKind.Object)
                throw new InterpException($"{path} has no weight_map; fetch the file again.");
            return map.EnumerateObject().ToDictionary(
                pair => pair.Name,
                pair => pair.Value.ValueKind == JsonValueKind.String && pair.Value.GetString() is { Length: > 0 } name && name == Path.GetFileName(name)
                    ? name
                    : throw new InterpException($"{path} places the tensor '{pair.Name}' in {pair.Value.GetRawText()}, which is no file of this folder; fetch the file again."),
                StringComparer.Ordinal);
        }
        catch (JsonException e)
        {
            throw new InterpException($"{path} is not JSON; fetch the file again.", e);
        }
    }
}
