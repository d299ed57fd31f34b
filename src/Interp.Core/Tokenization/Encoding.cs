namespace Interp.Tokenization;

/// <summary>A tokenized text.</summary>
/// <param name="Ids">Token ids.</param>
/// <param name="Offsets">For each id the half-open range of Unicode code points of the text that it came from;
/// (0, 0) for a token that the post-processor put in.</param>
public sealed record Encoding(int[] Ids, (int Start, int End)[] Offsets);
