namespace Interp.Tokenization;

/// <summary>
/// The text of tokens that come one by one. A token that ends inside a character adds nothing; the character comes with its last token. Special
/// tokens have no text.
/// </summary>
/// <param name="tokenizer">The tokenizer.</param>
/// <param name="start">Tokens that were there before and whose text is not given again.</param>
public sealed class GrowingText(Tokenizer tokenizer, IEnumerable<int> start)
{
    private readonly List<int> ids = [.. start];
    private string shown = tokenizer.Decode([.. start], skipSpecialTokens: true);

    /// <summary>What the next token adds.</summary>
    public string Add(int id)
    {
        ids.Add(id);
        var text = tokenizer.Decode(ids, skipSpecialTokens: true);
        if (text.EndsWith('\uFFFD') || text.Length < shown.Length)
            return "";
        var added = text[shown.Length..];
        shown = text;
        return added;
    }
}
