using System.Globalization;
using Interp.Runtime;

namespace Interp.Tokenization;

/// <summary>Builds the tokenizer in the metadata of a GGUF file.</summary>
internal static class GgufTokenizer
{
    public static Tokenizer Read(IReadOnlyDictionary<string, object> metadata)
    {
        var vocabulary = new GgufVocabulary(metadata);
        var kind = vocabulary.Text("model");
        var (parts, defining, rule, beginsText) = kind switch
        {
            "gpt2" => GgufByteLevel.Read(vocabulary),
            "llama" => GgufSentencePiece.Read(vocabulary, metadata.GetValueOrDefault("general.architecture") as string ?? ""),
            _ => throw new InterpException($"The GGUF file's tokenizer is of kind '{kind}'; the byte-level kind 'gpt2' and the SentencePiece kind 'llama' are served."),
        };
        var (bos, eos) = (vocabulary.Id("bos_token_id"), vocabulary.Id("eos_token_id"));
        var first = vocabulary.Flag("add_bos_token", missing: beginsText) ? bos : null;
        var last = vocabulary.Flag("add_eos_token", missing: false) ? eos : null;
        var digest = GgufVocabulary.Digest(
            vocabulary.Pieces,
            defining,
            vocabulary.Types.Select(type => type.ToString(CultureInfo.InvariantCulture)),
            [rule, $"{bos}", $"{eos}", (first is null ? "" : "bos") + (last is null ? "" : "eos")]);
        return new Tokenizer(parts with { PostProcessor = Ends(first, last) }, digest, _ => (bos, eos));
    }

    private static TemplateProcessor? Ends(int? first, int? last) => (first, last) is (null, null)
        ? null
        : new TemplateProcessor([.. Id(first), null, .. Id(last)]);

    private static int[]?[] Id(int? id) => id is { } there ? [[there]] : [];
}
