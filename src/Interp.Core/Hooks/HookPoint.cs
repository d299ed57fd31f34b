using System.Globalization;
using Interp.Runtime;

namespace Interp.Hooks;

/// <summary>
/// A site of one layer. Parses and prints TransformerLens names; <c>blocks.16.hook_resid_post</c> is the output of block 16,
/// Hugging Face's <c>model.layers[16]</c>. Short forms: <c>resid_post.16</c>, <c>pattern.16</c>, <c>mlp_post.16</c>, <c>layers.16</c>.
/// </summary>
/// <param name="Site">The kind of value.</param>
/// <param name="Layer">Index of the block, from 0; 0 for the sites before and after the blocks.</param>
public readonly record struct HookPoint(HookSite Site, int Layer) : IComparable<HookPoint>
{
    /// <summary>The residual stream after block <paramref name="layer"/>.</summary>
    public static HookPoint ResidPost(int layer) => new(HookSite.ResidPost, layer);

    /// <summary>Whether the site lies before all blocks.</summary>
    public bool IsBeforeBlocks => Site is HookSite.Embed or HookSite.PosEmbed;

    /// <summary>Whether the site lies after all blocks.</summary>
    public bool IsAfterBlocks => Site is HookSite.FinalNormScale or HookSite.FinalNorm;

    /// <summary>Whether a value is the residual stream or a part of what is added to it, [B, P, d].</summary>
    public bool WritesToStream => Site is HookSite.Embed or HookSite.PosEmbed or HookSite.ResidPre or HookSite.ResidMid or HookSite.ResidPost or HookSite.AttnOut or HookSite.MlpOut;

    /// <summary>Whether a value has one row for each query and a column for each key, [B, H, P, keys].</summary>
    public bool IsAttentionMap => Site is HookSite.AttnScores or HookSite.Pattern;

    /// <summary>Reads a TransformerLens name or a short form.</summary>
    /// <exception cref="InterpException">The name is unknown, or names a point that this library does not serve.</exception>
    public static HookPoint Parse(string name) =>
        TryParse(name, out var point) ? point : throw HookNames.Fault(name);

    /// <summary>Reads a TransformerLens name or a short form; false when it is none that is served.</summary>
    public static bool TryParse(string name, out HookPoint point) => HookNames.TryParse(name, out point);

    /// <summary>Blocks that a pass runs through, whole or in part, to reach the point.</summary>
    public int BlocksNeeded(int layerCount) => IsBeforeBlocks ? 0 : IsAfterBlocks ? layerCount : Layer + 1;

    /// <inheritdoc/>
    public override string ToString() => IsBeforeBlocks || IsAfterBlocks
        ? HookNames.Of(Site)
        : string.Create(CultureInfo.InvariantCulture, $"blocks.{Layer}.{HookNames.Of(Site)}");

    /// <summary>Order of the forward pass.</summary>
    public int CompareTo(HookPoint other) => (Depth, Site).CompareTo((other.Depth, other.Site));

    private int Depth => IsBeforeBlocks ? -1 : IsAfterBlocks ? int.MaxValue : Layer;
}
