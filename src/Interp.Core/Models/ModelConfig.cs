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

    /// <summary>Epsilon of the norms.</summary>
    public required double NormEpsilon { get; init; }

    /// <summary>Rotary position embedding; null for a learned vector per position, <see cref="ContextLength"/> of them.</summary>
    public required RopeConfig? Rope { get; init; }

    /// <summary>What the norms compute.</summary>
    public NormKind Norm { get; init; } = NormKind.Rms;

    /// <summary>Nonlinearity of the MLP.</summary>
    public Activation Activation { get; init; } = Activation.Silu;

    /// <summary>Whether the MLP multiplies the activated gate with a second, linear projection.</summary>
    public bool GatedMlp { get; init; } = true;

    /// <summary>Keys that a query sees, with itself; null for all before it.</summary>
    public int? Window { get; init; }

    /// <summary>Which layers have the <see cref="Window"/>; null for all.</summary>
    public IReadOnlyList<bool>? WindowedLayers { get; init; }

    /// <summary>Factor of the attention scores; null for 1/√<see cref="HeadWidth"/>.</summary>
    public double? ScoreScale { get; init; }

    /// <summary>Attention scores s become cap·tanh(s/cap); null for no cap.</summary>
    public double? ScoreCap { get; init; }

    /// <summary>Logits l become cap·tanh(l/cap); null for no cap.</summary>
    public double? LogitCap { get; init; }

    /// <summary>Factor of the token embeddings.</summary>
    public double EmbeddingScale { get; init; } = 1;

    /// <summary>Whether attention and MLP both read the block's input.</summary>
    public bool ParallelResidual { get; init; }

    /// <summary>Whether each head of q and k is normalised before it is rotated.</summary>
    public bool QueryKeyNorm { get; init; }

    /// <summary>Whether what attention and MLP write is normalised as well.</summary>
    public bool PostNorms { get; init; }

    /// <summary>Whether the head shares the embedding's weights.</summary>
    public bool TiedHead { get; init; }

    /// <summary>Whether the projections to q, k and v have biases.</summary>
    public bool AttentionBias { get; init; }

    /// <summary>Whether the projection out of attention has a bias.</summary>
    public bool OutputBias { get; init; }

    /// <summary>Whether the MLP projections have biases.</summary>
    public bool MlpBias { get; init; }

    /// <summary>Id of the token that begins a text, if there is one.</summary>
    public int? BosId { get; init; }

    /// <summary>Ids of the tokens that end a text; a model may have several, or none.</summary>
    public IReadOnlyList<int> EosIds { get; init; } = [];

    /// <summary>The first of the <see cref="EosIds"/>.</summary>
    public int? EosId => EosIds is [var first, ..] ? first : null;

    /// <summary>Width of all query heads together.</summary>
    public long QueryWidth => (long)HeadCount * HeadWidth;

    /// <summary>Width of all key heads together, and of all value heads.</summary>
    public long KeyValueWidth => (long)KeyValueHeadCount * HeadWidth;

    /// <summary>Weights of one block.</summary>
    public long BlockParameterCount
    {
        get
        {
            var inner = GatedMlp ? 2L * MlpWidth : MlpWidth;
            var matrices = Width * (2 * QueryWidth + 2 * KeyValueWidth + inner + MlpWidth);
            var biases = (AttentionBias ? QueryWidth + 2 * KeyValueWidth : 0) + (OutputBias ? Width : 0) + (MlpBias ? inner + Width : 0);
            var norms = (PostNorms ? 4 : 2) * NormParameterCount + (QueryKeyNorm ? 2 * HeadWidth : 0);
            return matrices + biases + norms;
        }
    }

    /// <summary>Weights of the whole model; a tied head counts once.</summary>
    public long ParameterCount =>
        LayerCount * BlockParameterCount + (TiedHead ? 1L : 2L) * VocabularySize * Width + (Rope is null ? (long)ContextLength * Width : 0) + NormParameterCount;

    private long NormParameterCount => Norm == NormKind.Layer ? 2L * Width : Width;

    /// <summary>Keys that a query of a layer sees, with itself; null for all before it.</summary>
    public int? WindowOf(int layer) => WindowedLayers is null || WindowedLayers[layer] ? Window : null;
}

/// <summary>What a norm computes of a vector x with weights w and b; σ has the epsilon under its root.</summary>
public enum NormKind
{
    /// <summary>x / rms(x) · w.</summary>
    Rms,

    /// <summary>x / rms(x) · (1 + w).</summary>
    RmsPlusOne,

    /// <summary>(x - mean(x)) / σ(x) · w + b.</summary>
    Layer,
}

/// <summary>Nonlinearity of an MLP.</summary>
public enum Activation
{
    /// <summary>x·sigmoid(x).</summary>
    Silu,

    /// <summary>x·Φ(x), Φ the normal distribution.</summary>
    Gelu,

    /// <summary><see cref="Gelu"/> with the tanh approximation of Φ.</summary>
    GeluTanh,

    /// <summary>max(x, 0).</summary>
    Relu,
}
