using Interp.Activations;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Autoencoders;

/// <summary>
/// Trains on a source for several passes. The order of the data is one fresh permutation of all rows per pass, one after the
/// other; a batch may straddle two passes, and the last rows of the last pass that fill no batch are left out.
/// </summary>
public sealed class TrainingRun : IDisposable
{
    private readonly TrainingPlace? place;
    private readonly BatchFeed feed;
    private readonly int turn;

    /// <summary>A run of a trainer as it stands, which the run owns from now on.</summary>
    internal TrainingRun(IActivationSource source, IActivationSource? target, SaeTrainer trainer, TrainingPlace? place)
    {
        Trainer = trainer;
        this.place = place;
        feed = place?.Feeds.For(source, target, trainer) ?? new BatchFeed(source, target, trainer.Spec, trainer.Autoencoder, kept: 0);
        turn = TrainingPass.StepsPerTurn(trainer.Spec, source, target);
    }

    /// <summary>The trainer, owned by the run.</summary>
    public SaeTrainer Trainer { get; }

    /// <summary>Optimiser steps of a recipe on a number of tokens: int(passes · tokens / batch).</summary>
    /// <exception cref="InterpException">The tokens do not fill one batch, or are more than 2³¹, or make more steps than that.</exception>
    public static int StepsFor(TrainingSpec spec, long tokens)
    {
        if (tokens is < 1 or > int.MaxValue || spec.Passes * tokens < spec.BatchSize)
            throw new InterpException($"{tokens} training tokens in {spec.Passes} passes cannot be trained on with batches of {spec.BatchSize}; use between one batch and 2^31 tokens.");
        var steps = spec.Passes * tokens / spec.BatchSize;
        return steps <= int.MaxValue ? (int)steps : throw new InterpException($"{spec.Passes} passes over {tokens} tokens are {steps} steps, more than {int.MaxValue}; lower the passes.");
    }

    /// <summary>A run from its beginning; normalisation and start weights come from a sample of the source.</summary>
    /// <param name="spec">The recipe.</param>
    /// <param name="source">What is read.</param>
    /// <param name="device">Where to train.</param>
    /// <param name="kernel">Which kernel.</param>
    /// <param name="target">For a transcoder, what the rows of the source are to become.</param>
    /// <param name="place">Its place among others on the same data; null: it trains alone.</param>
    public static TrainingRun Start(TrainingSpec spec, IActivationSource source, Device device, SaeKernel kernel = SaeKernel.Automatic, IActivationSource? target = null, TrainingPlace? place = null)
    {
        spec.Validate();
        var steps = StepsFor(spec, source.Count);
        if (target is not null && target.Count != source.Count)
            throw new InterpException($"The source has {source.Count} rows and the target {target.Count}; give activations of the same tokens.");
        using var sample = Sample(source, spec);
        using var targetSample = target is null ? null : Sample(target, spec);
        return new TrainingRun(source, target, new SaeTrainer(spec, SaeInitialisation.Create(spec, sample, device, target: targetSample), steps, kernel), place);
    }

    /// <summary>A run that goes on from a checkpoint of <see cref="SaeTrainer.Save"/>, bit for bit as if it had not stopped.</summary>
    /// <exception cref="InterpException">The checkpoint belongs to another recipe or source.</exception>
    public static TrainingRun Resume(string checkpoint, TrainingSpec spec, IActivationSource source, Device device, SaeKernel kernel = SaeKernel.Automatic, IActivationSource? target = null, TrainingPlace? place = null)
    {
        var trainer = SaeTrainer.Load(checkpoint, spec, device, kernel);
        if (trainer.TotalSteps != StepsFor(spec, source.Count) || trainer.Autoencoder.Width != source.Width)
        {
            trainer.Dispose();
            throw new InterpException($"{checkpoint} belongs to a run of other length or width than this recipe has on this data; delete it to start again.");
        }
        return new TrainingRun(source, target, trainer, place);
    }

    /// <summary>Evenly spread steps at which to validate: after each of them, ending with the last step.</summary>
    public static IReadOnlyList<int> Points(int totalSteps, int count) =>
        [.. Enumerable.Range(1, count).Select(i => (int)((long)totalSteps * i / count)).Where(step => step > 0).Distinct()];

    /// <summary>Trains until the end, a divergence (<see cref="StepReport.HasDiverged"/>), or cancellation.</summary>
    /// <param name="afterStep">Is told of every step; <see cref="SaeTrainer.CompletedSteps"/> has moved. Validation and checkpoints go here.</param>
    /// <param name="cancel">Asks to stop between steps.</param>
    /// <returns>Whether the run reached its end without diverging.</returns>
    public bool Run(Action<StepReport> afterStep, CancellationToken cancel = default) => RunTo(Trainer.TotalSteps, afterStep, cancel);

    /// <summary>As <see cref="Run"/>, until so many steps have been taken.</summary>
    internal bool RunTo(int end, Action<StepReport> afterStep, CancellationToken cancel)
    {
        while (Trainer.CompletedSteps < end)
        {
            cancel.ThrowIfCancellationRequested();
            if (Trainer.CompletedSteps % turn == 0)
                place?.Yield(Trainer.CompletedSteps, TrainingPass.Lead(Trainer.Spec, turn));
            StepReport report;
            using (var lease = feed.Take(Trainer.CompletedSteps))
                report = Trainer.Step(lease.Batch);
            afterStep(report);
            if (report.HasDiverged)
                return false;
        }
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (place is null)
            feed.Dispose();
        Trainer.Dispose();
    }

    /// <summary>Up to <see cref="SaeInitialisation.SampleRows"/> rows of a source's first window, drawn by the seed [n, d] float32; the caller disposes.</summary>
    internal static Tensor Sample(IActivationSource source, TrainingSpec spec)
    {
        var chosen = new RandomStream(spec.Seed, "train/sample").Permutation(spec.Window(source.Count));
        if (chosen.Length > SaeInitialisation.SampleRows)
            chosen = chosen[..SaeInitialisation.SampleRows];
        Array.Sort(chosen);
        return BatchFeed.Gather(source, chosen).DetachFromDisposeScope();
    }
}
