using Interp.Hooks;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Models;

/// <summary>
/// A decoder read from a checkpoint. Weights are loaded when a layer is first used, so a pass that stops early never touches the
/// layers above.
/// </summary>
/// <remarks>
/// Safe to run from several threads at once. Gradients flow to parameters given to <see cref="FromParameters"/> when grad
/// mode is on. Returned tensors belong to the caller (or to its dispose scope).
/// </remarks>
public sealed class LanguageModel : IDisposable
{
    private readonly IWeightSource weights;
    private readonly Lazy<string> digest;

    internal LanguageModel(ModelConfig config, ModelFamily family, IWeightSource weights, ScalarType type, Device device, Func<string> digest)
    {
        Config = config;
        Precision = type;
        Device = device;
        Decoder = new Decoder(config, family, weights, type, device);
        this.weights = weights;
        this.digest = new Lazy<string>(digest);
    }

    /// <summary>Shape and rules of the model.</summary>
    public ModelConfig Config { get; }

    /// <summary>SHA-256 over the configuration and all weight files: the identity of what the model computes.</summary>
    public string Digest => digest.Value;

    /// <summary>Element type of weights and activations.</summary>
    public ScalarType Precision { get; }

    /// <summary>Where the model computes.</summary>
    public Device Device { get; }

    /// <summary>What the model computes with.</summary>
    internal Decoder Decoder { get; }

    /// <summary>Opens a Hugging Face folder or a .gguf file.</summary>
    /// <exception cref="InterpException">The path is missing, or holds a model that is not served.</exception>
    public static LanguageModel Load(string path, Device device, ScalarType precision = ScalarType.Float32) => ModelLoader.Load(path, device, precision);

    /// <summary>A model over tensors that the caller keeps, under their Hugging Face names.</summary>
    public static LanguageModel FromParameters(ModelConfig config, IReadOnlyDictionary<string, Tensor> parameters)
    {
        var any = parameters.Values.First();
        return new LanguageModel(config, ModelFamily.Of(config.Architecture, "The configuration"), new GivenWeights(parameters), any.dtype, any.device,
            () => throw new InterpException("A model in training has no digest; save it first."));
    }

    /// <summary>Reads the configuration alone, for a plan that needs no weights.</summary>
    /// <exception cref="InterpException">The path is missing, or names a model that is not served.</exception>
    public static ModelConfig Describe(string path) => ModelLoader.Describe(path);

    /// <summary>Logits [B, T, V] of tokens, int64 [B, T].</summary>
    /// <exception cref="InterpException">The tokens have another form, or one is outside the vocabulary.</exception>
    public Tensor Logits(Tensor tokens)
    {
        using var run = Run(tokens, []);
        return run.Logits!.alias();
    }

    /// <summary>One forward pass.</summary>
    /// <param name="tokens">int64 [B, T].</param>
    /// <param name="captures">Points whose values are kept.</param>
    /// <param name="interventions">Changes of values, in order; a capture of the same point sees what they left.</param>
    /// <param name="stopAfter">The point after which nothing is computed, so that there are no logits; null for a whole pass.</param>
    /// <param name="mask">int64 [B, T], 0 where a token is padding; positions are 0 .. T-1 in any case.</param>
    /// <exception cref="InterpException">The model has no such point, one never fired, or tokens or mask have another form or a token outside the vocabulary.</exception>
    public ModelRun Run(
        Tensor tokens,
        IReadOnlyCollection<HookPoint> captures,
        IReadOnlyCollection<Intervention>? interventions = null,
        HookPoint? stopAfter = null,
        Tensor? mask = null) =>
        Run(tokens, new HookSession(captures, interventions ?? [], stopAfter), mask, null, lastOnly: false);

    /// <summary>Logits [B, T, V] from a residual stream [B, T, d] before or after a block, as if the pass had come that far.</summary>
    /// <exception cref="InterpException">The residual stream has another form, or the point is none of it.</exception>
    public Tensor Resume(HookPoint point, Tensor residual, Tensor? mask = null)
    {
        Config.Require(point);
        var first = point.Site switch
        {
            HookSite.ResidPost => point.Layer + 1,
            HookSite.ResidPre => point.Layer,
            HookSite.Embed => 0,
            _ => throw new InterpException($"A pass cannot go on from {point}; only from the residual stream before or after a block."),
        };
        if (residual.Dimensions != 3 || residual.size(2) != Config.Width || residual.dtype != Precision)
            throw new InterpException($"The residual stream is {Described(residual)}, but the model's is {Precision.ToString().ToLowerInvariant()} [texts, positions, {Config.Width}]; reshape or convert it.");
        using var scope = NewDisposeScope();
        var session = HookSession.Silent();
        if (point.Site == HookSite.Embed)
            residual = Decoder.AddPositions(residual, session);
        return Decoder.Head(Decoder.Blocks(residual, first, mask, session), session).MoveToOuterDisposeScope();
    }

    /// <summary>Checks that every weight the model needs is there with its shape, without loading one.</summary>
    /// <returns>The names of these weights, as Hugging Face spells them.</returns>
    /// <exception cref="InterpException">A weight is missing or shaped otherwise.</exception>
    public IReadOnlySet<string> CheckWeights()
    {
        using var scope = NewDisposeScope();
        using var check = new ShapeCheck(weights);
        Decoder.Read(check);
        return check.Names;
    }

    /// <inheritdoc/>
    public void Dispose() => weights.Dispose();

    /// <summary>One forward pass over the positions that follow those of a cache.</summary>
    /// <param name="tokens">int64 [B, T].</param>
    /// <param name="session">What is captured and changed.</param>
    /// <param name="mask">int64 [B, T], 0 where a token is padding; null where a cache is given.</param>
    /// <param name="cache">Keys and values of the positions before, which takes those of this pass; null for none.</param>
    /// <param name="lastOnly">Whether the logits are those of the last position alone, [B, 1, V].</param>
    internal ModelRun Run(Tensor tokens, HookSession session, Tensor? mask, KeyValueCache? cache, bool lastOnly)
    {
        foreach (var point in session.Points)
            Config.Require(point);
        if (tokens.Dimensions != 2 || tokens.dtype != ScalarType.Int64 || tokens.numel() == 0)
            throw new InterpException($"The tokens are {Described(tokens)}, but a pass takes int64 [texts, positions], at least one of each; reshape or convert them.");
        if (mask is not null && (mask.dtype != ScalarType.Int64 || !mask.shape.SequenceEqual(tokens.shape)))
            throw new InterpException($"The mask is {Described(mask)}, but the tokens are {Described(tokens)}; give an int64 mask of their shape.");
        using var scope = NewDisposeScope();
        var residual = Decoder.Blocks(Decoder.AddPositions(Decoder.Embed(tokens, session), session), 0, mask, session, cache);
        var logits = session.Stopped ? null : Logits(residual, session, lastOnly);
        session.RequireAllFired();
        cache?.Advance((int)tokens.size(1));
        return new ModelRun(session, session.Stopped ? null : logits!.DetachFromDisposeScope());
    }

    private static string Described(Tensor tensor) => $"{tensor.dtype.ToString().ToLowerInvariant()} [{string.Join(", ", tensor.shape)}]";

    private Tensor Logits(Tensor residual, HookSession session, bool lastOnly)
    {
        Tensor Last(Tensor values) => lastOnly ? values.narrow(1, values.size(1) - 1, 1) : values;
        var watched = session.Wants(HookSite.FinalNormScale, 0) || session.Wants(HookSite.FinalNorm, 0);
        return watched ? Last(Decoder.Head(residual, session)) : Decoder.Head(Last(residual), session);
    }
}
