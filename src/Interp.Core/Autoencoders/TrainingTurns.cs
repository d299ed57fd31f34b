namespace Interp.Autoencoders;

/// <summary>Who of many trainings may compute on few threads: always those that are furthest behind.</summary>
/// <param name="threads">How many compute at once.</param>
/// <param name="trainings">How many there are; none computes before all have joined.</param>
internal sealed class TrainingTurns(int threads, int trainings)
{
    private readonly object gate = new();
    private readonly List<Waiting> queue = [];
    private readonly Dictionary<int, int> running = [];

    private int joined;

    /// <summary>Waits until all have joined and it is the turn of the training with this number.</summary>
    public void Join(int number)
    {
        lock (gate)
            joined++;
        Begin(number, -1, TurnLead.Any);
    }

    private void Begin(int number, int step, TurnLead lead)
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
    public void Yield(int number, int step, TurnLead lead)
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
        while (joined == trainings && running.Count < threads && queue.Where(waiting => !IsAhead(waiting.Step, waiting.Lead)).MinBy(waiting => (waiting.Step, waiting.Number)) is { } next)
        {
            queue.Remove(next);
            running[next.Number] = next.Step;
            next.Signal.Release();
        }
    }

    private bool IsAhead(int step, TurnLead lead) => running.Values.Any(other => step - other > lead.Steps && step - other <= lead.Reach);

    private sealed record Waiting(int Step, int Number, TurnLead Lead, SemaphoreSlim Signal);
}

/// <summary>By how far a training may be ahead of one that computes, which the system may hold up.</summary>
/// <param name="Steps">The most that it may be ahead.</param>
/// <param name="Reach">One that is farther behind than this is not waited for.</param>
internal readonly record struct TurnLead(int Steps, int Reach)
{
    /// <summary>By as many steps as it happens.</summary>
    public static readonly TurnLead Any = new(int.MaxValue, int.MaxValue);
}
