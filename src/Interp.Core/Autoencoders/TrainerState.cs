using static TorchSharp.torch;

namespace Interp.Autoencoders;

/// <summary>A trained tensor with Adam's two means.</summary>
/// <param name="Name">Name in checkpoints.</param>
/// <param name="Value">The parameter, owned by the autoencoder.</param>
/// <param name="First">Mean of gradients.</param>
/// <param name="Second">Mean of squared gradients.</param>
internal sealed record Parameter(string Name, Tensor Value, Tensor First, Tensor Second)
{
    public static Parameter Of(string name, Tensor value) =>
        new(name, value, zeros_like(value).DetachFromDisposeScope(), zeros_like(value).DetachFromDisposeScope());
}

/// <summary>What changes while an autoencoder is trained: parameters, optimiser and dead counters.</summary>
internal sealed class TrainerState : IDisposable
{
    public TrainerState(SparseAutoencoder autoencoder, bool tied)
    {
        Tied = tied;
        EncoderWeight = Parameter.Of("encoder_weight", autoencoder.EncoderWeight);
        EncoderBias = Parameter.Of("encoder_bias", autoencoder.EncoderBias);
        DecoderWeight = tied ? EncoderWeight : Parameter.Of("decoder_weight", autoencoder.DecoderWeight);
        DecoderBias = Parameter.Of("decoder_bias", autoencoder.DecoderBias);
        Silent = zeros(Latents, dtype: ScalarType.Int64, device: autoencoder.Device).DetachFromDisposeScope();
    }

    public Parameter EncoderWeight { get; }

    public Parameter EncoderBias { get; }

    /// <summary>The decoder; the same object as the encoder when they are tied.</summary>
    public Parameter DecoderWeight { get; }

    public Parameter DecoderBias { get; }

    /// <summary>Whether encoder and decoder are one tensor.</summary>
    public bool Tied { get; }

    /// <summary>Steps or tokens since each latent last fired [M], int64.</summary>
    public Tensor Silent { get; }

    /// <summary>Steps taken.</summary>
    public int Step { get; set; }

    public int Latents => (int)EncoderWeight.Value.shape[0];

    public int Width => (int)EncoderWeight.Value.shape[1];

    /// <summary>Every parameter once: encoder weight, encoder bias, decoder weight unless tied, decoder bias.</summary>
    public IReadOnlyList<Parameter> Parameters => Tied ? [EncoderWeight, EncoderBias, DecoderBias] : [EncoderWeight, EncoderBias, DecoderWeight, DecoderBias];

    /// <summary>All tensors of a checkpoint by name.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> Tensors() =>
        Parameters.SelectMany(p => new[] { KeyValuePair.Create(p.Name, p.Value), new($"{p.Name}.first", p.First), new($"{p.Name}.second", p.Second) })
            .Append(new("silent", Silent));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var parameter in Parameters)
        {
            parameter.First.Dispose();
            parameter.Second.Dispose();
        }
        Silent.Dispose();
    }
}
