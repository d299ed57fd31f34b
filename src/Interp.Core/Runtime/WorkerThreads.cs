using System.Collections.Concurrent;
using System.Diagnostics;

namespace Interp.Runtime;

/// <summary>Background threads that are kept for reuse, because a thread's libtorch settings belong to it.</summary>
internal static class WorkerThreads
{
    private static readonly ConcurrentBag<Slot> Idle = [];

    /// <summary>Runs <paramref name="work"/>, which must not throw, on an idle or new thread.</summary>
    public static Slot Start(Action work)
    {
        if (!Idle.TryTake(out var slot))
            slot = new Slot();
        slot.Run(work);
        return slot;
    }

    /// <summary>One thread; after <see cref="Wait"/> it goes back to the idle ones.</summary>
    internal sealed class Slot
    {
        private readonly SemaphoreSlim given = new(0);
        private readonly SemaphoreSlim finished = new(0);
        private Action work = static () => { };

        public Slot() => new Thread(Loop) { IsBackground = true, Name = "interp worker" }.Start();

        public void Run(Action next)
        {
            work = next;
            given.Release();
        }

        public void Wait()
        {
            Await(finished);
            Idle.Add(this);
        }

        /// <summary>As <see cref="Wait"/>, but work that has not begun is taken back and never done.</summary>
        public void Recall()
        {
            if (!given.Wait(0))
                Await(finished);
            Idle.Add(this);
        }

        /// <summary>Looks for a millisecond before it sleeps: waking a sleeping thread can take longer than a piece of work.</summary>
        private static void Await(SemaphoreSlim signal)
        {
            var until = Stopwatch.GetTimestamp() + Stopwatch.Frequency / 1000;
            while (signal.CurrentCount == 0 && Stopwatch.GetTimestamp() < until)
                Thread.SpinWait(20);
            signal.Wait();
        }

        private void Loop()
        {
            while (true)
            {
                Await(given);
                work();
                finished.Release();
            }
        }
    }
}
