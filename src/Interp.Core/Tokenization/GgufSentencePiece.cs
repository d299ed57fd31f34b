using System.Globalization;
using Interp.Tokenization.Patterns;

namespace Interp.Tokenization;

/// <summary>
/// The SentencePiece BPE of GGUF files, kind <c>llama</c>: of all neighbours whose union is a piece those with the highest score merge first,
/// the leftmost of equals. A character that is no piece becomes its bytes.
/// </summary>
internal static class GgufSentencePiece
{
    private const string Mark = "▁";

    /// <summary>Phi-3's special tokens that leave the white space behind them alone.</summary>
    private static readonly string[] KeepsSpaceInPhi3 = ["<unk>", "<s>", "<|endoftext|>"];

    /// <summary>The parts of the tokenizer, the texts that its digest covers beside pieces, types and ends, and whether a text begins with a token where the file does not say.</summary>
    /// <param name="vocabulary">Pieces and settings.</param>
    /// <param name="architecture">The model's; files of Phi-3 cannot say that white space after its special tokens belongs to them.</param>
    public static (TokenizerParts Parts, IEnumerable<string> Defining, string Rule, bool BeginsText) Read(GgufVocabulary vocabulary, string architecture)
    {
        var scores = vocabulary.Numbers("scores");
        var addsSpace = vocabulary.Flag("add_space_prefix", missing: true);
        var merges = Merges(vocabulary, scores);
        var unknown = Enumerable.Range(0, vocabulary.Pieces.Length).Where(id => vocabulary.TypeOf(id) == GgufPieceType.Unknown).Select(id => (int?)id).FirstOrDefault()
            ?? vocabulary.Id("unknown_token_id");
        var definition = new BpeDefinition(vocabulary.Ids, [.. merges.Select(merge => merge.Pair)])
        {
            Ranks = [.. merges.Select(merge => merge.Rank)],
            Unknown = unknown is { } id ? vocabulary.Pieces[id] : null,
            FuseUnknown = true,
            ByteFallback = true,
        };
        var toMark = new ReplaceNormalizer(Pattern.Text(" "), Mark);
        var toText = new Decoder[] { new ReplaceDecoder(Pattern.Text(Mark), " "), new ByteFallbackDecoder(), new FuseDecoder() };
        var parts = new TokenizerParts(new BpeModel(definition, "The GGUF file's tokenizer"))
        {
            Normalizer = addsSpace ? new NormalizerSequence([new PrependNormalizer(Mark), toMark]) : toMark,
            Decoder = new DecoderSequence(addsSpace ? [.. toText, new StripDecoder(" ", 1, 0)] : toText),
            AddedTokens = architecture == "phi3" ? [.. vocabulary.AddedTokens.Select(TakesSpaceInPhi3)] : vocabulary.AddedTokens,
        };
        return (parts, scores.Select(score => score.ToString("R", CultureInfo.InvariantCulture)), $"{addsSpace} {architecture}", true);
    }

    private static AddedToken TakesSpaceInPhi3(AddedToken token) => token with { RightStrip = !KeepsSpaceInPhi3.Contains(token.Content) };

    /// <summary>Every way to put a normal piece together from two; pieces of equal score have one rank.</summary>
    private static List<((string, string) Pair, int Rank)> Merges(GgufVocabulary vocabulary, double[] scores)
    {
        var ranks = scores.Distinct().OrderDescending().Select((score, rank) => (score, rank)).ToDictionary(pair => pair.score, pair => pair.rank);
        bool IsPart(string text) => vocabulary.Ids.TryGetValue(text, out var id) && vocabulary.TypeOf(id) == GgufPieceType.Normal;
        var merges = new List<((string, string), int)>();
        foreach (var (piece, id) in vocabulary.Ids)
        {
            if (!IsPart(piece))
                continue;
            for (var at = 1; at < piece.Length; at++)
            {
                if (!char.IsLowSurrogate(piece[at]) && IsPart(piece[..at]) && IsPart(piece[at..]))
                    merges.Add(((piece[..at], piece[at..]), ranks[scores[id]]));
            }
        }
        return merges;
    }
}
