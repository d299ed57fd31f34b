using Interp.Models;
using static TorchSharp.torch;

namespace Interp.Hooks;

/// <summary>
/// What an intervention does to a value. A vector is as long as the value's last dimension (the same for every head), or as all of a
/// position's numbers together.
/// </summary>
public abstract record Change
{
    private Change()
    {
    }

    /// <summary>The value becomes a vector.</summary>
    /// <param name="Vector">The vector, in the model's own scale.</param>
    public sealed record Replace(IReadOnlyList<float> Vector) : Change;

    /// <summary>A vector times a factor is added.</summary>
    /// <param name="Vector">The vector, whose length counts.</param>
    /// <param name="Factor">What it is multiplied by; negative takes away.</param>
    public sealed record Add(IReadOnlyList<float> Vector, double Factor = 1) : Change;

    /// <summary>The value is multiplied.</summary>
    /// <param name="Factor">By how much: 0 takes the value away, 1 leaves it.</param>
    public sealed record Scale(double Factor) : Change;

    /// <summary>The value becomes 0.</summary>
    public sealed record Zero : Change;

    /// <summary>The value becomes its mean over all rows and positions of another run, which must have captured the same point and must live.</summary>
    /// <param name="Source">The other run; it is not disposed of.</param>
    public sealed record Mean(ModelRun Source) : Change;

    /// <summary>The value's component along a direction, whose length does not matter, is brought into a range.</summary>
    /// <param name="Direction">The direction.</param>
    /// <param name="Low">Smallest component along it, in the value's own scale.</param>
    /// <param name="High">Largest component along it; the same as the smallest sets it.</param>
    public sealed record Clamp(IReadOnlyList<float> Direction, double Low, double High) : Change;

    /// <summary>
    /// The value becomes that of the same position of another run from position 0 on, of as many rows or of one, which must have captured
    /// the point (the same one, unless <paramref name="From"/> names another) and must live. Positions that it does not have stay.
    /// </summary>
    /// <param name="Source">The other run; it is not disposed of.</param>
    /// <param name="From">The point of the other run; null: the same one.</param>
    public sealed record Patch(ModelRun Source, HookPoint? From = null) : Change;

    /// <summary>The value goes through a function that keeps its shape.</summary>
    /// <param name="Function">From the value of all positions to what takes its place; a result of another shape is an error.</param>
    public sealed record Apply(Func<Tensor, Tensor> Function) : Change;
}
