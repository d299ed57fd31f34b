namespace Interp.Studio.Http;

/// <summary>A request that is not served: a status and one sentence that says what is wrong and what to do.</summary>
internal sealed class Refusal(int status, string sentence) : Exception(sentence)
{
    public int Status { get; } = status;
}
