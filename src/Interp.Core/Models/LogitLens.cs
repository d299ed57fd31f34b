using Interp.Hooks;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Models;

/// <summary>Reads residual streams in terms of the model's logits. Returned tensors belong to the caller (or to its dispose scope).</summary>
public static class LogitLens
{
    /// <summary>
    /// The logits [..., V] that the model would give if a residual stream [..., d] were its last: through the final norm with the divisor of
    /// this stream, the head, and the cap where there is one.
    /// </summary>
    public static Tensor Logits(LanguageModel model, Tensor residual)
    {
        RequireWidth(model, residual, "residual stream");
        using var scope = NewDisposeScope();
        return model.Decoder.Head(residual, HookSession.Silent()).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// What a part of the residual stream adds directly to the logits of tokens, before any cap: the final norm's divisor is that of the whole
    /// stream, and its weights are folded into the head. The parts that sum to the stream, with <see cref="Bias"/>, sum to the logits.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="part">[B, P, d], such as a captured attn_out, mlp_out or embedding.</param>
    /// <param name="last">[B, P, d], the residual stream after the last block of the same run.</param>
    /// <param name="tokens">int64 [B, P], the token whose logit is asked for at each position.</param>
    /// <returns>[B, P].</returns>
    /// <exception cref="InterpException">A shape does not fit, or a token is outside the vocabulary.</exception>
    public static Tensor Attribution(LanguageModel model, Tensor part, Tensor last, Tensor tokens)
    {
        RequireWidth(model, part, "part");
        RequireWidth(model, last, "last residual stream");
        using var scope = NewDisposeScope();
        var share = Norm.Share(model.Config, model.Decoder.HeadWeights().Norm, part, last);
        return (share * Rows(model, tokens)).sum(-1).MoveToOuterDisposeScope();
    }

    /// <summary>What the bias of the final norm adds to the logits of tokens, int64 [B, P]; 0 where the norm has none.</summary>
    public static Tensor Bias(LanguageModel model, Tensor tokens)
    {
        using var scope = NewDisposeScope();
        var rows = Rows(model, tokens);
        var bias = model.Decoder.HeadWeights().Norm.Bias;
        return (bias is null ? zeros_like(rows) : rows * bias).sum(-1).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// What directions [n, d] of the last residual stream add to all logits [n, V] per unit of the final norm's divisor, with the norm's weights
    /// folded into the head and the mean over the vocabulary, which changes no probability, taken away.
    /// </summary>
    /// <exception cref="InterpException">The directions do not have the model's width.</exception>
    public static Tensor Effects(LanguageModel model, Tensor directions)
    {
        RequireWidth(model, directions, "direction");
        using var scope = NewDisposeScope();
        var (norm, rows) = model.Decoder.HeadWeights();
        var folded = Norm.Undivided(model.Config, norm, directions.to(rows.device));
        var effects = folded.mm((rows.dtype == ScalarType.BFloat16 ? rows.to(ScalarType.Float32) : rows).t().to(folded.dtype));
        return effects.sub_(effects.mean([1], keepdim: true)).MoveToOuterDisposeScope();
    }

    /// <summary>The points whose values sum to the residual stream after the last block: embeddings and what each block adds.</summary>
    public static IReadOnlyList<HookPoint> Parts(ModelConfig config) =>
        [.. config.HookPoints().Where(point => point.Site is HookSite.Embed or HookSite.PosEmbed or HookSite.AttnOut or HookSite.MlpOut)];

    /// <summary>The head's rows of tokens, [B, P, d], in float32 at least.</summary>
    private static Tensor Rows(LanguageModel model, Tensor tokens)
    {
        var largest = tokens.max().ToInt64();
        if (largest >= model.Config.VocabularySize)
            throw new InterpException($"The logit of the token id {largest} is asked for, but the model's vocabulary has {model.Config.VocabularySize}; use ids of the model.");
        var rows = model.Decoder.HeadWeights().Rows.index_select(0, tokens.to(model.Device).reshape(-1)).view([.. tokens.shape, model.Config.Width]);
        return rows.dtype == ScalarType.BFloat16 ? rows.to(ScalarType.Float32) : rows;
    }

    private static void RequireWidth(LanguageModel model, Tensor values, string what)
    {
        if (values.dim() < 1 || values.size(-1) != model.Config.Width)
            throw new InterpException($"The {what} has the shape [{string.Join(", ", values.shape)}], but the model is {model.Config.Width} wide; give values of a point as wide as the residual stream.");
    }
}
