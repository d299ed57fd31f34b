using static TorchSharp.torch;

namespace Interp.Autoencoders;

/// <summary>A trained tensor with Adam's two means.</summary>
/// <param name="Name">Name in checkpoints.</param>
/// <param name="Value">The parameter, owned by the autoencoder.</param>
/// <param name="First">Mean of gradients.</param>
/// <param name="Second">Mean of squared gradients.</param>
internal sealed record Parameter(string Name, Tensor Value, Tensor First, Tensor Second)
{
    /// <summary>Whether the optimiser moves it.</summary>
    public bool IsTrained => !ReferenceEquals(Value, First);

    /// <summary>A tensor that the kind itself moves.</summary>
    public static Parameter Fixed(string name, Tensor value) => new(name, value, value, value);

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
        Extras = [.. autoencoder.Kind.Extras.Select(extra => extra.IsTrained ? Parameter.Of(extra.Name, autoencoder.Extras[extra.Name]) : Parameter.Fixed(extra.Name, autoencoder.Extras[extra.Name]))];
        Parameters = Tied ? [EncoderWeight, EncoderBias, DecoderBias] : [EncoderWeight, EncoderBias, DecoderWeight, DecoderBias];
        Parameters = [.. Parameters, .. Extras.Where(extra => extra.IsTrained)];
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

    /// <summary>Every trained tensor once: encoder weight, encoder bias, decoder weight unless tied, decoder bias, the kind's own.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>The kind's own tensors, trained or not.</summary>
    public IReadOnlyList<Parameter> Extras { get; }

    /// <summary>A tensor of the kind's own.</summary>
    public Tensor Extra(string name) => Extras.First(extra => extra.Name == name).Value;

    /// <summary>Place of a trained tensor among <see cref="Parameters"/>.</summary>
    public int IndexOf(Parameter parameter)
    {
        for (var i = 0; i < Parameters.Count; i++)
        {
            if (ReferenceEquals(Parameters[i].Value, parameter.Value))
                return i;
        }
        throw new ArgumentException($"{parameter.Name} is not trained.", nameof(parameter));
    }

    /// <summary>All tensors of a checkpoint by name.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> Tensors() =>
        Parameters.SelectMany(p => new[] { KeyValuePair.Create(p.Name, p.Value), new($"{p.Name}.first", p.First), new($"{p.Name}.second", p.Second) })
            .Concat(Extras.Where(extra => !extra.IsTrained).Select(extra => KeyValuePair.Create(extra.Name, extra.Value)))
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
