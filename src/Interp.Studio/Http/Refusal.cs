using Microsoft.AspNetCore.Http;

namespace Interp.Studio.Http;

/// <summary>A request that is not served: a status and one sentence that says what is wrong and what to do.</summary>
internal sealed class Refusal(int status, string sentence) : Exception(sentence)
{
    private const int LongestEcho = 20;

    public int Status { get; } = status;

    /// <summary>What was asked for, cut where it is long.</summary>
    public static string Echo(string text) => text.Length <= LongestEcho ? text : text[..LongestEcho] + "…";
}
