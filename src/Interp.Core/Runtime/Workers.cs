using TorchSharp;

namespace Interp.Runtime;

/// <summary>
/// Runs independent pieces of work side by side. Inside, every libtorch operation uses one thread, so results depend on how
/// the caller cut the work, never on how many threads there are.
/// </summary>
/// <remarks>
/// The rule of the whole library: cut work into pieces of a size that the spec fixes, compute each piece on one thread, and
/// combine the pieces in their order.
/// </remarks>
public static class Workers
{
    /// <summary>Threads that a call in this thread may use; 0: all.</summary>
    [ThreadStatic]
    private static int share;

    private static int count = Environment.ProcessorCount;

    /// <summary>How many threads work side by side; the default is the number of processors.</summary>
    public static int Count
    {
        get => count;
        set => count = value >= 1 ? value : throw new InterpException($"The number of threads is {value}; give 1 or more.");
    }

    /// <summary>Calls <paramref name="body"/> for 0 .. <paramref name="pieces"/>-1, in any order, and waits for all.</summary>
    /// <remarks>A call from inside a piece runs in the calling thread, so nesting is safe and adds no threads. Grad mode and
    /// dispose scopes are per thread: a body opens its own.</remarks>
    public static void For(int pieces, Action<int> body, CancellationToken cancel = default)
    {
        var threads = Math.Min(pieces, Share);
        if (threads <= 1)
        {
            SingleThreaded();
            for (var i = 0; i < pieces; i++)
            {
                cancel.ThrowIfCancellationRequested();
                body(i);
            }
            return;
        }

        var next = -1;
        var failures = new Exception?[threads];
        void Work(int worker)
        {
            var outer = share;
            share = 1;
            try
            {
                SingleThreaded();
                for (var i = Interlocked.Increment(ref next); i < pieces; i = Interlocked.Increment(ref next))
                {
                    cancel.ThrowIfCancellationRequested();
                    body(i);
                }
            }
            catch (Exception e)
            {
                failures[worker] = e;
                Volatile.Write(ref next, pieces);
            }
            finally
            {
                share = outer;
            }
        }

        var others = Enumerable.Range(1, threads - 1).Select(worker => WorkerThreads.Start(() => Work(worker))).ToArray();
        Work(0);
        foreach (var other in others)
            other.Recall(); // one that has not begun has nothing left to do
        if (failures.FirstOrDefault(e => e is not null) is { } failure)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
    }

    /// <summary>How many threads a call of <see cref="For"/> in this thread may use.</summary>
    internal static int Share
    {
        get => share == 0 ? Count : share;
        set => share = value;
    }

    /// <summary>Makes libtorch use one thread for operations of the calling thread.</summary>
    public static void SingleThreaded()
    {
        if (singleThreaded)
            return;
        torch.set_num_threads(1);
        singleThreaded = true;
    }

    [ThreadStatic]
    private static bool singleThreaded;
}
