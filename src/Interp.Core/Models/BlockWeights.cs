namespace Interp.Models;

/// <summary>
/// The weights of one block. Projections that read the same input are listed together: one entry when the checkpoint fuses
/// them, else one each, in the order q, k, v and gate, up.
/// </summary>
internal sealed record BlockWeights
{
    /// <summary>Norm before attention.</summary>
    public required NormWeights AttentionNorm { get; init; }

    /// <summary>Projections to q, k and v.</summary>
    public required IReadOnlyList<Projection> QueryKeyValue { get; init; }

    /// <summary>Whether a fused projection's rows go head by head, q, k and v of one before the next; else all of q, then k, then v.</summary>
    public bool HeadByHead { get; init; }

    /// <summary>Norms of the heads of q and of k, where the model has them.</summary>
    public NormWeights? QueryNorm { get; init; }

    /// <inheritdoc cref="QueryNorm"/>
    public NormWeights? KeyNorm { get; init; }

    /// <summary>Projection out of attention.</summary>
    public required Projection Output { get; init; }

    /// <summary>Norm of what attention writes, where the model has one.</summary>
    public NormWeights? AttentionPostNorm { get; init; }

    /// <summary>Norm before the MLP.</summary>
    public required NormWeights MlpNorm { get; init; }

    /// <summary>Projections to gate and up, or the one of an MLP without a gate.</summary>
    public required IReadOnlyList<Projection> MlpInput { get; init; }

    /// <summary>Projection out of the MLP.</summary>
    public required Projection Down { get; init; }

    /// <summary>Norm of what the MLP writes, where the model has one.</summary>
    public NormWeights? MlpPostNorm { get; init; }
}
