using System.Runtime.ExceptionServices;
using Interp.Runtime;

namespace Interp.Activations;

/// <summary>Does one piece of work after the other on a thread of its own, at most one at a time, beside the caller.</summary>
internal sealed class BackgroundWork : IDisposable
{
    private WorkerThreads.Slot? running;
    private Exception? failure;

    /// <summary>Starts a piece of work when the one before has ended.</summary>
    /// <exception cref="Exception">What the one before failed with.</exception>
    public void Start(Action work)
    {
        Wait();
        running = WorkerThreads.Start(() =>
        {
            try
            {
                Workers.SingleThreaded();
                work();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
    }

    /// <summary>Waits for what was started last.</summary>
    /// <exception cref="Exception">What it failed with.</exception>
    public void Wait()
    {
        Dispose();
        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);
    }

    /// <summary>Waits for what was started last, however it ends.</summary>
    public void Dispose()
    {
        running?.Wait();
        running = null;
    }
}
