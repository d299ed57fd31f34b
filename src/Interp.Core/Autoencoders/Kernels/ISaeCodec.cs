using System.Numerics;
using Interp.Numerics;
using Interp.Runtime;
using static TorchSharp.torch;

namespace Interp.Autoencoders.Kernels;

/// <summary>Encodes and decodes without training.</summary>
internal interface ISaeCodec : IDisposable
{
    /// <summary>The k largest positive numbers of each row of u·weightsᵀ + bias; ties go to the lower index.</summary>
    SparseLatents Encode(Tensor u, Tensor weights, Tensor bias, int k);

    /// <summary>f·weights + bias [n, d], with no dense f and no [n, k, d].</summary>
    Tensor Decode(SparseLatents latents, Tensor weights, Tensor bias);
}

/// <summary>By libtorch alone, on any device and in any precision.</summary>
internal sealed class AtenCodec : ISaeCodec
{
    /// <inheritdoc/>
    public SparseLatents Encode(Tensor u, Tensor weights, Tensor bias, int k)
    {
        using var scope = NewDisposeScope();
        var (indices, values) = TopK(u.mm(weights.t()).add_(bias), k);
        return new SparseLatents(indices.MoveToOuterDisposeScope(), values.MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public Tensor Decode(SparseLatents latents, Tensor weights, Tensor bias)
    {
        var sum = bias.repeat(latents.Count, 1);
        AddDecoded(sum, latents, weights);
        return sum;
    }

    /// <summary>The k largest of each row after a ReLU; a stable sort, so that ties go to the lower index.</summary>
    public static (Tensor Indices, Tensor Values) TopK(Tensor rows, int k)
    {
        var (sorted, order) = sort(rows, 1, descending: true, stable: true);
        return (order.narrow(1, 0, k).contiguous(), sorted.narrow(1, 0, k).relu());
    }

    /// <summary>sum += f·weights, one slot of all tokens after the other.</summary>
    public static void AddDecoded(Tensor sum, SparseLatents latents, Tensor weights)
    {
        for (var slot = 0; slot < latents.K; slot++)
        {
            using var scope = NewDisposeScope();
            sum.addcmul_(weights.index_select(0, latents.Indices.select(1, slot)), latents.Values.narrow(1, slot, 1), 1);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}

/// <summary>On the CPU in C#, with a product per chunk of tokens.</summary>
internal sealed unsafe class CpuCodec<T> : ISaeCodec where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly ChunkScratch<T>.Pool chunks = new();

    /// <inheritdoc/>
    public SparseLatents Encode(Tensor u, Tensor weights, Tensor bias, int k)
    {
        Workers.SingleThreaded();
        var n = (int)u.shape[0];
        var result = new SparseLatents(zeros(n, k, dtype: ScalarType.Int64, device: CPU), zeros(n, k, dtype: u.dtype, device: CPU));
        var indices = TensorMemory.Pointer<long>(result.Indices);
        var values = TensorMemory.Pointer<T>(result.Values);
        var c = TensorMemory.Pointer<T>(bias);
        using var tokens = u.contiguous();
        using var rows = weights.contiguous();
        var (left, right) = (Strided.Of<T>(tokens), Strided.Of<T>(rows));
        chunks.ForChunks(n, (chunk, scratch) =>
        {
            scratch.Encode(left, chunk, right, c, k);
            fixed (int* places = new int[k])
            {
                for (var row = chunk.Start; row < chunk.End; row++)
                {
                    var active = scratch.Selector.Take(row - chunk.Start, places, values + (long)row * k);
                    for (var s = 0; s < active; s++)
                        indices[(long)row * k + s] = places[s];
                }
            }
        });
        return result;
    }

    /// <inheritdoc/>
    public Tensor Decode(SparseLatents codes, Tensor weights, Tensor bias)
    {
        Workers.SingleThreaded();
        var (n, k, width) = (codes.Count, codes.K, (int)weights.shape[1]);
        var result = bias.repeat(n, 1);
        var indices = TensorMemory.Pointer<long>(codes.Indices);
        var values = TensorMemory.Pointer<T>(codes.Values);
        var sums = TensorMemory.Pointer<T>(result);
        var directions = TensorMemory.Pointer<T>(weights);
        chunks.ForChunks(n, (chunk, _) =>
        {
            fixed (int* at = new int[k])
            {
                for (var row = chunk.Start; row < chunk.End; row++)
                {
                    for (var s = 0; s < k; s++)
                        at[s] = (int)indices[(long)row * k + s];
                    Rows<T>.AddWeighted(sums + (long)row * width, directions, width, at, values + (long)row * k, k);
                }
            }
        });
        return result;
    }

    /// <inheritdoc/>
    public void Dispose() => chunks.Dispose();
}
