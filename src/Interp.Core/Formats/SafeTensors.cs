using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Formats;

/// <summary>A safetensors file, mapped into memory; opening reads and checks the header alone.</summary>
public sealed class SafeTensors : IDisposable
{
    private readonly MappedFile file;

    private SafeTensors(MappedFile file)
    {
        this.file = file;
        (Entries, Metadata) = SafeTensorsHeader.Read(file);
    }

    /// <summary>Opens a file.</summary>
    /// <exception cref="InterpException">The file is missing, or its header is malformed.</exception>
    public static SafeTensors Open(string path)
    {
        var file = new MappedFile(path);
        try
        {
            return new SafeTensors(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Path that the file was opened by.</summary>
    public string Path => file.Path;

    /// <summary>The tensors by name, in the order of the header.</summary>
    public IReadOnlyDictionary<string, TensorEntry> Entries { get; }

    /// <summary>The header's <c>__metadata__</c>; empty when there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>A CPU tensor over the mapped file, not copied: read it, dispose it before this, never write into it.</summary>
    public Tensor View(string name)
    {
        var entry = Find(name);
        return file.View(entry.Offset, entry.Shape, entry.Type);
    }

    /// <summary>A copy of the tensor in another type or on another device; the caller owns it.</summary>
    public Tensor Load(string name, ScalarType type, Device device)
    {
        using var view = View(name);
        return view.to(type, device, copy: true);
    }

    /// <summary>A tensor of 16-bit numbers as it lies in the file, widened where it is used; null for one of another type.</summary>
    internal MappedMatrix? HalfMatrix(string name)
    {
        var entry = Find(name);
        var format = entry.Type switch
        {
            ScalarType.Float16 => GgufBlockFormat.F16,
            ScalarType.BFloat16 => GgufBlockFormat.BF16,
            _ => null,
        };
        return format is null ? null : new MappedMatrix(file, format, entry.Offset, entry.Shape);
    }

    /// <summary>Checks that the tensor has this shape; -1 allows any size.</summary>
    /// <exception cref="InterpException">The tensor is missing or shaped otherwise.</exception>
    public void Require(string name, params ReadOnlySpan<long> shape)
    {
        var entry = Find(name);
        var fits = entry.Shape.Length == shape.Length;
        for (var i = 0; fits && i < shape.Length; i++)
            fits = shape[i] < 0 || shape[i] == entry.Shape[i];
        if (!fits)
            throw new InterpException($"{Path} holds '{name}' with shape [{string.Join(", ", entry.Shape)}] where [{string.Join(", ", shape.ToArray())}] is needed; the file belongs to another configuration.");
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private TensorEntry Find(string name) =>
        Entries.TryGetValue(name, out var entry)
            ? entry
            : throw new InterpException($"{Path} has no tensor '{name}'{(NearestName.Of(name, Entries.Keys) is { } near ? $" (the nearest is '{near}')" : "")}; the file belongs to another model or is incomplete.");
}
