using System.Security.Cryptography;
using Interp.Formats;
using Interp.Models;
using Interp.Runtime;

namespace Interp.Tokenization;

/// <summary>
/// A byte-pair tokenizer as the Hugging Face library's <c>tokenizer.json</c> defines it. Immutable; any number of threads may use it at once.
/// </summary>
/// <remarks>Truncation and padding that a file may ask for are left to the caller.</remarks>
public sealed class Tokenizer
{
    private static readonly string[] UsualEnds = ["</s>", "<|endoftext|>", "<|end_of_text|>", "<eos>"];

    private readonly TokenizerParts parts;
    private readonly AddedTokenFinder rawTokens;
    private readonly AddedTokenFinder normalizedTokens;
    private readonly Dictionary<int, AddedToken> added = [];
    private readonly HashSet<string> special;

    internal Tokenizer(TokenizerParts parts, string digest, Func<Func<string, int?>, (int? Bos, int? Eos)> ends)
    {
        this.parts = parts;
        Digest = digest;
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var token in parts.AddedTokens.Where(token => token.Content.Length > 0))
        {
            var id = ids[token.Content] = IdOf(token.Content) ?? NextId(added.Keys, parts.Model.Vocabulary.Count);
            added[id] = token with { Id = id };
        }
        special = [.. parts.AddedTokens.Where(token => token.Special).Select(token => token.Content)];
        rawTokens = new AddedTokenFinder(added.Values.Where(token => !token.Normalized).Select(token => (token, token.Content)));
        normalizedTokens = new AddedTokenFinder(added.Values.Where(token => token.Normalized)
            .Select(token => (token, parts.Normalizer?.Apply(token.Content) ?? token.Content)));
        VocabularySize = parts.Model.Vocabulary.Values.Concat(added.Keys).DefaultIfEmpty(-1).Max() + 1;
        (BosId, EosId) = ends(IdOf);
        BosId ??= FirstOfTemplate(parts.PostProcessor);
        EosId ??= UsualEnds.Where(special.Contains).Select(IdOf).FirstOrDefault();

        int? IdOf(string text) => ids.TryGetValue(text, out var id) || parts.Model.Vocabulary.TryGetValue(text, out id) ? id : null;
    }

    /// <summary>The number of ids: the highest one plus 1.</summary>
    public int VocabularySize { get; }

    /// <summary>The token that begins a text: as the configuration beside the tokenizer names it, else the first one of the template.</summary>
    public int? BosId { get; }

    /// <summary>The token that ends a text: as the configuration beside the tokenizer names it, else a special token of a usual name.</summary>
    public int? EosId { get; }

    /// <summary>SHA-256 (hex) of the definition, with the ids that begin and end a text.</summary>
    public string Digest { get; }

    /// <summary>Opens a folder with a <c>tokenizer.json</c>, that file itself, or a GGUF file.</summary>
    /// <exception cref="InterpException">Nothing there, or nothing that can be served.</exception>
    public static Tokenizer Load(string path)
    {
        path = HuggingFaceCache.Resolve(path);
        if (path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase))
            return LoadGguf(path);
        var file = TokenizerFiles.Find(path);
        var content = TokenizerFiles.Read(file);
        var names = TokenizerFiles.Ends(Path.GetDirectoryName(Path.GetFullPath(file))!);
        var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        digest.AppendData(content);
        digest.AppendData(System.Text.Encoding.UTF8.GetBytes($"\n{names.Bos}\n{names.Eos}"));
        try
        {
            return new Tokenizer(TokenizerJson.Read(content, file), Convert.ToHexStringLower(digest.GetHashAndReset()),
                idOf => (names.Bos is { } bos ? idOf(bos) : null, names.Eos is { } eos ? idOf(eos) : null));
        }
        catch (InterpException e) when (!e.Message.Contains(file, StringComparison.Ordinal))
        {
            throw new InterpException($"{file}: {e.Message}", e);
        }
    }

    /// <summary>Builds the tokenizer that a GGUF file carries in its metadata.</summary>
    /// <exception cref="InterpException">It is of a kind that is not served, or incomplete.</exception>
    public static Tokenizer FromGguf(IReadOnlyDictionary<string, object> metadata) => GgufTokenizer.Read(metadata);

    /// <summary>Tokenizes a text. A lone surrogate counts as U+FFFD.</summary>
    /// <param name="text">The text; special tokens written in it are found.</param>
    /// <param name="addSpecialTokens">Whether to add the tokens of the post-processor's template, such as the one that begins a text.</param>
    public Encoding Encode(string text, bool addSpecialTokens)
    {
        var source = AlignedText.From(text);
        var pieced = new PiecedText(source, source.Length == 0 ? [] : [new Piece(0, source.Length)]);
        if (!rawTokens.IsEmpty)
            pieced = pieced.Cut(rawTokens.Cut);
        if (parts.Normalizer is { } normalizer)
            pieced = pieced.Rewrite((from, piece, to) => normalizer.Apply(from, piece.Start, piece.End, to));
        if (!normalizedTokens.IsEmpty)
            pieced = pieced.Cut(normalizedTokens.Cut);
        if (parts.PreTokenizer is { } preTokenizer)
            pieced = preTokenizer.Apply(pieced);
        var tokens = Tokenize(pieced);
        if (parts.PostProcessor is { } postProcessor)
            tokens = postProcessor.Apply(tokens, addSpecialTokens, TokenText);
        return new Encoding([.. tokens.Select(token => token.Id)], [.. tokens.Select(token => (token.Start, token.End))]);
    }

    /// <summary>The text of some ids; an id that stands for nothing is left out.</summary>
    /// <param name="ids">Token ids.</param>
    /// <param name="skipSpecialTokens">Whether to leave special tokens out.</param>
    public string Decode(IReadOnlyList<int> ids, bool skipSpecialTokens)
    {
        var tokens = new List<string>(ids.Count);
        foreach (var id in ids)
            if (Find(id) is { } text && !(skipSpecialTokens && special.Contains(text)))
                tokens.Add(text);
        return parts.Decoder is { } decoder ? string.Concat(decoder.Apply(tokens)) : string.Join(' ', tokens);
    }

    /// <summary>The text of one id as the vocabulary spells it, or nothing for an id that is not used.</summary>
    public string TokenText(int id) => Find(id) ?? "";

    /// <summary>Whether an id is a special token, such as one that begins or ends a text: no part of what is written.</summary>
    public bool IsSpecial(int id) => Find(id) is { } text && special.Contains(text);

    private static Tokenizer LoadGguf(string path)
    {
        using var file = Gguf.Open(path);
        try
        {
            return FromGguf(file.Metadata);
        }
        catch (InterpException e) when (!e.Message.Contains(path, StringComparison.Ordinal))
        {
            throw new InterpException($"{path}: {e.Message}", e);
        }
    }

    private string? Find(int id) => added.TryGetValue(id, out var token) ? token.Content : parts.Model.Text(id);

    private List<EncodedToken> Tokenize(PiecedText pieced)
    {
        var (text, tokens) = (pieced.Text, new List<EncodedToken>());
        foreach (var piece in pieced.Pieces)
        {
            if (piece.IsAdded)
                tokens.Add(new EncodedToken(piece.AddedId, text.Start(piece.Start), text.End(piece.End - 1), text.Substring(piece.Start, piece.End)));
            else
                parts.Model.Tokenize(text, piece, tokens);
        }
        return tokens;
    }

    /// <summary>The id of an added token that the vocabulary lacks: the file's own number does not count, as in the original library.</summary>
    private static int NextId(IReadOnlyCollection<int> added, int vocabularySize) =>
        added.Count > 0 && (added.Max() >= vocabularySize || vocabularySize == 0) ? added.Max() + 1 : vocabularySize;

    private static int? FirstOfTemplate(PostProcessor? processor) => processor switch
    {
        TemplateProcessor template => template.Prefix.Select(id => (int?)id).FirstOrDefault(),
        PostProcessorSequence sequence => sequence.Steps.Select(FirstOfTemplate).FirstOrDefault(id => id is not null),
        _ => null,
    };
}
