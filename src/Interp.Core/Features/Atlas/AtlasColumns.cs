namespace Interp.Features;

/// <summary>Names of an atlas's files, and of the tensors of <c>latents.safetensors</c>, each with a row per latent.</summary>
internal static class AtlasColumns
{
    public const int Format = 2;

    public const string SummaryFile = "atlas.json", PagesFile = "pages.jsonl", ColumnsFile = "latents.safetensors", SearchFile = "search.txt";

    /// <summary>int64 [M]: tokens on which it fires.</summary>
    public const string Count = "count";

    /// <summary>float32 [M]: share of the counted tokens.</summary>
    public const string Density = "density";

    /// <summary>float32 [M].</summary>
    public const string Max = "max";

    /// <summary>float32 [M]: over the tokens on which it fires.</summary>
    public const string Mean = "mean";

    /// <summary>float32 [M]: the place on the map.</summary>
    public const string MapX = "map_x", MapY = "map_y";

    /// <summary>int64 [M, <see cref="ActivationHistogram.Bins"/>].</summary>
    public const string Histogram = "histogram";

    /// <summary>int64 [M + 1]: where each line of the pages begins, and the end of the last.</summary>
    public const string Pages = "pages";
}
