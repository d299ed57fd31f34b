using System.Diagnostics;

namespace Interp.Autoencoders.Kernels;

/// <summary>What the time of a training step goes into.</summary>
public enum StepPart
{
    /// <summary>The encoder's product.</summary>
    Product,

    /// <summary>Finding the active latents.</summary>
    Selection,

    /// <summary>Residuals of the active latents, and their products with the decoder's rows.</summary>
    Decode,

    /// <summary>Dead counters and the sort of the entries by latent.</summary>
    Sort,

    /// <summary>The AuxK term.</summary>
    Auxiliary,

    /// <summary>The gradients of both weights by segments, and of a skip connection.</summary>
    Gradients,

    /// <summary>Projection, optimiser and decoder norm.</summary>
    Optimiser,
}

/// <summary>Time per part of a step, summed over the threads at work.</summary>
internal sealed class StepParts
{
    private readonly long[] ticks = new long[Enum.GetValues<StepPart>().Length];

    /// <summary>Adds the time since <paramref name="since"/> of a number of threads to a part.</summary>
    /// <returns>Now, from which the next part counts.</returns>
    public long Add(StepPart part, long since, int threads = 1)
    {
        var now = Stopwatch.GetTimestamp();
        Interlocked.Add(ref ticks[(int)part], (now - since) * threads);
        return now;
    }

    /// <summary>Adds ticks that a caller has summed.</summary>
    public void AddTicks(StepPart part, long sum) => Interlocked.Add(ref ticks[(int)part], sum);

    /// <summary>Thread seconds per part since the last call.</summary>
    public IReadOnlyDictionary<StepPart, double> Take()
    {
        var seconds = new Dictionary<StepPart, double>();
        for (var i = 0; i < ticks.Length; i++)
            seconds[(StepPart)i] = Interlocked.Exchange(ref ticks[i], 0) / (double)Stopwatch.Frequency;
        return seconds;
    }
}
