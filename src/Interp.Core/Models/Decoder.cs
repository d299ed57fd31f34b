using Interp.Hooks;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Models;

/// <summary>
/// The one decoder that all families share: embeddings, blocks, head. What differs between families is in the configuration, and where
/// the weights lie in <see cref="ModelFamily"/>.
/// </summary>
internal sealed class Decoder(ModelConfig config, ModelFamily family, IWeightSource weights, ScalarType type, Device device)
{
    /// <summary>Token embeddings [B, T, d] of int64 [B, T].</summary>
    /// <exception cref="InterpException">A token is outside the vocabulary.</exception>
    public Tensor Embed(Tensor tokens, HookSession session)
    {
        var (smallest, largest) = (tokens.min().ToInt64(), tokens.max().ToInt64());
        if (smallest < 0 || largest >= config.VocabularySize)
            throw new InterpException($"The text has the token id {(smallest < 0 ? smallest : largest)}, but the model's vocabulary has {config.VocabularySize}; use the tokenizer that belongs to the model.");
        var rows = family.Embed(weights, config, tokens.to(device).reshape(-1)).view(tokens.size(0), tokens.size(1), config.Width);
        if (config.EmbeddingScale != 1)
            rows = rows * tensor(config.EmbeddingScale, dtype: type, device: device);
        return session.Pass(HookSite.Embed, 0, rows);
    }

    /// <summary>What enters block 0: the embeddings, with positions where they are learned.</summary>
    /// <exception cref="InterpException">The input is longer than the learned positions.</exception>
    public Tensor AddPositions(Tensor embeddings, HookSession session)
    {
        if (config.Rope is not null || session.Stopped)
            return embeddings;
        var length = embeddings.size(1);
        if (session.Start + length > config.ContextLength)
            throw new InterpException($"The text has {session.Start + length} tokens, but the model knows {config.ContextLength} positions; shorten it.");
        var positions = family.PositionTable(weights, config).narrow(0, session.Start, length);
        return embeddings + session.Pass(HookSite.PosEmbed, 0, positions.expand_as(embeddings));
    }

    /// <summary>The residual stream after blocks first .. end-1, or where the session stopped.</summary>
    /// <param name="residual">[B, T, d] before block <paramref name="first"/>.</param>
    /// <param name="first">The first block.</param>
    /// <param name="padding">int64 [B, T], 0 where a token is padding; null when none is.</param>
    /// <param name="session">Sees, and may replace, what is computed.</param>
    /// <param name="cache">Takes, and gives, keys and values; null for none.</param>
    public Tensor Blocks(Tensor residual, int first, Tensor? padding, HookSession session, KeyValueCache? cache = null)
    {
        if (session.Stopped || first == config.LayerCount)
            return residual;
        var attention = new Attention(config, (int)residual.size(1), padding, session, cache, type, device);
        for (var layer = first; layer < config.LayerCount && !session.Stopped; layer++)
        {
            using var scope = NewDisposeScope();
            residual = Block(layer, residual, attention, session).MoveToOuterDisposeScope();
        }
        return residual;
    }

    /// <summary>Logits [..., V] of a residual stream [..., d] after the last block.</summary>
    public Tensor Head(Tensor residual, HookSession session)
    {
        var normalised = session.Pass(HookSite.FinalNorm, 0, Norm.Apply(config, family.FinalNorm(weights, config), residual,
            Watched(HookSite.FinalNormScale, 0, session)));
        if (session.Stopped)
            return normalised;
        var logits = family.Head(weights, config).Apply(normalised);
        return config.LogitCap is { } cap ? (logits / cap).tanh() * cap : logits;
    }

    /// <summary>The norm before the head and the rows of the head, [V, d].</summary>
    public (NormWeights Norm, Tensor Rows) HeadWeights() => (family.FinalNorm(weights, config), family.Unembedding(weights, config));

    /// <summary>Asks a source for every weight.</summary>
    public void Read(IWeightSource source)
    {
        family.Embedding(source, config);
        if (config.Rope is null)
            family.PositionTable(source, config);
        for (var layer = 0; layer < config.LayerCount; layer++)
            family.Block(source, config, layer);
        family.FinalNorm(source, config);
        family.Head(source, config);
    }

    private Tensor Block(int layer, Tensor residual, Attention attention, HookSession session)
    {
        Tensor Pass(HookSite site, Tensor value) => session.Pass(site, layer, value);
        residual = Pass(HookSite.ResidPre, residual);
        if (session.Stopped)
            return residual.alias();
        var block = family.Block(weights, config, layer);
        var read = Pass(HookSite.AttnIn, Norm.Apply(config, block.AttentionNorm, residual, Watched(HookSite.AttnNormScale, layer, session)));
        var mixed = block.Output.Apply(attention.Apply(block, layer, read));
        var attended = residual + Pass(HookSite.AttnOut, PostNorm(block.AttentionPostNorm, mixed));
        var middle = config.ParallelResidual ? residual : Pass(HookSite.ResidMid, attended);
        if (session.Stopped)
            return attended;
        read = Pass(HookSite.MlpIn, Norm.Apply(config, block.MlpNorm, middle, Watched(HookSite.MlpNormScale, layer, session)));
        var written = Pass(HookSite.MlpOut, PostNorm(block.MlpPostNorm, Mlp(block, layer, read, session)));
        return Pass(HookSite.ResidPost, (config.ParallelResidual ? attended : middle) + written);
    }

    private Tensor PostNorm(NormWeights? norm, Tensor x) => norm is null ? x : Norm.Apply(config, norm, x);

    /// <summary>What sees the divisor of a norm; null when nobody asked for it.</summary>
    private static Func<Tensor, Tensor>? Watched(HookSite site, int layer, HookSession session) =>
        session.Wants(site, layer) ? scale => session.Pass(site, layer, scale) : null;

    private Tensor Mlp(BlockWeights block, int layer, Tensor x, HookSession session)
    {
        if (config.GatedMlp && config.Activation == Activation.Silu && FusedRows.Serve(x) && !is_grad_enabled()
            && !session.Wants(HookSite.MlpPre, layer) && !session.Wants(HookSite.MlpPreLinear, layer))
            return block.Down.Apply(session.Pass(HookSite.MlpPost, layer, Gate([.. block.MlpInput.Select(projection => projection.Apply(x))])));
        var parts = block.MlpInput.Count == 1 && config.GatedMlp
            ? block.MlpInput[0].Apply(x).chunk(2, -1)
            : [.. block.MlpInput.Select(projection => projection.Apply(x))];
        var inner = Activate(session.Pass(HookSite.MlpPre, layer, parts[0]));
        if (config.GatedMlp)
            inner = inner * session.Pass(HookSite.MlpPreLinear, layer, parts[1]);
        return block.Down.Apply(session.Pass(HookSite.MlpPost, layer, inner));
    }

    private static Tensor Gate(Tensor[] parts) => parts.Length == 1 ? FusedRows.Swish(parts[0]) : FusedRows.Swish(parts[0], parts[1]);

    private Tensor Activate(Tensor x) => config.Activation switch
    {
        Activation.Silu => nn.functional.silu(x),
        Activation.Gelu => nn.functional.gelu(x),
        Activation.Relu => nn.functional.relu(x),
        _ => x * 0.5 * ((x + x.pow(3) * 0.044715) * Math.Sqrt(2 / Math.PI)).tanh().add(1),
    };
}
