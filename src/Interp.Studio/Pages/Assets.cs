using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace Interp.Studio.Pages;

/// <summary>A file of the pages.</summary>
/// <param name="Bytes">What it holds.</param>
/// <param name="Tag">Of what it holds.</param>
internal sealed record Asset(byte[] Bytes, EntityTagHeaderValue Tag)
{
    public static Asset Of(byte[] bytes) => new(bytes, new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes)[..8])}\""));
}

/// <summary>The files of the pages, by their names with / between folders.</summary>
internal interface IAssets
{
    Asset? Find(string name);

    /// <summary>Those of a folder, or the built-in ones.</summary>
    static IAssets Of(string? folder) => folder is null ? new EmbeddedAssets() : new FolderAssets(folder);
}

/// <summary>Those built into the program.</summary>
internal sealed class EmbeddedAssets : IAssets
{
    private const string Prefix = "wwwroot/";

    private static readonly FrozenDictionary<string, Asset> Files = Read();

    /// <summary>The names of all, in order.</summary>
    public IEnumerable<string> Names => Files.Keys.Order(StringComparer.Ordinal);

    public Asset? Find(string name) => Files.GetValueOrDefault(name);

    private static FrozenDictionary<string, Asset> Read()
    {
        var assembly = typeof(EmbeddedAssets).Assembly;
        return assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .ToFrozenDictionary(name => name[Prefix.Length..], name =>
            {
                using var stream = assembly.GetManifestResourceStream(name)!;
                var bytes = new byte[stream.Length];
                stream.ReadExactly(bytes);
                return Asset.Of(bytes);
            }, StringComparer.Ordinal);
    }
}

/// <summary>Those of a folder, as they are at each request; only names that the folder lists are found.</summary>
internal sealed class FolderAssets(string folder) : IAssets
{
    public Asset? Find(string name) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .FirstOrDefault(file => Path.GetRelativePath(folder, file).Replace('\\', '/') == name) is { } found
            ? Asset.Of(File.ReadAllBytes(found))
            : null;
}
