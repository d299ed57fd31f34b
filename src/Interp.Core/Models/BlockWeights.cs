using static TorchSharp.torch;

namespace Interp.Models;

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
