using static TorchSharp.torch;

namespace Interp.Models;

/// <summary>A linear map y = x·Wᵀ + b.</summary>
/// <param name="Weight">[out, in].</param>
/// <param name="Bias">[out], or null.</param>
internal sealed record Projection(Tensor Weight, Tensor? Bias)
{
    /// <summary>Applies the map to the last dimension.</summary>
    public Tensor Apply(Tensor x) => nn.functional.linear(x, Weight, Bias);
}

/// <summary>
/// The weights of one block. Projections that read the same input are listed together: one entry when the checkpoint fuses
/// them, else one each, in the order q, k, v and gate, up.
/// </summary>
internal sealed record BlockWeights(
    Tensor AttentionNorm,
    IReadOnlyList<Projection> QueryKeyValue,
    Projection Output,
    Tensor MlpNorm,
    IReadOnlyList<Projection> GateUp,
    Projection Down);

/// <summary>Where a model's tensors come from; it owns what it returns.</summary>
internal interface IWeightSource : IDisposable
{
    /// <summary>The tensor of this name and shape, in the precision and on the device of the model.</summary>
    /// <exception cref="Runtime.InterpException">It is missing or shaped otherwise.</exception>
    Tensor Get(string name, params ReadOnlySpan<long> shape);

    /// <summary>Checks that the tensor is there with this shape, without loading it.</summary>
    /// <exception cref="Runtime.InterpException">It is missing or shaped otherwise.</exception>
    void Check(string name, params ReadOnlySpan<long> shape);
}
