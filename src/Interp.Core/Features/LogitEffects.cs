using Interp.Models;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Features;

/// <summary>A token and what a latent adds to its logit.</summary>
/// <param name="Token">Its id.</param>
/// <param name="Effect">Logits per unit of the normalised stream.</param>
public readonly record struct LogitEffect(int Token, float Effect);

/// <summary>
/// The direct effect of decoder rows on the logits: W_dec·diag(γ)·W_Uᵀ with the final norm's weights γ folded into the head and the mean over
/// the vocabulary taken away, which changes no probability. A norm that subtracts the mean does so with the rows as well.
/// </summary>
public static class LogitEffects
{
    /// <summary>Latents of one product.</summary>
    private const int Piece = 256;

    /// <summary>The tokens that each latent raises and lowers most.</summary>
    /// <param name="model">The model whose residual stream the rows are written to.</param>
    /// <param name="rows">Decoder rows [M, d].</param>
    /// <param name="count">Tokens of each side.</param>
    /// <param name="progress">Is told how many latents are done.</param>
    /// <param name="cancel">Asks to stop.</param>
    /// <returns>Per latent the most raised tokens, largest first, and the most lowered, lowest first; ties by the lower id.</returns>
    /// <exception cref="InterpException">The rows do not have the model's width.</exception>
    public static IEnumerable<(LogitEffect[] Raised, LogitEffect[] Lowered)> Of(LanguageModel model, Tensor rows, int count, Action<int>? progress = null, CancellationToken cancel = default)
    {
        for (var at = 0; at < rows.size(0); at += Piece)
        {
            cancel.ThrowIfCancellationRequested();
            foreach (var latent in OfPiece(model, rows, at, (int)Math.Min(Piece, rows.size(0) - at), count))
                yield return latent;
            progress?.Invoke((int)Math.Min(at + Piece, rows.size(0)));
        }
    }

    private static (LogitEffect[] Raised, LogitEffect[] Lowered)[] OfPiece(LanguageModel model, Tensor rows, int at, int latents, int count)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var effects = LogitLens.Effects(model, rows.narrow(0, at, latents)).to(ScalarType.Float32, CPU).contiguous();
        var vocabulary = (int)effects.size(1);
        var result = new (LogitEffect[], LogitEffect[])[latents];
        Workers.For(latents, latent =>
        {
            var row = TensorMemory.Span<float>(effects).Slice(latent * vocabulary, vocabulary);
            result[latent] = (Extremes(row, count, 1), Extremes(row, count, -1));
        });
        return result;
    }

    /// <summary>The largest of sign·effect in their order.</summary>
    private static LogitEffect[] Extremes(ReadOnlySpan<float> row, int count, float sign)
    {
        var best = new BoundedBest<int>(count);
        for (var token = 0; token < row.Length; token++)
            best.Offer(sign * row[token], token, token);
        return [.. best.Ordered().Select(item => new LogitEffect(item.Item, sign * item.Score))];
    }
}
