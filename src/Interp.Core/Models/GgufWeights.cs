using Interp.Formats;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Models;

/// <summary>
/// The weights of a GGUF file under their Hugging Face names. In float32 on the CPU matrices stay in the mapped file and are decoded where they
/// are used; otherwise, and for vectors, tensors are dequantised when first needed.
/// </summary>
internal sealed class GgufWeights(Gguf file, ModelConfig config, ScalarType type, Device device) : IWeightSource
{
    private readonly GgufArchitecture architecture = GgufArchitecture.Of(file);
    private readonly Dictionary<string, Tensor> tensors = [];
    private readonly Lock gate = new();

    private bool StaysMapped => type == ScalarType.Float32 && device.type == DeviceType.CPU;

    public bool Holds(string name) => architecture.NameInFile(name) is { } stored && file.Tensors.ContainsKey(stored);

    public Tensor Get(string name, params ReadOnlySpan<long> shape)
    {
        lock (gate)
        {
            if (tensors.TryGetValue(name, out var known))
                return known;
            var loaded = Load(name, shape);
            tensors[name] = loaded;
            return loaded;
        }
    }

    public void Check(string name, params ReadOnlySpan<long> shape) => Stored(name, shape);

    public Projection Project(string name, long outputs, long inputs, bool bias = false, bool turned = false)
    {
        if (!StaysMapped)
            return DenseProjection.Read(this, name, outputs, inputs, bias, turned);
        var weight = $"{name}.weight";
        var stored = turned ? Stored(weight, inputs, outputs) : Stored(weight, outputs, inputs);
        return new MappedProjection(file.Matrix(stored, HasPairedRows(weight) ? PairedRows((int)outputs) : null), bias ? Get($"{name}.bias", outputs) : null);
    }

    public Tensor Rows(string name, Tensor ids, long count, long width) => StaysMapped
        ? file.Matrix(Stored(name, count, width)).Select(TensorMemory.Span<long>(ids.contiguous()))
        : Get(name, count, width).index_select(0, ids);

    public void Dispose()
    {
        foreach (var tensor in tensors.Values)
            tensor.Dispose();
        tensors.Clear();
        file.Dispose();
    }

    private Tensor Load(string name, ReadOnlySpan<long> shape)
    {
        using var scope = NewDisposeScope();
        var tensor = file.Load(Stored(name, shape));
        if (HasPairedRows(name))
            tensor = tensor.index_select(0, torch.tensor(PairedRows((int)shape[0]), device: CPU));
        if (IsTurned(name, shape))
            tensor = tensor.t();
        if (architecture.HasShiftedNorms && shape.Length == 1)
            tensor = tensor - 1;
        return tensor.to(type, device).DetachFromDisposeScope();
    }

    /// <summary>The name in the file of a tensor that is there, can be read and has the shape.</summary>
    private string Stored(string name, params ReadOnlySpan<long> shape)
    {
        var stored = architecture.NameInFile(name)
            ?? throw new InterpException($"The weight '{name}' has no counterpart in {file.Path}, a file of the architecture '{architecture.Name}'.");
        file.RequireServed(stored);
        var held = file.Tensors[stored].Shape;
        if (!(IsTurned(name, shape) ? [.. held.Reverse()] : held).AsSpan().SequenceEqual(shape))
            throw new InterpException($"{file.Path} holds '{stored}' with shape [{string.Join(", ", held)}] where [{string.Join(", ", shape.ToArray())}] is needed; its metadata and tensors do not belong together.");
        return stored;
    }

    private bool HasPairedRows(string name) => architecture.HasPairedRows
        && (name.Contains(".q_proj.", StringComparison.Ordinal) || name.Contains(".k_proj.", StringComparison.Ordinal));

    private bool IsTurned(string name, ReadOnlySpan<long> shape) =>
        architecture.HasTurnedMatrices && shape.Length == 2 && name.StartsWith(architecture.BlockPrefix + ".", StringComparison.Ordinal);

    /// <summary>Where row j·half+i of a head is in the file: 2i+j.</summary>
    private int[] PairedRows(int rows)
    {
        var (head, half) = (config.HeadWidth, config.HeadWidth / 2);
        return [.. Enumerable.Range(0, rows).Select(row => row / head * head + 2 * (row % head % half) + row % head / half)];
    }
}
