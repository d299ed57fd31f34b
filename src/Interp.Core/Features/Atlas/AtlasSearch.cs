using System.Globalization;
using System.Text;
using Interp.Formats;

namespace Interp.Features;

/// <summary>
/// The words of an atlas: a line per latent with six fields between tabs, explanation, concept, tokens, raised tokens, and the F1 of the
/// first two. A search reads the file once and keeps nothing. What fits a latent well counts more.
/// </summary>
internal static class AtlasSearch
{
    /// <summary>What a whole word counts in each field; a part of a word counts half.</summary>
    private static readonly double[] Weights = [4, 4, 2, 1];

    /// <summary>The line of a page.</summary>
    public static string LineOf(LatentPage page) => string.Join('\t', new[]
    {
        page.Explanation?.Text ?? "", page.Concept?.Name ?? "",
        string.Join(' ', page.Tokens.Select(token => token.Token.Trim())), string.Join(' ', page.Raised.Select(token => token.Token.Trim())),
        Share(page.Explanation?.F1), Share(page.Concept?.F1),
    }.Select(Plain)) + "\n";

    /// <summary>The considered latents that have all words, best first, ties by the lower number.</summary>
    public static IReadOnlyList<LatentHit> Find(MappedFile file, string words, int limit, Func<int, bool> considered)
    {
        var wanted = words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(word => Encoding.UTF8.GetBytes(Plain(word).ToLowerInvariant())).ToArray();
        if (wanted.Length == 0)
            return [];
        var best = new BoundedBest<(int Latent, string Text)>(limit);
        var latent = 0;
        for (var at = 0L; at < file.Length; latent++)
        {
            var line = file.Bytes(at, (int)Math.Min(file.Length - at, 1 << 20));
            line = line[..(line.IndexOf((byte)'\n') is var end and >= 0 ? end : line.Length)];
            at += line.Length + 1;
            if (ScoreOf(line, wanted) is var score && score > 0 && best.Wants((float)score, latent) && considered(latent))
                best.Offer((float)score, latent, (latent, Encoding.UTF8.GetString(line)));
        }
        return [.. best.Ordered().Select(kept => new LatentHit(kept.Item.Latent, kept.Score, kept.Item.Text.Split('\t')[0] is { Length: > 0 } text ? text : kept.Item.Text.Split('\t')[2]))];
    }

    /// <summary>The sum over the words of the best field of each; 0 when one is missing.</summary>
    private static double ScoreOf(ReadOnlySpan<byte> line, byte[][] words)
    {
        foreach (var word in words)
        {
            if (IndexOf(line, word) < 0)
                return 0;
        }
        Span<Range> fields = stackalloc Range[Weights.Length + 2];
        var count = 0;
        foreach (var range in line.Split((byte)'\t'))
        {
            if (count < fields.Length)
                fields[count++] = range;
        }
        if (count < fields.Length)
            return 0;
        ReadOnlySpan<double> fits = [Fit(line[fields[^2]]), Fit(line[fields[^1]])];
        var total = 0.0;
        foreach (var word in words)
        {
            var best = 0.0;
            for (var field = 0; field < Weights.Length; field++)
                best = Math.Max(best, Weights[field] * (field < 2 ? fits[field] : 1) * Match(line[fields[field]], word));
            if (best == 0)
                return 0;
            total += best;
        }
        return total;
    }

    private static string Share(double? f1) => (f1 ?? 0).ToString("0.000", CultureInfo.InvariantCulture);

    /// <summary>From a half for what does not fit to 1 for what fits perfectly.</summary>
    private static double Fit(ReadOnlySpan<byte> f1) => System.Buffers.Text.Utf8Parser.TryParse(f1, out double value, out _) ? 0.5 + value / 2 : 0.5;

    /// <summary>1 for a whole word, a half for a part of one, 0 for none.</summary>
    private static double Match(ReadOnlySpan<byte> text, byte[] word)
    {
        var found = 0.0;
        for (var at = 0; at + word.Length <= text.Length; at++)
        {
            var next = IndexOf(text[at..], word);
            if (next < 0)
                break;
            at += next;
            if (!EndsInWord(text[..at]) && !BeginsWithWord(text[(at + word.Length)..]))
                return 1;
            found = 0.5;
        }
        return found;
    }

    /// <summary>Where a lower-case word is in a text, ASCII letters of which may be upper case; -1 where it is not.</summary>
    private static int IndexOf(ReadOnlySpan<byte> text, byte[] word)
    {
        var upper = word[0] is >= (byte)'a' and <= (byte)'z' ? (byte)(word[0] - 32) : word[0];
        for (var at = 0; at + word.Length <= text.Length; at++)
        {
            var next = text[at..(text.Length - word.Length + 1)].IndexOfAny(word[0], upper);
            if (next < 0)
                return -1;
            at += next;
            var same = 1;
            while (same < word.Length && Lower(text[at + same]) == word[same])
                same++;
            if (same == word.Length)
                return at;
        }
        return -1;
    }

    private static byte Lower(byte letter) => letter is >= (byte)'A' and <= (byte)'Z' ? (byte)(letter + 32) : letter;

    private static bool EndsInWord(ReadOnlySpan<byte> text) => Rune.DecodeLastFromUtf8(text, out var rune, out _) == System.Buffers.OperationStatus.Done && IsWord(rune);

    private static bool BeginsWithWord(ReadOnlySpan<byte> text) => Rune.DecodeFromUtf8(text, out var rune, out _) == System.Buffers.OperationStatus.Done && IsWord(rune);

    /// <summary>Letters, digits and the marks on them; not the quotation marks around the tokens of a rule.</summary>
    private static bool IsWord(Rune rune) => Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;

    /// <summary>Text on one line, in one Unicode form, letters beyond ASCII in lower case.</summary>
    private static string Plain(string text)
    {
        var plain = new StringBuilder(text.Length);
        foreach (var rune in text.Normalize(NormalizationForm.FormC).EnumerateRunes())
            plain.Append(Rune.IsControl(rune) || Rune.GetUnicodeCategory(rune) == UnicodeCategory.Format ? " " : (rune.IsAscii ? rune : Rune.ToLowerInvariant(rune)).ToString());
        return plain.ToString();
    }
}
