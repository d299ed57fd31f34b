namespace Interp.Studio.Tests.Browser;

/// <summary>The system's Chromium, which the browser tests drive.</summary>
internal static class Chromium
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

    /// <summary>Why the browser tests are skipped where <see cref="Path"/> is null.</summary>
    public const string Missing = "no Chromium on this machine: install the package chromium, or name the program in INTERP_CHROMIUM";

    /// <summary>The program; null: there is none.</summary>
    public static string? Path { get; } = Find();

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("INTERP_CHROMIUM") is { Length: > 0 } named)
            return named;
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        return Names.SelectMany(name => folders.Select(folder => System.IO.Path.Combine(folder, name))).FirstOrDefault(File.Exists);
    }
}
