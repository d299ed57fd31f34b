using System.Security.Cryptography;
using Interp.Runtime;

namespace Interp.Formats;

/// <summary>Identities of files.</summary>
internal static class FileDigest
{
    /// <summary>SHA-256 (hex) of a file's bytes.</summary>
    /// <exception cref="InterpException">The file cannot be read.</exception>
    public static string Sha256(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            return Convert.ToHexStringLower(SHA256.HashData(stream));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InterpException($"{path} cannot be read: {e.Message}", e);
        }
    }
}
