using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Interp.Features;

namespace Interp.Studio.Api;

/// <summary>Which latents of the dictionary are meant, by the figures of the atlas.</summary>
internal record LatentFilters
{
    [Description("Least share of the tokens on which it fires."), Range(0.0, 1.0)]
    public double? MinDensity { get; init; }

    [Description("Greatest share of the tokens on which it fires."), Range(0.0, 1.0)]
    public double? MaxDensity { get; init; }

    [Description("Least maximum."), Range(0.0, double.MaxValue)]
    public double? MinMax { get; init; }

    [Description("true: only latents that never fired in the atlas; false: none of them; null: both.")]
    public bool? Dead { get; init; }

    /// <summary>The same for a search.</summary>
    public LatentFilter ToFilter() => new() { MinDensity = MinDensity, MaxDensity = MaxDensity, MinMax = MinMax, Dead = Dead };
}
