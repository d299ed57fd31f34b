using System.Text.Json;
using Interp.Runtime;

namespace Interp.Tokenization;

/// <summary>Finds the files of a tokenizer in a folder.</summary>
internal static class TokenizerFiles
{
    private const string Definition = "tokenizer.json";
    private const string Reference = "tokenizer.txt";
    private const long MaxBytes = 1L << 30;

    /// <summary>
    /// The definition that a path leads to: a file as it is; in a folder <c>tokenizer.json</c>, or that of the folder, beside it or named by
    /// its path, that <c>tokenizer.txt</c> names.
    /// </summary>
    public static string Find(string path)
    {
        if (File.Exists(path))
            return path;
        if (!Directory.Exists(path))
            throw new InterpException($"There is no tokenizer at {path}; give a folder with {Definition}, that file, or a .gguf file.");
        if (Path.Combine(path, Definition) is var file && File.Exists(file))
            return file;
        if (Path.Combine(path, Reference) is var reference && File.Exists(reference))
            return FindNamed(path, reference);
        throw new InterpException($"The folder {path} has no {Definition}; only tokenizers of that form and .gguf files are served.");
    }

    private static string FindNamed(string folder, string reference)
    {
        var name = System.Text.Encoding.UTF8.GetString(Read(reference)).Trim();
        if (name.Length is 0 or > 1024 || name.Contains('\0'))
            throw new InterpException($"{reference} names no folder; write the name of a folder with {Definition} into it.");
        var parent = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))) ?? folder;
        return new[] { Path.Combine(parent, name, Definition), Path.Combine(folder, name, Definition) }.FirstOrDefault(File.Exists)
            ?? throw new InterpException($"{reference} names the folder '{name}', which is not beside {folder} or has no {Definition}.");
    }

    public static byte[] Read(string file)
    {
        try
        {
            return new FileInfo(file) is { Length: > MaxBytes } large
                ? throw new InterpException($"{file} has {large.Length} bytes, too many for what it should be.")
                : File.ReadAllBytes(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InterpException($"{file} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>The texts of the tokens that begin and end a text, from the configuration files of a folder.</summary>
    public static (string? Bos, string? Eos) Ends(string folder)
    {
        (string? Bos, string? Eos) ends = default;
        foreach (var name in new[] { "tokenizer_config.json", "special_tokens_map.json" })
        {
            if (Path.Combine(folder, name) is var file && !File.Exists(file))
                continue;
            var root = JsonField.Parse(Read(file), file);
            ends = (ends.Bos ?? Content(root["bos_token"]), ends.Eos ?? Content(root["eos_token"]));
        }
        return ends;
    }

    private static string? Content(JsonField token) =>
        token.Value.ValueKind == JsonValueKind.Object ? token["content"].OptionalText : token.OptionalText;
}
