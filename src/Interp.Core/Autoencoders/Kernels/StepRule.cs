using System.Numerics;
using Interp.Runtime;

namespace Interp.Autoencoders.Kernels;

/// <summary>Which pre-activations become entries.</summary>
internal enum Support
{
    /// <summary>The k largest positive ones of each token.</summary>
    LargestOfRow,

    /// <summary>The k·n largest positive ones of a batch of n tokens.</summary>
    LargestOfBatch,

    /// <summary>Those above a floor per latent.</summary>
    AboveFloor,
}

/// <summary>A second reconstruction, with a residual of its own and the scale of the main one.</summary>
/// <param name="Term">Its name among the terms of the loss.</param>
/// <param name="Weight">Its weight.</param>
/// <param name="Factor">How many times k entries it has; null: those of the main one.</param>
internal sealed record SecondReconstruction(string Term, double Weight, int? Factor = null);

/// <summary>
/// How the fused kernel takes the step of a kind of dictionary. An entry is a token and a latent; the kernel finds the entries, decodes
/// <see cref="Values"/>, and has the derivative of the loss by each value turned into that by the pre-activation by
/// <see cref="Chain"/>. As it stands it is TopK's: the value is the pre-activation.
/// </summary>
internal unsafe class StepRule<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Which pre-activations become entries.</summary>
    public Support Support { get; init; } = Support.LargestOfRow;

    /// <summary>Whether pre-activations are compared after multiplication by the norm of their decoder rows.</summary>
    public bool RanksByNorm { get; init; }

    /// <summary>Sizes of prefixes of the dictionary that reconstruct by themselves as well, increasing, without the whole.</summary>
    public IReadOnlyList<int> Prefixes { get; init; } = [];

    /// <summary>Another reconstruction; null: none.</summary>
    public SecondReconstruction? Second { get; init; }

    /// <summary>Name of the matrix [d', d] that leads past the latents; null: none.</summary>
    public string? Skip { get; init; }

    /// <summary>Whether it is TopK's or BatchTopK's: one reconstruction, whose entries' values are pre-activations.</summary>
    public bool IsPlain => Prefixes.Count == 0 && Second is null && Skip is null && Support != Support.AboveFloor;

    /// <summary>Whether <see cref="Values"/> differ from pre-activations.</summary>
    public virtual bool MapsValues => false;

    /// <summary>Whether decoder norms are needed.</summary>
    public virtual bool NeedsNorms => RanksByNorm;

    /// <summary>Sums per latent that <see cref="Chain"/> makes: 0 (none), or <see cref="LatentSums{T}.FirstExtra"/> and one per trained tensor of the kind.</summary>
    public virtual int SumCount => 0;

    /// <summary>Whether the encoder bias's gradient is a sum of <see cref="Chain"/>'s instead of that of the pre-activations.</summary>
    public virtual bool OwnsBias => false;

    /// <summary>Coefficient of the loss that pulls dead latents' pre-activations up to their floor's threshold; 0: none.</summary>
    public virtual double PreActivation => 0;

    /// <summary>Decoder norms [M], where they are needed.</summary>
    public T* Norms { get; set; }

    /// <summary>Coefficient of the sparsity penalty over the number of tokens.</summary>
    protected T Penalty { get; private set; }

    /// <summary>Reads what the step needs.</summary>
    public virtual void Begin(TrainerState state, double sparsity, int tokens) => Penalty = T.CreateChecked(sparsity / tokens);

    /// <summary>Writes the floors [M].</summary>
    public virtual void Floors(T* floors, int latents) => new Span<T>(floors, latents).Clear();

    /// <summary>The threshold of a latent below which <see cref="PreActivation"/> pulls.</summary>
    public virtual T Threshold(int latent) => T.Zero;

    /// <summary>What the entries of a token put into the decoder.</summary>
    public virtual void Values(int count, int* latents, T* pre, T* values)
    {
    }

    /// <summary>Turns products ⟨residual, D[latent]⟩ into the derivative of the loss by the pre-activation, for the entries of a token.</summary>
    /// <param name="count">Entries.</param>
    /// <param name="latents">Their latents.</param>
    /// <param name="pre">Their pre-activations.</param>
    /// <param name="products">The products, which are overwritten.</param>
    /// <param name="scale">What makes products the derivative by the values.</param>
    /// <param name="sums">Sums per latent of the token's chunk.</param>
    public virtual void Chain(int count, int* latents, T* pre, T* products, T scale, in LatentSums<T>.Part sums) =>
        Rows<T>.Scale(products, products, scale, count);

    /// <summary>As <see cref="Chain"/>, for the second reconstruction.</summary>
    public virtual void ChainSecond(int count, int* latents, T* pre, T* products, T scale, in LatentSums<T>.Part sums) =>
        Rows<T>.Scale(products, products, scale, count);
}

/// <summary>Sums over the entries of each latent, in float64: one part per chunk, added up in their order.</summary>
internal sealed unsafe class LatentSums<T> : IDisposable where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>The gradient of the decoder row's norm.</summary>
    public const int Norm = 0;

    /// <summary>The gradient of the encoder bias, for rules that own it.</summary>
    public const int Bias = 1;

    /// <summary>The gradient of the kind's first own tensor.</summary>
    public const int FirstExtra = 2;

    private readonly AlignedBuffer<double> room = new();
    private int chunks, slots, latents;

    /// <summary>Forgets all.</summary>
    public void Begin(int chunkCount, int slotCount, int latentCount)
    {
        (chunks, slots, latents) = (chunkCount, slotCount, latentCount);
        room.Zeroed((long)chunks * (slots * (long)latents + 1));
    }

    /// <summary>The part of a chunk.</summary>
    public Part Of(int chunk) => new(room.Pointer + (long)chunk * (slots * (long)latents + 1), latents);

    /// <summary>A sum of a latent over all chunks; 0 where there is no such sum.</summary>
    public double Total(int slot, int latent)
    {
        var sum = 0.0;
        for (var chunk = 0; chunk < chunks && slot < slots; chunk++)
            sum += Of(chunk).At(slot)[latent];
        return sum;
    }

    /// <summary>The sum of the penalty over all chunks.</summary>
    public double TotalPenalty()
    {
        var sum = 0.0;
        for (var chunk = 0; chunk < chunks; chunk++)
            sum += *Of(chunk).Penalty;
        return sum;
    }

    /// <inheritdoc/>
    public void Dispose() => room.Dispose();

    /// <summary>The sums of one chunk.</summary>
    public readonly struct Part(double* room, int latents)
    {
        /// <summary>Sum of the penalty over the chunk's entries, without its coefficient.</summary>
        public double* Penalty => room;

        /// <summary>A sum of all latents.</summary>
        public double* At(int slot) => room + 1 + (long)slot * latents;
    }
}
