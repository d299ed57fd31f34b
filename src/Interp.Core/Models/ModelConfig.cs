namespace Interp.Models;

/// <summary>The shape and rules of a decoder, as its checkpoint states them.</summary>
public sealed record ModelConfig
{
    /// <summary>Name of the architecture in the checkpoint, such as <c>Phi3ForCausalLM</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>Number of blocks.</summary>
    public required int LayerCount { get; init; }

    /// <summary>Width of the residual stream (d_model).</summary>
    public required int Width { get; init; }

    /// <summary>Query heads of a block.</summary>
    public required int HeadCount { get; init; }

    /// <summary>Key and value heads of a block; a divisor of <see cref="HeadCount"/>.</summary>
    public required int KeyValueHeadCount { get; init; }

    /// <summary>Width of one head.</summary>
    public required int HeadWidth { get; init; }

    /// <summary>Hidden width of the MLP.</summary>
    public required int MlpWidth { get; init; }

    /// <summary>Rows of the embedding.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Longest context the model was made for.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Epsilon of the RMS norms.</summary>
    public required double NormEpsilon { get; init; }

    /// <summary>Rotary position embedding.</summary>
    public required RopeConfig Rope { get; init; }

    /// <summary>Keys that a query sees, with itself; null for all before it.</summary>
    public int? Window { get; init; }

    /// <summary>Whether the head shares the embedding's weights.</summary>
    public bool TiedHead { get; init; }

    /// <summary>Whether the attention projections have biases.</summary>
    public bool AttentionBias { get; init; }

    /// <summary>Whether the MLP projections have biases.</summary>
    public bool MlpBias { get; init; }

    /// <summary>Id of the token that begins a text, if there is one.</summary>
    public int? BosId { get; init; }

    /// <summary>Id of the token that ends a text, if there is one.</summary>
    public int? EosId { get; init; }

    /// <summary>Weights of one block.</summary>
    public long BlockParameterCount
    {
        get
        {
            long attention = (long)Width * HeadWidth * (2 * HeadCount + 2 * KeyValueHeadCount);
            var biases = (AttentionBias ? HeadWidth * (HeadCount + 2L * KeyValueHeadCount) + Width : 0) + (MlpBias ? 2L * MlpWidth + Width : 0);
            return attention + 3L * Width * MlpWidth + 2L * Width + biases;
        }
    }

    /// <summary>Weights of the whole model; a tied head counts once.</summary>
    public long ParameterCount =>
        LayerCount * BlockParameterCount + (TiedHead ? 1L : 2L) * VocabularySize * Width + Width;
}

/// <summary>Rotary position embedding: which part of a head turns, how fast, and how the speeds are scaled.</summary>
/// <param name="Base">theta.</param>
/// <param name="RotatedWidth">Leading dimensions of a head that are rotated; even.</param>
/// <param name="Scaling">Rule that scales the frequencies.</param>
public sealed record RopeConfig(double Base, int RotatedWidth, RopeScaling Scaling);

/// <summary>A rule that scales rotary frequencies theta^(-2i/r).</summary>
public abstract record RopeScaling
{
    /// <summary>Frequencies as they are.</summary>
    public sealed record None : RopeScaling;

    /// <summary>All frequencies divided by a factor.</summary>
    /// <param name="Factor">Divisor.</param>
    public sealed record Linear(double Factor) : RopeScaling;

    /// <summary>NTK: a longer input than <paramref name="Limit"/> raises theta.</summary>
    /// <param name="Factor">Strength.</param>
    /// <param name="Limit">Length up to which nothing changes.</param>
    public sealed record Dynamic(double Factor, int Limit) : RopeScaling;

    /// <summary>Llama 3: low frequencies divided, high ones kept, a blend between.</summary>
    /// <param name="Factor">Divisor of the low frequencies.</param>
    /// <param name="LowFactor">Wavelengths above original/LowFactor are divided.</param>
    /// <param name="HighFactor">Wavelengths below original/HighFactor are kept.</param>
    /// <param name="OriginalLength">Context length of pre-training.</param>
    public sealed record Llama3(double Factor, double LowFactor, double HighFactor, int OriginalLength) : RopeScaling;

    /// <summary>LongRoPE: one divisor per frequency, another list for inputs longer than the original length.</summary>
    /// <param name="Short">Divisors up to the original length.</param>
    /// <param name="Long">Divisors beyond it.</param>
    /// <param name="OriginalLength">Context length of pre-training.</param>
    /// <param name="Amplitude">Factor of cos and sin at every length.</param>
    public sealed record LongRope(IReadOnlyList<double> Short, IReadOnlyList<double> Long, int OriginalLength, double Amplitude) : RopeScaling;
}
