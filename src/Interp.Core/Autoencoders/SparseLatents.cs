using static TorchSharp.torch;

namespace Interp.Autoencoders;

/// <summary>The active latents of n tokens. The tensors belong to the current dispose scope, or to the caller.</summary>
/// <param name="Indices">[n, k], int64; distinct within a row wherever the value is not 0.</param>
/// <param name="Values">[n, k], not negative; an entry of value 0 is inactive, whatever its index.</param>
public sealed record SparseLatents(Tensor Indices, Tensor Values) : IDisposable
{
    /// <summary>Number of tokens; asks libtorch, so a loop over tokens asks once.</summary>
    public int Count => (int)Values.shape[0];

    /// <summary>Room per token; asks libtorch, so a loop over tokens asks once.</summary>
    public int K => (int)Values.shape[1];

    /// <summary>All latents as one dense tensor [n, <paramref name="latents"/>]; for small n.</summary>
    public Tensor ToDense(int latents) =>
        zeros(Count, latents, dtype: Values.dtype, device: Values.device).scatter_add_(1, Indices, Values);

    /// <inheritdoc/>
    public void Dispose()
    {
        Indices.Dispose();
        Values.Dispose();
    }
}
