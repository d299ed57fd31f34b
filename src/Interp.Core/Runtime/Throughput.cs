using System.Diagnostics;
using static TorchSharp.torch;

namespace Interp.Runtime;

/// <summary>How fast this machine multiplies matrices, for estimates.</summary>
public static class Throughput
{
    /// <summary>Multiply-adds per second in float32 of all threads together; measured in a fraction of a second.</summary>
    public static double MultiplyAdds()
    {
        const int size = 512;
        const int repeats = 8;
        Libtorch.Load();
        var clock = new Stopwatch();
        Workers.For(Workers.Count, _ =>
        {
            using var scope = NewDisposeScope();
            var (a, b) = (ones([size, size], device: CPU), ones([size, size], device: CPU));
            a.mm(b);
            lock (clock)
                clock.Start();
            for (var i = 0; i < repeats; i++)
                a.mm(b);
        });
        return (double)size * size * size * repeats * Workers.Count / clock.Elapsed.TotalSeconds;
    }
}
