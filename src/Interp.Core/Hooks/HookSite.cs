namespace Interp.Hooks;

/// <summary>
/// Where inside the model a value is read or replaced, in the order of the forward pass. Shapes: B rows, P positions, d the residual width,
/// H heads (of k and v: the key and value heads), D the width of a head, M the width of the MLP.
/// </summary>
public enum HookSite
{
    /// <summary>Token embeddings, scaled where the family scales them, without positions; [B, P, d].</summary>
    Embed,

    /// <summary>Learned position embeddings; [B, P, d].</summary>
    PosEmbed,

    /// <summary>Residual stream before a block; [B, P, d].</summary>
    ResidPre,

    /// <summary>Divisor of the norm before attention; [B, P, 1].</summary>
    AttnNormScale,

    /// <summary>
    /// What a block's attention reads: the output of the norm before it, the norm's weight included; [B, P, d]. Related to
    /// TransformerLens' <c>ln1.hook_normalized</c> as <see cref="MlpIn"/> is to <c>ln2.hook_normalized</c>.
    /// </summary>
    AttnIn,

    /// <summary>Queries before any norm of heads and before rotation; [B, P, H, D].</summary>
    Query,

    /// <summary>Keys before any norm of heads and before rotation; [B, P, H, D].</summary>
    Key,

    /// <summary>Values; [B, P, H, D].</summary>
    Value,

    /// <summary>Rotated queries; [B, P, H, D].</summary>
    RotQuery,

    /// <summary>Rotated keys; [B, P, H, D].</summary>
    RotKey,

    /// <summary>Attention scores, scaled, capped and masked (hidden keys at -1e30); [B, H, P, keys].</summary>
    AttnScores,

    /// <summary>Attention probabilities; [B, H, P, keys].</summary>
    Pattern,

    /// <summary>Values mixed by the pattern, before the projection out of attention; [B, P, H, D].</summary>
    Mixed,

    /// <summary>What a block's attention adds to the residual stream; [B, P, d].</summary>
    AttnOut,

    /// <summary>Residual stream between a block's attention and its MLP; [B, P, d].</summary>
    ResidMid,

    /// <summary>Divisor of the norm before the MLP; [B, P, 1].</summary>
    MlpNormScale,

    /// <summary>
    /// What a block's MLP reads: the output of the norm before it (<c>post_attention_layernorm</c> in Hugging Face), the norm's weight
    /// included; [B, P, d]. TransformerLens' <c>ln2.hook_normalized</c> is the same where it folds the weight into the MLP or the norm is a
    /// LayerNorm; of an RMS norm that it leaves unfolded it shows the value before the weight.
    /// </summary>
    MlpIn,

    /// <summary>What the MLP's nonlinearity reads; [B, P, M].</summary>
    MlpPre,

    /// <summary>What a gated MLP multiplies the activated gate with; [B, P, M].</summary>
    MlpPreLinear,

    /// <summary>What the projection out of the MLP reads; [B, P, M].</summary>
    MlpPost,

    /// <summary>What a block's MLP adds to the residual stream; [B, P, d].</summary>
    MlpOut,

    /// <summary>Residual stream after a block; [B, P, d].</summary>
    ResidPost,

    /// <summary>Divisor of the norm before the head; [B, P, 1].</summary>
    FinalNormScale,

    /// <summary>What the head reads: the output of the last norm, its weight included; [B, P, d].</summary>
    FinalNorm,
}
