namespace Interp.Autoencoders;

/// <summary>Who of many trainings may compute on few threads: always those that are furthest behind.</summary>
/// <param name="threads">How many compute at once.</param>
internal sealed class TrainingTurns(int threads)
{
    private readonly object gate = new();
    private readonly List<Waiting> queue = [];
    private int free = threads;

    /// <summary>Waits until it is the turn of the training with this number, which has taken so many steps.</summary>
    public void Begin(int number, int step)
    {
        using var signal = new SemaphoreSlim(0);
        lock (gate)
        {
            queue.Add(new Waiting(step, number, signal));
            Call();
        }
        signal.Wait();
    }

    /// <summary>Gives the turn back.</summary>
    public void End()
    {
        lock (gate)
        {
            free++;
            Call();
        }
    }

    /// <summary>Lets those who wait and are behind go first.</summary>
    public void Yield(int number, int step)
    {
        lock (gate)
        {
            if (!queue.Exists(waiting => waiting.Step < step))
                return;
        }
        End();
        Begin(number, step);
    }

    private void Call()
    {
        while (free > 0 && queue.Count > 0)
        {
            var next = queue.MinBy(waiting => (waiting.Step, waiting.Number))!;
            queue.Remove(next);
            free--;
            next.Signal.Release();
        }
    }

    private sealed record Waiting(int Step, int Number, SemaphoreSlim Signal);
}
