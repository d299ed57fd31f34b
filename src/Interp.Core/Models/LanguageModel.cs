using System.Security.Cryptography;
using Interp.Formats;
using Interp.Hooks;
using Interp.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Models;

/// <summary>
/// A pre-norm decoder with rotary attention and a gated MLP, read from a checkpoint. Weights are loaded when a layer is
/// first used, so a pass that stops early never touches the layers above.
/// </summary>
/// <remarks>
/// Safe to run from several threads at once. Gradients flow to parameters given to <see cref="FromParameters"/> when grad
/// mode is on. Returned tensors belong to the caller (or to its dispose scope).
/// </remarks>
public sealed class LanguageModel : IDisposable
{
    private readonly IWeightSource weights;
    private readonly ModelFamily family;
    private readonly ScalarType type;
    private readonly Device device;
    private readonly Lazy<string> digest;

    internal LanguageModel(ModelConfig config, ModelFamily family, IWeightSource weights, ScalarType type, Device device, Func<string> digest)
    {
        Config = config;
        this.family = family;
        this.weights = weights;
        this.type = type;
        this.device = device;
        this.digest = new Lazy<string>(digest);
    }

    /// <summary>Shape and rules of the model.</summary>
    public ModelConfig Config { get; }

    /// <summary>SHA-256 over the configuration and all weight files: the identity of what the model computes.</summary>
    public string Digest => digest.Value;

    /// <summary>Element type of weights and activations.</summary>
    public ScalarType Precision => type;

    /// <summary>Opens a Hugging Face folder or a .gguf file.</summary>
    /// <exception cref="InterpException">The path is missing, or holds a model that is not served.</exception>
    public static LanguageModel Load(string path, Device device, ScalarType precision = ScalarType.Float32)
    {
        if (IsGguf(path))
            return LoadGguf(path, device, precision);
        var (config, family) = ReadConfig(path);
        var source = new FolderWeights(path, precision, device);
        return new LanguageModel(config, family, source, precision, device, () => DigestOf(source.Files.Prepend(ConfigPath(path))));
    }

    /// <summary>A model over tensors that the caller keeps, under their Hugging Face names.</summary>
    public static LanguageModel FromParameters(ModelConfig config, IReadOnlyDictionary<string, Tensor> parameters)
    {
        var any = parameters.Values.First();
        return new LanguageModel(config, ModelFamily.Of(config.Architecture, "The configuration"), new GivenWeights(parameters), any.dtype, any.device,
            () => throw new InterpException("A model in training has no digest; save it first."));
    }

    /// <summary>Reads the configuration alone, for a plan that needs no weights.</summary>
    /// <exception cref="InterpException">The path is missing, or names a model that is not served.</exception>
    public static ModelConfig Describe(string path)
    {
        if (!IsGguf(path))
            return ReadConfig(path).Config;
        RequireFile(path);
        using var file = Gguf.Open(path);
        return GgufConfig.Read(file);
    }

    /// <summary>Logits [B, T, V] of tokens, int64 [B, T].</summary>
    public Tensor Logits(Tensor tokens)
    {
        using var run = Run(tokens, []);
        return run.Logits!.alias();
    }

    /// <summary>One forward pass.</summary>
    /// <param name="tokens">int64 [B, T].</param>
    /// <param name="captures">Points whose values are kept.</param>
    /// <param name="edits">Functions that replace the value at a point; a capture of the same point sees the replacement.</param>
    /// <param name="stopEarly">Stop after the last layer that a capture or edit asked for, without logits.</param>
    /// <param name="mask">int64 [B, T], 0 where a token is padding; positions are 0 .. T-1 in any case.</param>
    /// <exception cref="InterpException">A point lies outside the model or never fired, or a token is outside the vocabulary.</exception>
    public ModelRun Run(
        Tensor tokens,
        IReadOnlyCollection<HookPoint> captures,
        IReadOnlyDictionary<HookPoint, Func<Tensor, Tensor>>? edits = null,
        bool stopEarly = false,
        Tensor? mask = null)
    {
        foreach (var point in captures.Concat(edits?.Keys ?? []))
            RequireLayer(point);
        var session = new HookSession(captures, edits);
        using var scope = NewDisposeScope();
        var residual = session.Pass(HookSite.Embed, 0, Embed(tokens));
        var end = stopEarly ? session.LastLayer + 1 : Config.LayerCount;
        residual = Blocks(residual, 0, end, mask, session);
        session.RequireAllFired();
        return new ModelRun(session, stopEarly ? null : Head(residual).DetachFromDisposeScope());
    }

    /// <summary>Logits [B, T, V] from a residual stream [B, T, d] before or after a block, as if the pass had come that far.</summary>
    public Tensor Resume(HookPoint point, Tensor residual, Tensor? mask = null)
    {
        RequireLayer(point);
        var first = point.Site switch
        {
            HookSite.ResidPost => point.Layer + 1,
            HookSite.ResidPre => point.Layer,
            HookSite.Embed => 0,
            _ => throw new InterpException($"A pass cannot go on from {point}; only from the residual stream before or after a block."),
        };
        using var scope = NewDisposeScope();
        return Head(Blocks(residual, first, Config.LayerCount, mask, new HookSession([], null))).MoveToOuterDisposeScope();
    }

    /// <summary>Checks that every weight the model needs is there with its shape, without loading one.</summary>
    /// <returns>The names of these weights, as Hugging Face spells them.</returns>
    /// <exception cref="InterpException">A weight is missing or shaped otherwise.</exception>
    public IReadOnlySet<string> CheckWeights()
    {
        using var scope = NewDisposeScope();
        using var check = new ShapeCheck(weights);
        check.Get("model.embed_tokens.weight", Config.VocabularySize, Config.Width);
        for (var layer = 0; layer < Config.LayerCount; layer++)
            family.Block(check, Config, layer);
        check.Get("model.norm.weight", Config.Width);
        if (!Config.TiedHead)
            check.Get("lm_head.weight", Config.VocabularySize, Config.Width);
        return check.Names;
    }

    /// <inheritdoc/>
    public void Dispose() => weights.Dispose();

    private Tensor Embed(Tensor tokens)
    {
        var largest = tokens.max().ToInt64();
        if (largest >= Config.VocabularySize)
            throw new InterpException($"The text has the token id {largest}, but the model's vocabulary has {Config.VocabularySize}; use the tokenizer that belongs to the model.");
        return weights.Rows("model.embed_tokens.weight", tokens.to(device).reshape(-1), Config.VocabularySize, Config.Width)
            .view(tokens.size(0), tokens.size(1), Config.Width);
    }

    private Tensor Blocks(Tensor residual, int first, int end, Tensor? mask, HookSession session)
    {
        if (first >= end)
            return residual;
        var attention = Attention.Prepare(Config, (int)residual.size(1), mask, type, device);
        for (var layer = first; layer < end; layer++)
        {
            using var scope = NewDisposeScope();
            residual = Block(family.Block(weights, Config, layer), layer, residual, attention, session).MoveToOuterDisposeScope();
        }
        return residual;
    }

    private Tensor Block(BlockWeights block, int layer, Tensor residual, Attention attention, HookSession session)
    {
        residual = session.Pass(HookSite.ResidPre, layer, residual);
        var mixed = block.Output.Apply(attention.Apply(block, Norm(residual, block.AttentionNorm)));
        residual = session.Pass(HookSite.ResidMid, layer, residual + session.Pass(HookSite.AttnOut, layer, mixed));
        var written = session.Pass(HookSite.MlpOut, layer, Mlp(block, session.Pass(HookSite.MlpIn, layer, Norm(residual, block.MlpNorm))));
        return session.Pass(HookSite.ResidPost, layer, residual + written);
    }

    private static Tensor Mlp(BlockWeights block, Tensor x)
    {
        var parts = block.GateUp.Count == 1
            ? block.GateUp[0].Apply(x).chunk(2, -1)
            : [.. block.GateUp.Select(projection => projection.Apply(x))];
        return block.Down.Apply(nn.functional.silu(parts[0]).mul(parts[1]));
    }

    /// <summary>RMS norm: the mean square in float32 at least, then the weight in the model's precision.</summary>
    private Tensor Norm(Tensor x, Tensor weight)
    {
        var wide = type == ScalarType.BFloat16 ? x.to(ScalarType.Float32) : x;
        var scale = wide.square().mean([-1], keepdim: true).add(Config.NormEpsilon).rsqrt();
        return wide.mul(scale).to(type).mul(weight);
    }

    private Tensor Head(Tensor residual) =>
        weights.Project(Config.TiedHead ? "model.embed_tokens" : "lm_head", Config.VocabularySize, Config.Width)
            .Apply(Norm(residual, weights.Get("model.norm.weight", Config.Width)));

    private void RequireLayer(HookPoint point)
    {
        if (point.Layer < 0 || point.Layer >= Config.LayerCount)
            throw new InterpException($"The hook point {point} lies outside the model, whose blocks are 0 to {Config.LayerCount - 1}.");
    }

    private static bool IsGguf(string path) => path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase);

    private static LanguageModel LoadGguf(string path, Device device, ScalarType precision)
    {
        RequireFile(path);
        var file = Gguf.Open(path);
        try
        {
            var config = GgufConfig.Read(file);
            return new LanguageModel(config, ModelFamily.Of(config.Architecture, path), new GgufWeights(file, config, precision, device), precision, device,
                () => DigestOf([path]));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static void RequireFile(string path)
    {
        if (!File.Exists(path))
            throw new InterpException($"There is no model file {path}; give a .gguf file or a Hugging Face folder.");
    }

    private static string ConfigPath(string folder) => Path.Combine(folder, "config.json");

    private static (ModelConfig Config, ModelFamily Family) ReadConfig(string path)
    {
        if (!Directory.Exists(path))
            throw new InterpException($"There is no model folder {path}; give a Hugging Face folder or a .gguf file.");
        if (!File.Exists(ConfigPath(path)))
            throw new InterpException($"{path} holds no config.json; give a Hugging Face folder or a .gguf file.");
        var json = ConfigJson.Read(ConfigPath(path));
        var architecture = json.Texts("architectures").FirstOrDefault() ?? throw json.Fault("architectures", "is missing");
        var family = ModelFamily.Of(architecture, json.Path);
        return (family.Configure(json, architecture), family);
    }

    private static string DigestOf(IEnumerable<string> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files)
        {
            using var stream = File.OpenRead(file);
            hash.AppendData(SHA256.HashData(stream));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
