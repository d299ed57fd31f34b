namespace Interp.Studio.Http;

/// <summary>The question of an operation that asks nothing.</summary>
internal sealed record Nothing;
