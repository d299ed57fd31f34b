using System.Globalization;
using Interp.Runtime;

namespace Interp.Hooks;

/// <summary>The names of hook points.</summary>
internal static class HookNames
{
    private static readonly (HookSite Site, string Name, string? Short)[] Whole =
    [
        (HookSite.Embed, "hook_embed", "embed"),
        (HookSite.PosEmbed, "hook_pos_embed", "pos_embed"),
        (HookSite.FinalNormScale, "ln_final.hook_scale", null),
        (HookSite.FinalNorm, "ln_final.hook_normalized", null),
    ];

    private static readonly (HookSite Site, string Name, string? Short)[] InBlock =
    [
        (HookSite.ResidPre, "hook_resid_pre", "resid_pre"),
        (HookSite.AttnNormScale, "ln1.hook_scale", null),
        (HookSite.AttnIn, "ln1.hook_normalized", null),
        (HookSite.Query, "attn.hook_q", "q"),
        (HookSite.Key, "attn.hook_k", "k"),
        (HookSite.Value, "attn.hook_v", "v"),
        (HookSite.RotQuery, "attn.hook_rot_q", "rot_q"),
        (HookSite.RotKey, "attn.hook_rot_k", "rot_k"),
        (HookSite.AttnScores, "attn.hook_attn_scores", "attn_scores"),
        (HookSite.Pattern, "attn.hook_pattern", "pattern"),
        (HookSite.Mixed, "attn.hook_z", "z"),
        (HookSite.AttnOut, "hook_attn_out", "attn_out"),
        (HookSite.ResidMid, "hook_resid_mid", "resid_mid"),
        (HookSite.MlpNormScale, "ln2.hook_scale", null),
        (HookSite.MlpIn, "ln2.hook_normalized", null),
        (HookSite.MlpPre, "mlp.hook_pre", "mlp_pre"),
        (HookSite.MlpPreLinear, "mlp.hook_pre_linear", "mlp_pre_linear"),
        (HookSite.MlpPost, "mlp.hook_post", "mlp_post"),
        (HookSite.MlpOut, "hook_mlp_out", "mlp_out"),
        (HookSite.ResidPost, "hook_resid_post", "resid_post"),
        (HookSite.ResidPost, "hook_resid_post", "layers"),
    ];

    /// <summary>Points of TransformerLens that no family here has, and what to use.</summary>
    private static readonly Dictionary<string, string> NotServed = new()
    {
        ["hook_attn_in"] = "one copy of the residual stream per head is never made; use hook_resid_pre",
        ["hook_mlp_in"] = "it is a copy of the residual stream; use hook_resid_mid, or hook_resid_pre where attention and MLP are parallel",
        ["attn.hook_result"] = "what each head writes is never formed by itself; use attn.hook_z",
        ["unembed"] = "the logits are a result of every run",
    };

    public static string Of(HookSite site) =>
        Array.Find(Whole, entry => entry.Site == site) is { Name: { } name } ? name : Array.Find(InBlock, entry => entry.Site == site).Name;

    public static bool TryParse(string name, out HookPoint point)
    {
        point = default;
        var (site, layer) = Split(name);
        var table = layer is null ? Whole : InBlock;
        var full = layer is null || name.StartsWith("blocks.", StringComparison.Ordinal);
        var found = Array.FindIndex(table, entry => (full && entry.Name == site) || entry.Short == site);
        if (found < 0)
            return false;
        point = new HookPoint(table[found].Site, layer ?? 0);
        return true;
    }

    /// <summary>Why a name cannot be read.</summary>
    public static InterpException Fault(string name)
    {
        var (site, layer) = Split(name);
        if (NotServed.TryGetValue(site, out var reason))
            return new InterpException($"The hook point '{name}' is not served: {reason}.");
        var near = NearestName.Of(name, InBlock.Select(entry => new HookPoint(entry.Site, layer ?? 0).ToString()).Concat(Whole.Select(entry => entry.Name)))
            ?? NearestShort(name, layer);
        return new InterpException($"The hook point '{name}' is unknown; {(near is null ? "write it like blocks.2.hook_resid_post" : $"the nearest is {near}")}.");
    }

    /// <summary>The whole name of the nearest short form with a layer.</summary>
    private static string? NearestShort(string name, int? layer) =>
        layer is not null
        && NearestName.Of(name, InBlock.Where(entry => entry.Short is not null).Select(entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Short}.{layer}"))) is { } near
        && TryParse(near, out var point) ? point.ToString() : null;

    /// <summary><c>blocks.16.site</c>, <c>site.16</c> or a name without a layer.</summary>
    private static (string Site, int? Layer) Split(string name)
    {
        var parts = name.Split('.', 3);
        if (parts is ["blocks", var number, var site] && Number(number) is { } layer)
            return (site, layer);
        var rest = name.StartsWith("model.layers.", StringComparison.Ordinal) ? name["model.".Length..] : name;
        var dot = rest.LastIndexOf('.');
        return dot > 0 && Number(rest[(dot + 1)..]) is { } last ? (rest[..dot], last) : (name, null);
    }

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
