using System.Runtime.ExceptionServices;
using Interp.Activations;
using Interp.Runtime;

namespace Interp.Autoencoders;

/// <summary>
/// Trainings that go through the data together: those that read the same rows in the same order share each batch, read and
/// normalised once, and the threads always go on with the training that is furthest behind. What each computes is, bit for bit,
/// what it would compute alone.
/// </summary>
public static class TrainingPass
{
    /// <summary>Bytes of batches that are kept for those who are behind.</summary>
    private const long KeptBytes = 16 << 20;

    /// <summary>Calls <paramref name="body"/> for each training, all at once, of which as many compute as there are threads; returns when all have ended.</summary>
    /// <param name="trainings">How many; all are in memory at the same time.</param>
    /// <param name="body">Makes a <see cref="TrainingRun"/> at the place that it is given, and runs it. When one throws, the others are cancelled.</param>
    /// <param name="cancel">Asks all to stop.</param>
    public static void Run(int trainings, Action<TrainingPlace> body, CancellationToken cancel = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var threads = Workers.Count;
        var turns = new TrainingTurns(Math.Min(threads, trainings), trainings);
        using var feeds = new Feeds();
        Exception? failure = null;
        var training = trainings;
        int Share() => Math.Max(1, threads / Math.Max(1, Volatile.Read(ref training)));
        void Work(int number)
        {
            var outer = Workers.Share;
            Workers.Share = Share();
            turns.Join(number);
            try
            {
                body(new TrainingPlace(number, turns, feeds, Share, stop.Token));
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref failure, e, null);
                stop.Cancel();
            }
            finally
            {
                Interlocked.Decrement(ref training);
                turns.End(number);
                Workers.Share = outer;
            }
        }
        var others = Enumerable.Range(1, Math.Max(0, trainings - 1)).Select(number => WorkerThreads.Start(() => Work(number))).ToArray();
        if (trainings > 0)
            Work(0);
        foreach (var other in others)
            other.Wait();
        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);
    }

    /// <summary>The batches that the trainings of a pass share.</summary>
    internal sealed class Feeds : IDisposable
    {
        private readonly List<BatchFeed> feeds = [];

        /// <summary>The feed for a training, made by the first that needs it.</summary>
        public BatchFeed For(IActivationSource source, IActivationSource? target, SaeTrainer trainer)
        {
            var (spec, autoencoder) = (trainer.Spec, trainer.Autoencoder);
            lock (feeds)
            {
                var feed = feeds.Find(feed => feed.Serves(source, target, spec, autoencoder));
                if (feed is null)
                    feeds.Add(feed = new BatchFeed(source, target, spec, autoencoder, 2 * StepsPerTurn(spec, source, target)));
                return feed;
            }
        }

        /// <inheritdoc/>
        public void Dispose() => feeds.ForEach(feed => feed.Dispose());
    }

    /// <summary>
    /// Steps that a training takes before it looks whether others are behind: as many as keep few batches in memory, and all
    /// trainings within two shuffling windows.
    /// </summary>
    internal static int StepsPerTurn(TrainingSpec spec, IActivationSource source, IActivationSource? target)
    {
        var batchBytes = sizeof(float) * (long)spec.BatchSize * (source.Width + (target?.Width ?? 0));
        var window = spec.Window(source.Count) / (2 * spec.BatchSize);
        return (int)Math.Clamp(Math.Min(KeptBytes / 4 / batchBytes, window), 1, 16);
    }

    /// <summary>
    /// By how many steps a training that begins a turn may be ahead of another: as many as leave all within the batches that are kept, unless
    /// the other started far behind; with shuffling windows, as many as leave all within two of them.
    /// </summary>
    internal static TurnLead Lead(TrainingSpec spec, int turn) =>
        spec.ShuffleRows is { } window ? new(Math.Max(0, window / spec.BatchSize - turn), int.MaxValue) : new(turn, 4 * turn);
}

/// <summary>The place of one training in a <see cref="TrainingPass"/>.</summary>
public sealed class TrainingPlace
{
    private readonly TrainingTurns turns;
    private readonly Func<int> share;

    internal TrainingPlace(int number, TrainingTurns turns, TrainingPass.Feeds feeds, Func<int> share, CancellationToken cancel)
    {
        (Number, this.turns, Feeds, this.share, Cancel) = (number, turns, feeds, share, cancel);
    }

    /// <summary>Number of the training, from 0.</summary>
    public int Number { get; }

    /// <summary>Asks to stop: the caller's wish, or another training's failure.</summary>
    public CancellationToken Cancel { get; }

    internal TrainingPass.Feeds Feeds { get; }

    /// <summary>Lets others go on that are behind, then takes the threads that are this training's share of those still training.</summary>
    internal void Yield(int step, TurnLead lead)
    {
        turns.Yield(Number, step, lead);
        Workers.Share = share();
    }
}
