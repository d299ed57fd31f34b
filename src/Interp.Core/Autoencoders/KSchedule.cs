namespace Interp.Autoencoders;

/// <summary>How many latents a token may use at each step of a run: from <see cref="From"/> to the target K.</summary>
/// <remarks>
/// With T = int(<see cref="Until"/> · total steps) the value at step t &lt; T is cut to an integer, int(value), and K holds from T on.
/// The start is cut to the number of latents. A momentary k is never below 1, nor part of a saved autoencoder.
/// </remarks>
/// <param name="From">k of step 0.</param>
/// <param name="Until">The fraction of the run after which the target holds, 0 to 1.</param>
public abstract record KSchedule(int From, double Until)
{
    /// <summary>The target from the first step on.</summary>
    public static KSchedule Constant { get; } = new ConstantK();

    /// <summary>k at a step.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="totalSteps">Steps of the whole run.</param>
    /// <param name="target">The K that the run ends with.</param>
    /// <param name="latents">The dictionary's size, which no k exceeds.</param>
    public int At(int step, int totalSteps, int target, int latents)
    {
        var duration = (int)(Until * totalSteps);
        var k = step < duration ? (int)Value(Math.Min(From, latents), target, step, duration) : target;
        return Math.Clamp(k, 1, latents);
    }

    /// <summary>The largest k of a run, by which buffers are sized.</summary>
    public int Largest(int totalSteps, int target, int latents) => Math.Max(At(0, totalSteps, target, latents), Math.Min(target, latents));

    /// <summary>The exact value at <paramref name="step"/> of <paramref name="duration"/>.</summary>
    protected abstract double Value(double from, double to, double step, double duration);
}

/// <summary>The target from the first step on.</summary>
public sealed record ConstantK() : KSchedule(0, 0)
{
    /// <inheritdoc/>
    protected override double Value(double from, double to, double step, double duration) => to;
}

/// <summary>A k for each step, as a recorded run has it.</summary>
internal sealed record ListedK(IReadOnlyList<int> Values) : KSchedule(Values[0], 1)
{
    /// <inheritdoc/>
    protected override double Value(double from, double to, double step, double duration) => Values[(int)step];
}

/// <summary>A straight line.</summary>
public sealed record LinearK(int From, double Until) : KSchedule(From, Until)
{
    /// <inheritdoc/>
    protected override double Value(double from, double to, double step, double duration) => from + (to - from) * step / duration;
}

/// <summary>Half a period of a cosine: slow at both ends.</summary>
public sealed record CosineK(int From, double Until) : KSchedule(From, Until)
{
    /// <inheritdoc/>
    protected override double Value(double from, double to, double step, double duration) => to + (from - to) * (1 + Math.Cos(Math.PI * step / duration)) / 2;
}

/// <summary>The same factor at every step.</summary>
public sealed record ExponentialK(int From, double Until) : KSchedule(From, Until)
{
    /// <inheritdoc/>
    protected override double Value(double from, double to, double step, double duration) => from * Math.Pow(to / from, step / duration);
}

/// <summary>The exponential schedule held in stairs of equal length.</summary>
/// <param name="From">k of step 0.</param>
/// <param name="Until">The fraction of the run after which the target holds, 0 to 1.</param>
/// <param name="Stages">Number of stairs before the target.</param>
public sealed record StepK(int From, double Until, int Stages = 4) : KSchedule(From, Until)
{
    /// <inheritdoc/>
    protected override double Value(double from, double to, double step, double duration) => from * Math.Pow(to / from, Math.Floor(step * Stages / duration) / Stages);
}
