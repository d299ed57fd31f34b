using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Models;

/// <summary>Weights that the caller holds and keeps, such as the parameters of a model in training.</summary>
internal sealed class GivenWeights(IReadOnlyDictionary<string, Tensor> parameters) : IWeightSource
{
    public bool Holds(string name) => parameters.ContainsKey(name);

    public Tensor Get(string name, params ReadOnlySpan<long> shape) =>
        !parameters.TryGetValue(name, out var tensor) ? throw new InterpException($"The parameters hold no '{name}'; give all of the model's.")
        : tensor.shape.AsSpan().SequenceEqual(shape) ? tensor
        : throw new InterpException($"The parameter '{name}' has shape [{string.Join(", ", tensor.shape)}] where [{string.Join(", ", shape.ToArray())}] is needed.");

    public void Check(string name, params ReadOnlySpan<long> shape) => Get(name, shape);

    public void Dispose()
    {
    }
}
