using System.Globalization;
using System.Text;
using Interp.Tokenization.Patterns;
using Utf8 = System.Text.Encoding;

namespace Interp.Tokenization;

/// <summary>A step from token texts back to text.</summary>
internal abstract class Decoder
{
    public abstract List<string> Apply(List<string> tokens);
}

internal sealed class DecoderSequence(IReadOnlyList<Decoder> steps) : Decoder
{
    public override List<string> Apply(List<string> tokens) => steps.Aggregate(tokens, (current, step) => step.Apply(current));
}

internal sealed class FuseDecoder : Decoder
{
    public override List<string> Apply(List<string> tokens) => [string.Concat(tokens)];
}

internal sealed class ReplaceDecoder(Pattern pattern, string content) : Decoder
{
    private readonly ReplaceNormalizer replace = new(pattern, content);

    public override List<string> Apply(List<string> tokens) => tokens.ConvertAll(replace.Apply);
}

/// <summary>Takes up to so many of one character off both ends of each token.</summary>
internal sealed class StripDecoder(string content, int start, int stop) : Decoder
{
    public override List<string> Apply(List<string> tokens) => tokens.ConvertAll(Strip);

    private string Strip(string token)
    {
        for (var i = 0; i < start && token.StartsWith(content, StringComparison.Ordinal); i++)
            token = token[content.Length..];
        for (var i = 0; i < stop && token.EndsWith(content, StringComparison.Ordinal); i++)
            token = token[..^content.Length];
        return token;
    }
}

/// <summary>Turns runs of <c>&lt;0xNN&gt;</c> into text; a run that is no UTF-8 gives one U+FFFD for each byte.</summary>
internal sealed class ByteFallbackDecoder : Decoder
{
    private static readonly UTF8Encoding Strict = new(false, true);

    public override List<string> Apply(List<string> tokens)
    {
        var result = new List<string>(tokens.Count);
        var run = new List<byte>();
        foreach (var token in tokens)
        {
            if (ByteOf(token) is { } value)
            {
                run.Add(value);
                continue;
            }
            Flush(run, result);
            result.Add(token);
        }
        Flush(run, result);
        return result;
    }

    private static byte? ByteOf(string token) =>
        token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
        && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            ? value
            : null;

    private static void Flush(List<byte> run, List<string> result)
    {
        if (run.Count == 0)
            return;
        try
        {
            result.Add(Strict.GetString([.. run]));
        }
        catch (DecoderFallbackException)
        {
            result.Add(new string('\uFFFD', run.Count));
        }
        run.Clear();
    }
}

/// <summary>Reads stand-ins as bytes; a token with any other character counts as its own UTF-8. Invalid parts give one U+FFFD each.</summary>
internal sealed class ByteLevelDecoder : Decoder
{
    public override List<string> Apply(List<string> tokens)
    {
        var bytes = new List<byte>();
        foreach (var token in tokens)
        {
            if (token.All(character => ByteAlphabet.Byte(character) >= 0))
                bytes.AddRange(token.Select(character => (byte)ByteAlphabet.Byte(character)));
            else
                bytes.AddRange(Utf8.UTF8.GetBytes(token));
        }
        return [Utf8.UTF8.GetString([.. bytes])];
    }
}

/// <summary>Turns marks into spaces; marks of the first token vanish unless nothing was ever put in front.</summary>
internal sealed class MetaspaceDecoder(string mark, PrependScheme scheme) : Decoder
{
    public override List<string> Apply(List<string> tokens) =>
        [.. tokens.Select((token, i) => token.Replace(mark, i == 0 && scheme != PrependScheme.Never ? "" : " ", StringComparison.Ordinal))];
}

/// <summary>Turns the suffix that ends a word into a space, at the end of the text into nothing.</summary>
internal sealed class WordEndDecoder(string suffix) : Decoder
{
    public override List<string> Apply(List<string> tokens) => suffix.Length == 0
        ? tokens
        : [.. tokens.Select((token, i) => token.Replace(suffix, i == tokens.Count - 1 ? "" : " ", StringComparison.Ordinal))];
}
