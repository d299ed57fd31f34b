using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Formats;

/// <summary>One tensor of a GGUF file.</summary>
/// <param name="Name">Name in the file.</param>
/// <param name="Format">Number of its block format (ggml type).</param>
/// <param name="Shape">Dimensions, slowest first (the file lists them fastest first).</param>
/// <param name="Offset">Position of its first byte in the file.</param>
public sealed record GgufTensor(string Name, uint Format, long[] Shape, long Offset);

/// <summary>A GGUF file (llama.cpp's format), mapped into memory; opening reads and checks the header alone.</summary>
public sealed class Gguf : IDisposable
{
    private readonly MappedFile file;

    private Gguf(MappedFile file)
    {
        this.file = file;
        var header = new GgufHeader(file);
        Metadata = header.Metadata;
        Tensors = header.Tensors;
    }

    /// <summary>Opens a file.</summary>
    /// <exception cref="InterpException">The file is missing or malformed.</exception>
    public static Gguf Open(string path)
    {
        var file = new MappedFile(path);
        try
        {
            return new Gguf(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Path that the file was opened by.</summary>
    public string Path => file.Path;

    /// <summary>Metadata by key: ulong, long, double, bool, string, string[] or object[].</summary>
    public IReadOnlyDictionary<string, object> Metadata { get; }

    /// <summary>The tensors by name, in the order of the file.</summary>
    public IReadOnlyDictionary<string, GgufTensor> Tensors { get; }

    /// <summary>The dequantised values as a float32 CPU tensor that the caller owns.</summary>
    /// <exception cref="InterpException">The tensor is missing, or its format is not served.</exception>
    public Tensor Load(string name)
    {
        using var values = Matrix(name).ToTensor();
        return values.view(Tensors[name].Shape);
    }

    /// <summary>A tensor as it lies in the file, decoded where it is used; valid until this is disposed.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="order">Row i of the result is row order[i] of the file; null for the order of the file.</param>
    /// <exception cref="InterpException">The tensor is missing, or its format is not served.</exception>
    internal MappedMatrix Matrix(string name, int[]? order = null)
    {
        var format = RequireServed(name);
        return new MappedMatrix(file, format, Tensors[name].Offset, Tensors[name].Shape, order);
    }

    /// <summary>The format of a tensor that is there and can be read.</summary>
    internal GgufBlockFormat RequireServed(string name)
    {
        if (!Tensors.TryGetValue(name, out var entry))
            throw new InterpException($"{Path} has no tensor '{name}'; the file is incomplete or belongs to another architecture.");
        return GgufBlockFormat.Find(entry.Format)
            ?? throw new InterpException($"{Path} stores '{name}' in the block format {entry.Format}, which is not served; these are: {string.Join(", ", GgufBlockFormat.All.Select(known => known.Name))}.");
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();
}
