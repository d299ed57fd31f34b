using Interp.Activations;
using Interp.Autoencoders;
using Interp.Hooks;
using Interp.Models;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Evaluation;

/// <summary>What a model loses when the activations at a hook are replaced, pooled in float64 over the predictions that count.</summary>
/// <param name="Predictions">Counted positions that have a next token.</param>
/// <param name="CeClean">Mean next-token cross-entropy of the untouched model, nats.</param>
/// <param name="Ce">The same with the replacement.</param>
/// <param name="Kl">Mean of Σ p (log p - log q), p clean, q replaced, nats.</param>
/// <param name="Top1Agreement">Share of predictions whose most likely token stays the same.</param>
/// <param name="DeltaError">Standard error of Ce - CeClean, from the spread over contexts.</param>
public sealed record SpliceResult(long Predictions, double CeClean, double Ce, double Kl, double Top1Agreement, double DeltaError)
{
    /// <summary>Ce - CeClean, nats.</summary>
    public double DeltaCe => Ce - CeClean;

    /// <summary>(baseline - spliced) / (baseline - clean), a ratio of pooled means, not clipped.</summary>
    public double Recovered(SpliceResult baseline) => (baseline.Ce - Ce) / (baseline.Ce - CeClean);
}

/// <summary>
/// Replaces activations at a hook and measures the next-token loss. Positions that do not count keep their clean activation;
/// the last position of a context predicts nothing. Of a transcoder, the hook is that of its target.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="hook">Where to replace.</param>
/// <param name="activations">The clean activations of the contexts' rows.</param>
/// <param name="contexts">The tokens.</param>
/// <param name="counted">Per row, whether it counts.</param>
/// <param name="device">Where the model is.</param>
public sealed class SpliceEvaluation(LanguageModel model, HookPoint hook, IActivationSource activations, TokenContexts contexts, bool[] counted, Device device)
{
    private const int Wave = 16;

    /// <summary>How many contexts, from the first on, are measured; all by default.</summary>
    public int Contexts { get; init; } = contexts.Count;

    /// <summary>For a transcoder, what it reads at an earlier hook, which replacing this one leaves as it is; null: the activations themselves.</summary>
    public IActivationSource? Inputs { get; init; }

    /// <summary>Is told how many rows are done.</summary>
    public Action<long>? Progress { get; init; }

    /// <summary>Everything becomes 0.</summary>
    public SpliceResult Zero(CancellationToken cancel = default) => Run(activations, rows => zeros_like(rows), cancel);

    /// <summary>Everything becomes one vector [d], such as the mean of the counted tokens.</summary>
    public SpliceResult Mean(double[] mean, CancellationToken cancel = default)
    {
        using var vector = tensor(mean.Select(value => (float)value).ToArray(), [mean.Length], device: CPU);
        return Run(activations, rows => vector.expand_as(rows).contiguous(), cancel);
    }

    /// <summary>Everything becomes what an autoencoder makes of it, or a transcoder of the <see cref="Inputs"/> of the same positions.</summary>
    public SpliceResult Autoencoder(SparseAutoencoder autoencoder, CancellationToken cancel = default) =>
        Run(Inputs ?? activations, rows => autoencoder.Reconstruct(rows).to(ScalarType.Float32).cpu(), cancel);

    /// <summary>Replaces the counted rows by what a function makes of the same rows of a source.</summary>
    private SpliceResult Run(IActivationSource read, Func<Tensor, Tensor> replace, CancellationToken cancel)
    {
        using var noGradient = no_grad();
        var sums = new ContextSums[Contexts];
        for (var first = 0; first < Contexts; first += Wave)
        {
            using var scope = NewDisposeScope();
            Workers.SingleThreaded();
            var count = Math.Min(Wave, Contexts - first);
            var (start, rows) = contexts.RowsOf(first, count);
            var clean = Rows(activations, start, rows);
            var keeps = tensor(counted.AsSpan(start, rows).ToArray(), [rows, 1], ScalarType.Bool, CPU);
            var replaced = where(keeps, replace(ReferenceEquals(read, activations) ? clean : Rows(read, start, rows)), clean);
            var wave = first;
            Workers.For(count, i => sums[wave + i] = Measure(wave + i, clean, replaced, start), cancel);
            Progress?.Invoke(start + rows);
        }
        return Pool(sums);
    }

    private static Tensor Rows(IActivationSource source, int start, int count)
    {
        var rows = empty([count, source.Width], dtype: ScalarType.Float32, device: CPU);
        source.Gather(Enumerable.Range(start, count).ToArray(), TensorMemory.Span<float>(rows));
        return rows;
    }

    private ContextSums Measure(int context, Tensor clean, Tensor replaced, int waveStart)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var (start, rows) = contexts.RowsOf(context);
        var scored = Enumerable.Range(0, rows - 1).Where(i => counted[start + i]).Select(i => (long)i).ToArray();
        if (scored.Length == 0)
            return default;
        var ids = tensor(contexts.Tokens.Slice(start, rows).ToArray().Select(id => (long)id).ToArray(), [1, rows], device: device);
        var positions = tensor(scored, [scored.Length], device: device);
        var next = ids[0].index_select(0, positions + 1).unsqueeze(1);
        var p = LogProbabilities(ids, clean.narrow(0, start - waveStart, rows), positions);
        var q = LogProbabilities(ids, replaced.narrow(0, start - waveStart, rows), positions);
        return new ContextSums(scored.Length, -Sum(p.gather(1, next)), -Sum(q.gather(1, next)), Sum(p.exp() * (p - q)),
            (p.argmax(1) == q.argmax(1)).sum().ToInt64());
    }

    private Tensor LogProbabilities(Tensor ids, Tensor rows, Tensor positions)
    {
        var values = rows.unsqueeze(0).to(model.Precision, device);
        var logits = hook.Site is HookSite.ResidPost or HookSite.ResidPre or HookSite.Embed
            ? model.Resume(hook, values)
            : model.Run(ids, [], [Intervention.Of(hook, clean => values.view(clean.shape))]).Logits!;
        var wide = logits.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        return logits[0].index_select(0, positions).to(wide).log_softmax(-1);
    }

    private static double Sum(Tensor values) => values.sum(type: ScalarType.Float64).ToDouble();

    private static SpliceResult Pool(ContextSums[] sums)
    {
        var n = sums.Sum(sum => sum.Predictions);
        if (n == 0)
            throw new InterpException("No prediction counts: every context is too short or all its positions are skipped; use longer contexts or skip fewer.");
        var (clean, spliced) = (sums.Sum(sum => sum.Clean), sums.Sum(sum => sum.Spliced));
        var delta = (spliced - clean) / n;
        var spread = sums.Sum(sum => Math.Pow(sum.Spliced - sum.Clean - delta * sum.Predictions, 2));
        return new SpliceResult(n, clean / n, spliced / n, sums.Sum(sum => sum.Kl) / n, sums.Sum(sum => sum.Agreeing) / (double)n, Math.Sqrt(spread) / n);
    }

    private readonly record struct ContextSums(long Predictions, double Clean, double Spliced, double Kl, long Agreeing);
}
