using Interp.Activations;
using Interp.Autoencoders;
using Interp.Hooks;
using Interp.Models;
using Interp.Runtime;
using Interp.Tokenization;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Features;

/// <summary>
/// A language model with an autoencoder of one of its hooks: reads texts as latents. Any number of threads may use it at once; it owns model and
/// autoencoder.
/// </summary>
public sealed class Microscope : IDisposable
{
    /// <summary>Positions of one pass, unless a single text has more.</summary>
    private const int PassPositions = 4096;

    private Microscope(LanguageModel model, Tokenizer tokenizer, SparseAutoencoder autoencoder, HookPoint hook, int? bosId) =>
        (Model, Tokenizer, Sae, Hook, BosId) = (model, tokenizer, autoencoder, hook, bosId);

    /// <summary>The model.</summary>
    public LanguageModel Model { get; }

    /// <summary>Its tokenizer.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>The autoencoder of the hook.</summary>
    public SparseAutoencoder Sae { get; }

    /// <summary>Where the autoencoder reads the model.</summary>
    public HookPoint Hook { get; }

    /// <summary>The token that is put in front of every text, as it was in the autoencoder's training; null: none.</summary>
    public int? BosId { get; }

    /// <summary>Opens a model and an autoencoder.</summary>
    /// <param name="model">A Hugging Face folder or a .gguf file, with its tokenizer.</param>
    /// <param name="autoencoder">An SAE folder; its metadata name the hook and say whether texts begin with the tokenizer's BOS (if they do not: as the tokenizer does it).</param>
    /// <param name="device">Where both compute; null: on the CPU.</param>
    /// <param name="hook">The hook, for folders that do not name it; null: as the folder says.</param>
    /// <param name="precision">float32 or float64.</param>
    /// <exception cref="InterpException">Either cannot be read, or they do not fit each other.</exception>
    public static Microscope Open(string model, string autoencoder, Device? device = null, HookPoint? hook = null, ScalarType precision = ScalarType.Float32)
    {
        var metadata = SaeFolder.ReadMetadata(autoencoder);
        var point = hook ?? HookPoint.Parse(metadata.HookName
            ?? throw new InterpException($"{autoencoder} does not name the hook that its autoencoder reads; name it."));
        var tokenizer = Tokenizer.Load(model);
        var rule = new PackingSpec
        {
            TrainingTokens = 0,
            ValidationTokens = 0,
            Bos = metadata.PrependBos switch { true => BosRule.Always, false => BosRule.None, null => BosRule.Tokenizer },
        };
        var (opened, owned) = ((LanguageModel?)null, (SparseAutoencoder?)null);
        try
        {
            opened = LanguageModel.Load(model, device ?? CPU, precision);
            owned = SaeFolder.Read(autoencoder, device ?? CPU, precision);
            opened.Config.Require(point);
            if (opened.Config.WidthOf(point) is var width && width != owned.Width)
                throw new InterpException($"The autoencoder {autoencoder} reads rows of {owned.Width} numbers, but {point} of {model} has {width}; give the model that it was trained on.");
            return new Microscope(opened, tokenizer, owned, point, rule.BosOf(tokenizer));
        }
        catch
        {
            opened?.Dispose();
            owned?.Dispose();
            throw;
        }
    }

    /// <summary>The latents of a text.</summary>
    /// <exception cref="InterpException">The text is longer than the model's context.</exception>
    public Reading Read(string text) => Read([text])[0];

    /// <summary>The latents of some texts, in their order; what a text gives does not depend on the others.</summary>
    /// <param name="texts">The texts; one without tokens has an empty reading.</param>
    /// <param name="cancel">Stops before the next pass.</param>
    /// <exception cref="InterpException">A text is longer than the model's context.</exception>
    public IReadOnlyList<Reading> Read(IReadOnlyList<string> texts, CancellationToken cancel = default)
    {
        var encoded = texts.Select(Encode).ToArray();
        var readings = new Reading[texts.Count];
        foreach (var alike in Enumerable.Range(0, texts.Count).GroupBy(i => encoded[i].Ids.Length))
        {
            foreach (var pass in alike.Chunk(Math.Max(1, PassPositions / Math.Max(1, alike.Key))))
            {
                cancel.ThrowIfCancellationRequested();
                var latents = alike.Key == 0 ? [] : Look([.. pass.Select(i => encoded[i].Ids)]);
                for (var i = 0; i < pass.Length; i++)
                    readings[pass[i]] = ReadingOf(texts[pass[i]], encoded[pass[i]], latents.AsSpan(i * alike.Key, alike.Key));
            }
        }
        return readings;
    }

    /// <summary>The token ids of a text as the model reads it, with <see cref="BosId"/> in front unless the text begins with it.</summary>
    /// <exception cref="InterpException">The text is longer than the model's context.</exception>
    public int[] IdsOf(string text) => Encode(text).Ids;

    /// <summary>
    /// The token that begins a continuation of a prompt. Where the continuation would merge with the prompt's end, there is no such token.
    /// </summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="continuation">What follows, as written, such as a space and a word; only its first token counts.</param>
    /// <exception cref="InterpException">Together they are not the prompt's tokens and further ones.</exception>
    public int IdAfter(string prompt, string continuation)
    {
        var (before, both) = (IdsOf(prompt), IdsOf(prompt + continuation));
        return both.Length > before.Length && both.AsSpan().StartsWith(before)
            ? both[before.Length]
            : throw new InterpException($"'{continuation}' does not begin a new token after the prompt; put a space before it, or end the prompt elsewhere.");
    }

    /// <summary>The mean activation at the hook over all tokens of some texts, special ones aside, [d].</summary>
    /// <exception cref="InterpException">There is no token, or a text is longer than the model's context.</exception>
    public double[] MeanActivation(IReadOnlyList<string> texts, CancellationToken cancel = default)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var (sum, count) = (zeros(Sae.Width, dtype: ScalarType.Float64, device: CPU), 0L);
        foreach (var ids in texts.Select(IdsOf))
        {
            cancel.ThrowIfCancellationRequested();
            var counted = Enumerable.Range(0, ids.Length).Where(i => !Tokenizer.IsSpecial(ids[i])).Select(i => (long)i).ToArray();
            if (counted.Length == 0)
                continue;
            using var pass = NewDisposeScope();
            sum.add_(Activations([ids]).to(ScalarType.Float64, CPU).index_select(0, tensor(counted, device: CPU)).sum([0L]));
            count += counted.Length;
        }
        return count > 0
            ? [.. sum.div(count).data<double>().ToArray()]
            : throw new InterpException("The texts have no token whose activation could be averaged; give others.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Model.Dispose();
        Sae.Dispose();
    }

    /// <summary>A text as the model reads it: Ids [n] of which the first Added are not the text's; and of the others the strings.</summary>
    private (int[] Ids, int Added, string[] Tokens) Encode(string text)
    {
        var encoding = Tokenizer.Encode(text, addSpecialTokens: false);
        var tokens = TokenTexts.Of(text, encoding);
        var added = BosId is { } bos && encoding.Ids.FirstOrDefault(-1) != bos ? 1 : 0;
        int[] ids = added == 0 ? encoding.Ids : [BosId!.Value, .. encoding.Ids];
        return ids.Length <= Model.Config.ContextLength
            ? (ids, added, tokens)
            : throw new InterpException($"A text has {ids.Length} tokens, but the model's context has {Model.Config.ContextLength}; shorten or divide it.");
    }

    private Reading ReadingOf(string text, (int[] Ids, int Added, string[] Tokens) encoded, ReadOnlySpan<(float Norm, (int, float)[] Fired)> rows)
    {
        var ids = encoded.Ids[encoded.Added..];
        var (norms, fired) = (new float[ids.Length], new (int, float)[ids.Length][]);
        for (var i = 0; i < ids.Length; i++)
            (norms[i], fired[i]) = Tokenizer.IsSpecial(ids[i]) ? (0, []) : rows[encoded.Added + i];
        return new Reading(text, ids, encoded.Tokens, norms, fired);
    }

    /// <summary>Norm and latents of every position of texts of one length, text after text.</summary>
    private (float Norm, (int Latent, float Value)[] Fired)[] Look(int[][] texts)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var x = Activations(texts);
        using var latents = Sae.Encode(x);
        var norms = x.to(ScalarType.Float64).norm(1, p: 2).to(ScalarType.Float32, CPU).data<float>().ToArray();
        var indices = TensorMemory.Span<long>(latents.Indices.cpu().contiguous());
        var values = TensorMemory.Span<float>(latents.Values.to(ScalarType.Float32, CPU).contiguous());
        var k = latents.K;
        var result = new (float, (int, float)[])[norms.Length];
        for (var row = 0; row < result.Length; row++)
            result[row] = (norms[row], Fired(indices.Slice(row * k, k), values.Slice(row * k, k)));
        return result;
    }

    /// <summary>The hook's rows [texts·positions, d] of texts of one length.</summary>
    private Tensor Activations(int[][] texts)
    {
        using var scope = NewDisposeScope();
        var tokens = tensor(texts.SelectMany(ids => ids.Select(id => (long)id)).ToArray(), [texts.Length, texts[0].Length], device: Model.Device);
        using var run = Model.Run(tokens, [Hook], stopAfter: Hook);
        return run[Hook].reshape(tokens.numel(), -1).clone().MoveToOuterDisposeScope();
    }

    private static (int Latent, float Value)[] Fired(ReadOnlySpan<long> indices, ReadOnlySpan<float> values)
    {
        var fired = new List<(int Latent, float Value)>();
        for (var i = 0; i < indices.Length; i++)
        {
            if (values[i] > 0)
                fired.Add(((int)indices[i], values[i]));
        }
        return [.. fired.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Latent)];
    }
}
