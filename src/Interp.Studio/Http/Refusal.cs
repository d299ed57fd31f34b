using Microsoft.AspNetCore.Http;

namespace Interp.Studio.Http;

/// <summary>A request that is not served: a status and one sentence that says what is wrong and what to do.</summary>
internal sealed class Refusal(int status, string sentence) : Exception(sentence)
{
    private const int LongestEcho = 20;

    public int Status { get; } = status;

    /// <summary>A latent that the dictionary does not have.</summary>
    public static Refusal NoLatent(string latent, int latents) =>
        new(StatusCodes.Status404NotFound, $"There is no latent {(latent.Length <= LongestEcho ? latent : latent[..LongestEcho] + "…")}; there are 0 to {latents - 1}.");
}
