namespace Interp.Autoencoders;

/// <summary>Who of many trainings may compute on few threads: always those that are furthest behind.</summary>
/// <param name="threads">How many compute at once.</param>
internal sealed class TrainingTurns(int threads)
{
    private readonly object gate = new();
    private readonly List<Waiting> queue = [];
    private readonly Dictionary<int, int> running = [];

    /// <summary>Waits until it is the turn of the training with this number, which has taken so many steps.</summary>
    /// <param name="number">The training.</param>
    /// <param name="step">Its steps so far.</param>
    /// <param name="lead">By how many steps it may be ahead of one that computes, which the system may hold up.</param>
    public void Begin(int number, int step, int lead = int.MaxValue)
    {
        using var signal = new SemaphoreSlim(0);
        lock (gate)
        {
            queue.Add(new Waiting(step, number, lead, signal));
            Call();
        }
        signal.Wait();
    }

    /// <summary>Gives a training's turn back.</summary>
    public void End(int number)
    {
        lock (gate)
        {
            running.Remove(number);
            Call();
        }
    }

    /// <summary>Lets those who wait and are behind go first, and waits for those who compute and are too far behind.</summary>
    public void Yield(int number, int step, int lead)
    {
        lock (gate)
        {
            running[number] = step;
            Call();
            if (!queue.Exists(waiting => waiting.Step < step) && !IsAhead(step, lead))
                return;
        }
        End(number);
        Begin(number, step, lead);
    }

    private void Call()
    {
        while (running.Count < threads && queue.Where(waiting => !IsAhead(waiting.Step, waiting.Lead)).MinBy(waiting => (waiting.Step, waiting.Number)) is { } next)
        {
            queue.Remove(next);
            running[next.Number] = next.Step;
            next.Signal.Release();
        }
    }

    private bool IsAhead(int step, int lead) => running.Values.Any(other => (long)step - other > lead);

    private sealed record Waiting(int Step, int Number, int Lead, SemaphoreSlim Signal);
}
