using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Models;

/// <summary>Which hook points a model has.</summary>
public static class HookSupport
{
    /// <summary>Why a model has no such point, as the rest of a sentence that begins with it; null when it has.</summary>
    public static string? WhyNot(this ModelConfig config, HookPoint point)
    {
        if (point.Layer < 0 || point.Layer >= config.LayerCount)
            return $"lies outside the model, whose blocks are 0 to {config.LayerCount - 1}";
        return point.Site switch
        {
            HookSite.PosEmbed when config.Rope is not null => "does not exist in this model, which rotates queries and keys instead of adding positions",
            HookSite.RotQuery or HookSite.RotKey when config.Rope is null => "does not exist in this model, which adds positions to the embeddings instead of rotating",
            HookSite.ResidMid when config.ParallelResidual => "does not exist in this model, whose attention and MLP both read the block's input",
            HookSite.MlpPreLinear when !config.GatedMlp => "does not exist in this model, whose MLP has no gate",
            _ => null,
        };
    }

    /// <summary>Why a point has no row per position, as the rest of a sentence that begins with it; null when it has.</summary>
    public static string? WhyNoRows(HookPoint point) => point.IsAttentionMap
        ? $"has a number for each pair of tokens, not a row for each token; activations are rows, such as those of {new HookPoint(HookSite.Mixed, point.Layer)}"
        : null;

    /// <summary>Numbers of a value at a point for each position, all heads together.</summary>
    /// <exception cref="InterpException">The point has no row per position.</exception>
    public static int WidthOf(this ModelConfig config, HookPoint point) => point.Site switch
    {
        HookSite.AttnNormScale or HookSite.MlpNormScale or HookSite.FinalNormScale => 1,
        HookSite.Query or HookSite.RotQuery or HookSite.Mixed => (int)config.QueryWidth,
        HookSite.Key or HookSite.RotKey or HookSite.Value => (int)config.KeyValueWidth,
        HookSite.MlpPre or HookSite.MlpPreLinear or HookSite.MlpPost => config.MlpWidth,
        HookSite.AttnScores or HookSite.Pattern => throw new InterpException($"The hook {point} {WhyNoRows(point)}."),
        _ => config.Width,
    };

    /// <summary>All points that a model has, in the order of the forward pass.</summary>
    public static IEnumerable<HookPoint> HookPoints(this ModelConfig config) =>
        Enum.GetValues<HookSite>()
            .SelectMany(site => Enumerable.Range(0, config.LayerCount).Select(layer => new HookPoint(site, layer)))
            .Where(point => point.Layer == 0 || !(point.IsBeforeBlocks || point.IsAfterBlocks))
            .Where(point => config.WhyNot(point) is null)
            .Order();

    /// <exception cref="InterpException">The model has no such point.</exception>
    internal static void Require(this ModelConfig config, HookPoint point)
    {
        if (config.WhyNot(point) is { } reason)
            throw new InterpException($"The hook point {point} {reason}.");
    }
}
