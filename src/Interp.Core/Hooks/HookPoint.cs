using System.Globalization;
using Interp.Runtime;

namespace Interp.Hooks;

/// <summary>Where inside the model a value is read or replaced; shapes are [batch, position, width].</summary>
public enum HookSite
{
    /// <summary>Token embeddings as they enter block 0.</summary>
    Embed,

    /// <summary>Residual stream before a block.</summary>
    ResidPre,

    /// <summary>What a block's attention adds to the residual stream.</summary>
    AttnOut,

    /// <summary>Residual stream between a block's attention and its MLP.</summary>
    ResidMid,

    /// <summary>
    /// What a block's MLP reads: the output of the norm before it (<c>post_attention_layernorm</c> in Hugging Face), the norm's weight
    /// included. TransformerLens' <c>ln2.hook_normalized</c> is the same where it folds the weight into the MLP or the norm is a LayerNorm;
    /// of an RMS norm that it leaves unfolded it shows the value before the weight.
    /// </summary>
    MlpIn,

    /// <summary>What a block's MLP adds to the residual stream.</summary>
    MlpOut,

    /// <summary>Residual stream after a block.</summary>
    ResidPost,
}

/// <summary>
/// A site of one layer. Parses and prints TransformerLens names; <c>blocks.16.hook_resid_post</c> is the output of block 16,
/// Hugging Face's <c>model.layers[16]</c>.
/// </summary>
/// <param name="Site">The kind of value.</param>
/// <param name="Layer">Index of the block, from 0; 0 for <see cref="HookSite.Embed"/>.</param>
public readonly record struct HookPoint(HookSite Site, int Layer) : IComparable<HookPoint>
{
    private static readonly (HookSite Site, string Name)[] Names =
    [
        (HookSite.ResidPre, "hook_resid_pre"),
        (HookSite.AttnOut, "hook_attn_out"),
        (HookSite.ResidMid, "hook_resid_mid"),
        (HookSite.MlpIn, "ln2.hook_normalized"),
        (HookSite.MlpOut, "hook_mlp_out"),
        (HookSite.ResidPost, "hook_resid_post"),
    ];

    private static readonly string[] NotServed =
    [
        "hook_pos_embed", "hook_attn_in", "hook_mlp_in", "attn.hook_q", "attn.hook_k", "attn.hook_v", "attn.hook_z",
        "attn.hook_rot_q", "attn.hook_rot_k", "attn.hook_attn_scores", "attn.hook_pattern", "attn.hook_result",
        "mlp.hook_pre", "mlp.hook_pre_linear", "mlp.hook_post", "ln1.hook_scale", "ln1.hook_normalized",
        "ln2.hook_scale", "ln_final.hook_scale", "ln_final.hook_normalized",
    ];

    /// <summary>The residual stream after block <paramref name="layer"/>.</summary>
    public static HookPoint ResidPost(int layer) => new(HookSite.ResidPost, layer);

    /// <summary>Reads a TransformerLens name.</summary>
    /// <exception cref="InterpException">The name is unknown, or names a point that this library does not serve.</exception>
    public static HookPoint Parse(string name)
    {
        if (TryParse(name, out var point))
            return point;
        var parts = name.Split('.', 3);
        var site = parts.Length == 3 && parts[0] == "blocks" ? parts[2] : name;
        if (NotServed.Contains(site))
            throw new InterpException($"The hook point '{name}' is not served; the residual stream and the outputs of attention and MLP are, such as blocks.2.hook_resid_post, and what the MLP reads, blocks.2.ln2.hook_normalized.");
        var layer = parts.Length == 3 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
        var near = NearestName.Of(name, Names.Select(pair => new HookPoint(pair.Site, layer).ToString()).Append("hook_embed"));
        throw new InterpException($"The hook point '{name}' is unknown; {(near is null ? "write it like blocks.2.hook_resid_post" : $"the nearest is {near}")}.");
    }

    /// <summary>Reads a TransformerLens name; false when it is none that is served.</summary>
    public static bool TryParse(string name, out HookPoint point)
    {
        point = default;
        if (name == "hook_embed")
            return true;
        var parts = name.Split('.', 3);
        if (parts.Length != 3 || parts[0] != "blocks" || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var layer))
            return false;
        var found = Array.FindIndex(Names, pair => pair.Name == parts[2]);
        if (found < 0)
            return false;
        point = new HookPoint(Names[found].Site, layer);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        if (Site == HookSite.Embed)
            return "hook_embed";
        var site = Site;
        return string.Create(CultureInfo.InvariantCulture, $"blocks.{Layer}.{Array.Find(Names, pair => pair.Site == site).Name}");
    }

    /// <summary>Order of the forward pass.</summary>
    public int CompareTo(HookPoint other) => (Layer, Site).CompareTo((other.Layer, other.Site));
}
