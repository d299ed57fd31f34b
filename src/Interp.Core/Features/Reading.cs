namespace Interp.Features;

/// <summary>
/// What the latents of an autoencoder say of a text, token by token. The tokens are those of the text alone: one that was put in front is not among
/// them, and special ones that the text spells out stand in it but have no latents.
/// </summary>
public sealed class Reading
{
    private readonly int[] starts;
    private readonly int[] latents;
    private readonly float[] values;
    private readonly Lazy<(int[] Latents, float[] Values)> peaks;

    /// <param name="text">The text as written.</param>
    /// <param name="ids">Its token ids.</param>
    /// <param name="tokens">The strings of the tokens; joined they are the text.</param>
    /// <param name="norms">‖x‖ of each token at the hook; 0 for special tokens.</param>
    /// <param name="fired">Per token the latents above 0, no latent twice, with their values.</param>
    internal Reading(string text, int[] ids, string[] tokens, float[] norms, IReadOnlyList<(int Latent, float Value)[]> fired)
    {
        (Text, Ids, Tokens, Norms) = (text, ids, tokens, norms);
        starts = new int[ids.Length + 1];
        for (var i = 0; i < ids.Length; i++)
            starts[i + 1] = starts[i] + fired[i].Length;
        latents = [.. fired.SelectMany(token => token.Select(pair => pair.Latent))];
        values = [.. fired.SelectMany(token => token.Select(pair => pair.Value))];
        peaks = new(FindPeaks);
    }

    /// <summary>The text as written.</summary>
    public string Text { get; }

    /// <summary>Token ids, [n].</summary>
    public IReadOnlyList<int> Ids { get; }

    /// <summary>The strings of the tokens, [n]; joined they are the text. A token that ends inside a character is empty, and the character stands at its last token.</summary>
    public IReadOnlyList<string> Tokens { get; }

    /// <summary>Length ‖x‖ of the activations of each token at the hook, [n]; 0 for special tokens.</summary>
    public IReadOnlyList<float> Norms { get; }

    /// <summary>The latents that fire on a token, largest value first, ties by the lower number.</summary>
    public ReadOnlySpan<int> LatentsAt(int token) => latents.AsSpan(starts[token]..starts[token + 1]);

    /// <summary>The values of <see cref="LatentsAt"/>, above 0.</summary>
    public ReadOnlySpan<float> ValuesAt(int token) => values.AsSpan(starts[token]..starts[token + 1]);

    /// <summary>A latent's value on every token, [n]; 0 where it does not fire.</summary>
    public float[] ValuesOf(int latent)
    {
        var result = new float[Ids.Count];
        for (var token = 0; token < result.Length; token++)
        {
            var at = LatentsAt(token).IndexOf(latent);
            result[token] = at < 0 ? 0 : ValuesAt(token)[at];
        }
        return result;
    }

    /// <summary>The latents that fire anywhere in the text, ascending.</summary>
    public ReadOnlySpan<int> Fired => peaks.Value.Latents;

    /// <summary>The largest value of each of <see cref="Fired"/> over the tokens.</summary>
    public ReadOnlySpan<float> Peaks => peaks.Value.Values;

    /// <summary>A latent's largest value over the tokens; 0 when it does not fire.</summary>
    public float PeakOf(int latent)
    {
        var at = Fired.BinarySearch(latent);
        return at < 0 ? 0 : Peaks[at];
    }

    private (int[], float[]) FindPeaks()
    {
        var peak = new SortedDictionary<int, float>();
        for (var i = 0; i < latents.Length; i++)
            peak[latents[i]] = Math.Max(values[i], peak.GetValueOrDefault(latents[i]));
        return ([.. peak.Keys], [.. peak.Values]);
    }
}
