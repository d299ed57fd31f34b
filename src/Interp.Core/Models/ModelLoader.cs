using System.Security.Cryptography;
using Interp.Formats;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Models;

/// <summary>Opens checkpoints: Hugging Face folders and .gguf files.</summary>
internal static class ModelLoader
{
    public static LanguageModel Load(string path, Device device, ScalarType precision)
    {
        path = HuggingFaceCache.Resolve(path);
        if (IsGguf(path))
            return LoadGguf(path, device, precision);
        var (config, family) = ReadConfig(path);
        var source = new FolderWeights(path, precision, device);
        return new LanguageModel(config, family, source, precision, device, () => DigestOf(source.Files.Prepend(ConfigPath(path))));
    }

    public static ModelConfig Describe(string path)
    {
        path = HuggingFaceCache.Resolve(path);
        if (!IsGguf(path))
            return ReadConfig(path).Config;
        RequireFile(path);
        using var file = Gguf.Open(path);
        return GgufConfig.Read(file);
    }

    private static bool IsGguf(string path) => path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase);

    private static LanguageModel LoadGguf(string path, Device device, ScalarType precision)
    {
        RequireFile(path);
        var file = Gguf.Open(path);
        try
        {
            var config = GgufConfig.Read(file);
            return new LanguageModel(config, ModelFamily.Of(config.Architecture, path), new GgufWeights(file, config, precision, device), precision, device,
                () => DigestOf([path]));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static void RequireFile(string path)
    {
        if (!File.Exists(path))
            throw new InterpException($"There is no model file {path}; give a .gguf file or a Hugging Face folder.");
    }

    private static string ConfigPath(string folder) => Path.Combine(folder, "config.json");

    private static (ModelConfig Config, ModelFamily Family) ReadConfig(string path)
    {
        if (!Directory.Exists(path))
            throw new InterpException($"There is no model folder {path}; give a Hugging Face folder or a .gguf file.");
        if (!File.Exists(ConfigPath(path)))
            throw new InterpException($"{path} holds no config.json; give a Hugging Face folder or a .gguf file.");
        var json = ConfigJson.Read(ConfigPath(path));
        var architecture = json.Texts("architectures").FirstOrDefault() ?? throw json.Fault("architectures", "is missing");
        var family = ModelFamily.Of(architecture, json.Path);
        var config = family.Read(json, architecture);
        return (config with { EosIds = GenerationEnds(path) ?? config.EosIds }, family);
    }

    /// <summary>The tokens at which transformers ends a text: those of <c>generation_config.json</c>, where it names some.</summary>
    private static IReadOnlyList<int>? GenerationEnds(string folder)
    {
        var path = Path.Combine(folder, "generation_config.json");
        return File.Exists(path) && ConfigJson.Read(path).Ids("eos_token_id") is { Count: > 0 } ids ? ids : null;
    }

    private static string DigestOf(IEnumerable<string> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files)
        {
            using var stream = File.OpenRead(file);
            hash.AppendData(SHA256.HashData(stream));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
