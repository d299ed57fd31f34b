namespace Interp.Studio;

/// <summary>What the server is started with.</summary>
public sealed record StudioOptions
{
    /// <summary>Port of the loopback address; 0 takes a free one.</summary>
    public int Port { get; init; } = 5000;

    /// <summary>A folder whose files are served in place of the built-in pages, so that they can be edited while the server runs; null: the built-in ones.</summary>
    public string? Assets { get; init; }

    /// <summary>The folder of the result tables.</summary>
    public string Results { get; init; } = "results";
}
