namespace Interp.Features;

/// <summary>A piece of text on which a latent fires.</summary>
/// <param name="Row">Number of the firing token in the text that the atlas was made of.</param>
/// <param name="Document">Its document.</param>
/// <param name="Value">The latent's value there.</param>
/// <param name="Focus">Which of the tokens it is.</param>
/// <param name="Tokens">Token ids of the piece, which stays within one context.</param>
/// <param name="Values">The latent's value on each of them, 0 where it does not fire.</param>
public sealed record LatentExample(long Row, int Document, float Value, int Focus, IReadOnlyList<int> Tokens, IReadOnlyList<float> Values);
