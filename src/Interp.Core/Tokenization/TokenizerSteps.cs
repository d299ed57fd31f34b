using System.Text;
using Interp.Runtime;
using Interp.Tokenization.Patterns;

namespace Interp.Tokenization;

/// <summary>Builds the steps of a tokenizer from their JSON descriptions; a type that is not served is an error that names it.</summary>
internal static class TokenizerSteps
{
    public static Normalizer? Normalizer(JsonField field) => field.IsNull ? null : field.Type switch
    {
        "Sequence" => new NormalizerSequence([.. field["normalizers"].Items.Select(item => Normalizer(item) ?? throw item.Bad("is null"))]),
        "NFC" => new UnicodeNormalizer(NormalizationForm.FormC),
        "NFD" => new UnicodeNormalizer(NormalizationForm.FormD),
        "NFKC" => new UnicodeNormalizer(NormalizationForm.FormKC),
        "NFKD" => new UnicodeNormalizer(NormalizationForm.FormKD),
        "Prepend" => new PrependNormalizer(field["prepend"].Text),
        "Replace" => new ReplaceNormalizer(Pattern(field["pattern"]), field["content"].Text),
        "Lowercase" => MapNormalizer.Lowercase(),
        "StripAccents" => MapNormalizer.StripAccents(),
        "ByteLevel" => MapNormalizer.ByteLevel(),
        "Strip" => new StripNormalizer(field["strip_left"].Flag(false), field["strip_right"].Flag(false)),
        var type => throw Unserved(field, "normalizer", type),
    };

    public static PreTokenizer? PreTokenizer(JsonField field) => field.IsNull ? null : field.Type switch
    {
        "Sequence" => new PreTokenizerSequence([.. field["pretokenizers"].Items.Select(item => PreTokenizer(item) ?? throw item.Bad("is null"))]),
        "ByteLevel" => new ByteLevelPreTokenizer(field["add_prefix_space"].Flag(true), field["use_regex"].Flag(true)),
        "Digits" => new ClassPreTokenizer(CodePoints.IsNumber, field["individual_digits"].Flag(false) ? SplitBehavior.Isolated : SplitBehavior.Contiguous),
        "Split" => new SplitPreTokenizer(Pattern(field["pattern"]), Behavior(field["behavior"]), field["invert"].Flag(false)),
        "Metaspace" => new MetaspacePreTokenizer(Mark(field), Scheme(field), field["split"].Flag(true)),
        "Whitespace" => new SplitPreTokenizer(Patterns.Pattern.Regex(@"\w+|[^\w\s]+"), SplitBehavior.Removed, true),
        "WhitespaceSplit" => new ClassPreTokenizer(CodePoints.IsSpace, SplitBehavior.Removed),
        "Punctuation" => new ClassPreTokenizer(IsPunctuation, field["behavior"].IsNull ? SplitBehavior.Isolated : Behavior(field["behavior"])),
        "BertPreTokenizer" => new PreTokenizerSequence(
        [
            new ClassPreTokenizer(CodePoints.IsSpace, SplitBehavior.Removed),
            new ClassPreTokenizer(IsPunctuation, SplitBehavior.Isolated),
        ]),
        var type => throw Unserved(field, "pre-tokenizer", type),
    };

    public static Decoder? Decoder(JsonField field) => field.IsNull ? null : field.Type switch
    {
        "Sequence" => new DecoderSequence([.. field["decoders"].Items.Select(item => Decoder(item) ?? throw item.Bad("is null"))]),
        "ByteLevel" => new ByteLevelDecoder(),
        "ByteFallback" => new ByteFallbackDecoder(),
        "Fuse" => new FuseDecoder(),
        "Strip" => new StripDecoder(Character(field["content"]), field["start"].Count, field["stop"].Count),
        "Replace" => new ReplaceDecoder(Pattern(field["pattern"]), field["content"].Text),
        "Metaspace" => new MetaspaceDecoder(Character(field["replacement"]), Scheme(field)),
        "BPEDecoder" => new WordEndDecoder(field["suffix"].OptionalText ?? "</w>"),
        var type => throw Unserved(field, "decoder", type),
    };

    public static PostProcessor? PostProcessor(JsonField field) => field.IsNull ? null : field.Type switch
    {
        "Sequence" => new PostProcessorSequence([.. field["processors"].Items.Select(item => PostProcessor(item) ?? throw item.Bad("is null"))]),
        "ByteLevel" => field["trim_offsets"].Flag(true) ? new TrimOffsetsProcessor(field["add_prefix_space"].Flag(true)) : new PostProcessorSequence([]),
        "TemplateProcessing" => Template(field),
        "RobertaProcessing" => new PostProcessorSequence(
        [
            .. field["trim_offsets"].Flag(true) ? [new TrimOffsetsProcessor(field["add_prefix_space"].Flag(true))] : Array.Empty<PostProcessor>(),
            new TemplateProcessor([Named(field["cls"]), null, Named(field["sep"])]),
        ]),
        "BertProcessing" => new TemplateProcessor([Named(field["cls"]), null, Named(field["sep"])]),
        var type => throw Unserved(field, "post-processor", type),
    };

    private static TemplateProcessor Template(JsonField field)
    {
        var pieces = new List<int[]?>();
        foreach (var piece in field["single"].Items)
        {
            if (piece["Sequence"] is { IsNull: false } sequence)
            {
                if (sequence["id"].Text != "A")
                    throw sequence.Bad("names a second text, which a template for a single one cannot hold");
                pieces.Add(null);
                continue;
            }
            var token = field["special_tokens"][piece["SpecialToken"]["id"].Text];
            pieces.Add([.. token["ids"].Items.Select(id => id.Count)]);
        }
        return new TemplateProcessor(pieces);
    }

    /// <summary>The id of a [text, id] pair.</summary>
    private static int[] Named(JsonField pair) =>
        pair.Items.ToArray() is [_, var id] ? [id.Count] : throw pair.Bad("is no pair of a token and its id");

    private static Pattern Pattern(JsonField field)
    {
        try
        {
            return field["String"].OptionalText is { } text ? Patterns.Pattern.Text(text) : Patterns.Pattern.Regex(field["Regex"].Text);
        }
        catch (InterpException e) when (!e.Message.StartsWith(field.Where, StringComparison.Ordinal))
        {
            throw new InterpException($"{field.Where}: {e.Message}", e);
        }
    }

    private static SplitBehavior Behavior(JsonField field) => Splitting.Parse(field.Text, field.Where);

    private static bool IsPunctuation(int point) => CodePoints.IsPunctuation(point) || (point < 0x80 && (char.IsAscii((char)point) && char.IsSymbol((char)point)));

    private static int Mark(JsonField field) => AlignedText.PointsOf(Character(field["replacement"]))[0];

    private static string Character(JsonField field) => field.Text is var text && AlignedText.PointsOf(text).Length == 1
        ? text
        : throw field.Bad($"is '{text}', where one character is needed");

    private static PrependScheme Scheme(JsonField field)
    {
        var scheme = field["prepend_scheme"].OptionalText switch
        {
            "first" => PrependScheme.First,
            "never" => PrependScheme.Never,
            "always" or null => PrependScheme.Always,
            var other => throw field.Bad($"has the prepend_scheme '{other}'; it can be always, first or never"),
        };
        if (field["add_prefix_space"].Flag(true))
            return scheme;
        return scheme == PrependScheme.Never || field["prepend_scheme"].IsNull
            ? PrependScheme.Never
            : throw field.Bad("has add_prefix_space = false, which contradicts its prepend_scheme");
    }

    private static InterpException Unserved(JsonField field, string kind, string type) => new($"{field.Where} is a {kind} of type '{type}', which is not served.");
}
