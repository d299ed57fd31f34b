using static TorchSharp.torch;

namespace Interp.Models;

/// <summary>Checks names and shapes of the weights that a family asks for, without loading one.</summary>
internal sealed class ShapeCheck(IWeightSource source) : IWeightSource
{
    /// <summary>The weights that were asked for.</summary>
    public HashSet<string> Names { get; } = [];

    public bool Holds(string name) => source.Holds(name);

    public Tensor Get(string name, params ReadOnlySpan<long> shape)
    {
        source.Check(name, shape);
        Names.Add(name);
        return zeros(1, device: CPU).expand(shape.ToArray());
    }

    public void Check(string name, params ReadOnlySpan<long> shape) => source.Check(name, shape);

    public void Dispose()
    {
    }
}
