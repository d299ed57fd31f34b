using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Autoencoders;

/// <summary>A batch as a step takes it, behind handles of its own: any trainer whose input transform is the same may read it.</summary>
/// <param name="Raw">Tokens [n, d] in the model's own scale, in the autoencoder's precision.</param>
/// <param name="Tokens">The same as they enter the encoder, contiguous.</param>
/// <param name="Target">For a transcoder, what is to be reconstructed [n, d'].</param>
internal sealed record PreparedBatch(Tensor Raw, NormalisedTokens Tokens, Tensor? Target) : IDisposable
{
    /// <summary>Converts and normalises tokens [n, d] of any floating type; the result may share their memory.</summary>
    public static PreparedBatch Of(Tensor batch, Tensor? target, InputTransform transform, ScalarType precision, Device device)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Workers.SingleThreaded();
        var raw = batch.to(precision, device);
        var tokens = transform.Apply(raw);
        return new PreparedBatch(Own(raw)!, new(Own(tokens.Values.contiguous())!, Own(tokens.Offset), Own(tokens.Factor)), Own(target?.to(precision, device)));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in new[] { Raw, Tokens.Values, Tokens.Offset, Tokens.Factor, Target })
            tensor?.Dispose();
    }

    private static Tensor? Own(Tensor? tensor) => tensor?.alias().DetachFromDisposeScope();
}
