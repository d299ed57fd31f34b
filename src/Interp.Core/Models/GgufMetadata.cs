using System.Globalization;
using Interp.Formats;
using Interp.Runtime;

namespace Interp.Models;

/// <summary>Reads the metadata of a GGUF file's architecture (keys <c>llama.block_count</c> and so on); what is missing or mistyped is an error that names it.</summary>
internal sealed class GgufMetadata(Gguf file, string architecture)
{
    private const int LargestSize = 10_000_000;

    /// <summary>Keys that say what tensors and other keys say as well, or what a forward pass does not depend on.</summary>
    private static readonly string[] Harmless =
        ["vocab_size", "tensor_data_layout", "rope.scaling.original_context_length", "rope.scaling.finetuned", "pooling_type"];

    private readonly HashSet<string> read = [];

    /// <summary>A whole number of 1 or more.</summary>
    public int Size(string key) => OptionalSize(key) ?? throw Fault(key, "is missing");

    /// <summary>A whole number of <paramref name="smallest"/> or more, or null where there is none.</summary>
    public int? OptionalSize(string key, int smallest = 1) => Whole(Key(key), smallest);

    /// <summary>The id of a token (keys <c>tokenizer.ggml.*_token_id</c>), or null where there is none.</summary>
    public int? OptionalId(string token) => Whole($"tokenizer.ggml.{token}_token_id", 0);

    /// <summary>A number above 0.</summary>
    public double Number(string key) => OptionalNumber(key) ?? throw Fault(key, "is missing");

    /// <summary>A number above 0, or null where there is none. The file's float32 is taken at its shortest decimal form, as its writer had it.</summary>
    public double? OptionalNumber(string key) => file.Metadata.GetValueOrDefault(Key(key)) switch
    {
        null => null,
        double number when number > 0 && double.IsFinite(number) => double.Parse(((float)number).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture),
        _ => throw Fault(key, "is no number above 0"),
    };

    /// <summary>A text, or null where there is none.</summary>
    public string? OptionalText(string key) => file.Metadata.GetValueOrDefault(Key(key)) switch
    {
        null => null,
        string text => text,
        _ => throw Fault(key, "is no text"),
    };

    /// <summary>Whether the file has a tensor of this name.</summary>
    public bool Holds(string tensor) => file.Tensors.ContainsKey(tensor);

    /// <summary>The values of a small tensor, or null where there is none.</summary>
    public double[]? OptionalValues(string tensor)
    {
        if (!Holds(tensor))
            return null;
        using var values = file.Load(tensor);
        return [.. TensorMemory.Span<float>(values).ToArray().Select(value => (double)value)];
    }

    /// <summary>Rows of a matrix.</summary>
    public long RowsOf(string tensor) => file.Tensors.TryGetValue(tensor, out var entry)
        ? entry.Shape[0]
        : throw new InterpException($"{file.Path} has no tensor '{tensor}'; it holds no whole model.");

    /// <summary>Fails on a setting of the architecture that nobody read, unless it is empty, 0 or false, or known to leave the computation as it is.</summary>
    public void RequireAllServed()
    {
        foreach (var (key, value) in file.Metadata)
        {
            if (key.StartsWith($"{architecture}.", StringComparison.Ordinal) && !read.Contains(key) && !Harmless.Contains(key[(architecture.Length + 1)..]) && !IsOff(key, value))
                throw new InterpException($"In {file.Path}, '{key}' is {Shortened(value)}, a setting that is not known here and may change what the model computes; use another file.");
        }
    }

    /// <summary>What is wrong with a key.</summary>
    public InterpException Fault(string key, string what) => FaultOf(Key(key), what);

    private static bool IsOff(string key, object value) => value switch
    {
        ulong number => number == 0,
        long number => number == 0,
        double number => number == 0,
        bool flag => flag == key.EndsWith(".attention.causal", StringComparison.Ordinal),
        string text => text.Length == 0,
        Array items => items.Length == 0,
        _ => false,
    };

    private static string Shortened(object value)
    {
        var text = value is Array items ? $"a list of {items.Length}" : Convert.ToString(value, CultureInfo.InvariantCulture)!;
        return text.Length > 60 ? text[..60] + "…" : text;
    }

    private string Key(string key)
    {
        var full = $"{architecture}.{key}";
        read.Add(full);
        return full;
    }

    private int? Whole(string key, int smallest) => file.Metadata.GetValueOrDefault(key) switch
    {
        null => null,
        ulong size when size >= (ulong)smallest && size <= LargestSize => (int)size,
        long size when size >= smallest && size <= LargestSize => (int)size,
        _ => throw FaultOf(key, $"is not a whole number between {smallest} and {LargestSize}"),
    };

    private InterpException FaultOf(string key, string what) => new($"In {file.Path}, '{key}' {what}; fetch the file again or use another.");
}
