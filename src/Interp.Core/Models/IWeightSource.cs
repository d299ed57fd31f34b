using static TorchSharp.torch;

namespace Interp.Models;

/// <summary>Where a model's tensors come from; it owns what it returns, but for the rows of a look-up.</summary>
internal interface IWeightSource : IDisposable
{
    /// <summary>Whether there is a tensor of this name.</summary>
    bool Holds(string name);

    /// <summary>The tensor of this name and shape, in the precision and on the device of the model.</summary>
    /// <exception cref="Runtime.InterpException">It is missing or shaped otherwise.</exception>
    Tensor Get(string name, params ReadOnlySpan<long> shape);

    /// <summary>Checks that the tensor is there with this shape, without loading it.</summary>
    /// <exception cref="Runtime.InterpException">It is missing or shaped otherwise.</exception>
    void Check(string name, params ReadOnlySpan<long> shape);

    /// <summary>The linear map with the tensors <c>name.weight</c>, [outputs, inputs], and if it has a bias <c>name.bias</c>, [outputs].</summary>
    /// <param name="name">What the names begin with.</param>
    /// <param name="outputs">Width of what the map gives.</param>
    /// <param name="inputs">Width of what it takes.</param>
    /// <param name="bias">Whether it has a bias.</param>
    /// <param name="turned">Whether the checkpoint's form of the weight is [inputs, outputs].</param>
    /// <exception cref="Runtime.InterpException">One is missing or shaped otherwise.</exception>
    Projection Project(string name, long outputs, long inputs, bool bias = false, bool turned = false) =>
        DenseProjection.Read(this, name, outputs, inputs, bias, turned);

    /// <summary>Rows [ids.Length, width] of the matrix of this name, [count, width]; the caller owns them.</summary>
    /// <exception cref="Runtime.InterpException">It is missing or shaped otherwise.</exception>
    Tensor Rows(string name, Tensor ids, long count, long width) => Get(name, count, width).index_select(0, ids);
}
