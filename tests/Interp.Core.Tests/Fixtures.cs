namespace Interp.Core.Tests;

/// <summary>Golden values that the tests carry with them.</summary>
internal static class Fixtures
{
    /// <summary>Path of a fixture beside the test program.</summary>
    public static string Path(params string[] parts) =>
        System.IO.Path.Combine([AppContext.BaseDirectory, "fixtures", .. parts]);
}
