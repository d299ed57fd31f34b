using System.Text;
using Interp.Runtime;
using Interp.Tokenization.Patterns;

namespace Interp.Tokenization;

/// <summary>Learns a byte-fallback BPE tokenizer from documents.</summary>
public static class BpeTrainer
{
    /// <summary>
    /// How text, its spaces already marks, is cut into words: newline runs, single digits, indentation without the mark of the word after
    /// it, letters and other signs each with at most one mark before them.
    /// </summary>
    internal const string Words = @"\n+|\p{N}|▁+(?=▁[^\s▁\p{N}])|▁?[\p{L}\p{M}]+|▁?[^\s▁\p{L}\p{M}\p{N}]+|▁+|\s";

    private const string Unknown = "<unk>";
    private const string Begin = "<s>";
    private const string End = "</s>";

    /// <summary>
    /// Trains on documents and returns the text of a <c>tokenizer.json</c>: the pieces <c>&lt;unk&gt;</c>, <c>&lt;s&gt;</c>, <c>&lt;/s&gt;</c>, one for
    /// each byte, the characters of the documents, then merges; spaces become "▁" with one put in front, and a template adds <c>&lt;s&gt;</c>.
    /// The result depends on nothing but the arguments: the pair that occurs most is merged next, of equals the one that is first in ordinal
    /// order of its parts. Merges stay within words, and digits stay single.
    /// </summary>
    /// <param name="documents">The texts, in any order.</param>
    /// <param name="vocabularySize">The number of pieces; fewer come out when no pair occurs twice.</param>
    /// <param name="minimumCharacterCount">How often a character must occur to be a piece of its own; a rarer one is spelt in bytes.</param>
    /// <exception cref="InterpException">The size leaves no room for the special tokens, the bytes and the characters.</exception>
    public static string Train(IEnumerable<string> documents, int vocabularySize, int minimumCharacterCount = 2)
    {
        var words = CountWords(documents);
        var pieces = new List<string> { Unknown, Begin, End };
        pieces.AddRange(Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>"));
        var fixedCount = pieces.Count;
        pieces.AddRange(Alphabet(words, minimumCharacterCount));
        if (pieces.Count > vocabularySize)
            throw new InterpException($"A vocabulary of {vocabularySize} is too small: special tokens, bytes and the {pieces.Count - fixedCount} characters of the documents need {pieces.Count}.");
        var merges = new BpeMergeLearner(words, pieces, fixedCount).Learn(vocabularySize);
        return TokenizerJsonWriter.Write(pieces, merges, [Unknown, Begin, End], Begin, Words);
    }

    private static SortedDictionary<string, long> CountWords(IEnumerable<string> documents)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        var pattern = Pattern.Regex(Words);
        foreach (var document in documents)
        {
            if (document.Length == 0)
                continue;
            var text = AlignedText.From('▁' + document.Replace(' ', '▁'));
            pattern.FindAll(text.Points, (start, end) =>
            {
                var word = text.Substring(start, end);
                counts[word] = counts.GetValueOrDefault(word) + 1;
            });
        }
        return new SortedDictionary<string, long>(counts, StringComparer.Ordinal);
    }

    private static IEnumerable<string> Alphabet(SortedDictionary<string, long> words, int minimum)
    {
        var counts = new SortedDictionary<int, long>();
        foreach (var (word, count) in words)
            foreach (var rune in word.EnumerateRunes())
                counts[rune.Value] = counts.GetValueOrDefault(rune.Value) + count;
        return counts.Where(pair => pair.Value >= minimum).Select(pair => new Rune(pair.Key).ToString());
    }
}
