namespace Interp.Runtime;

/// <summary>The per-user cache: <c>$XDG_CACHE_HOME/interp</c>, else <c>~/.cache/interp</c>, else a folder of this user's in the temporary folder.</summary>
public static class CacheFolder
{
    /// <summary>A folder of the cache, made if it is absent.</summary>
    public static string Get(string name)
    {
        foreach (var root in Candidates())
        {
            try
            {
                return Directory.CreateDirectory(Path.Combine(root, name)).FullName;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A home folder that cannot be written to is no obstacle: the next candidate serves.
            }
        }
        throw new InterpException("No folder for cached files can be written; set XDG_CACHE_HOME to one.");
    }

    private static IEnumerable<string> Candidates()
    {
        if (Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache)
            yield return Path.Combine(cache, "interp");
        if (Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) is { Length: > 0 } home)
            yield return Path.Combine(home, ".cache", "interp");
        yield return Path.Combine(Path.GetTempPath(), $"interp-{Environment.UserName}");
    }
}
