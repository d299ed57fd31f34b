using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Interp.Runtime;
using Interp.Tokenization;
using Interp.Tokenization.Patterns;
using Xunit;

namespace Interp.Core.Tests.Tokenization;

public class PatternTests
{
    private const string Llama3 = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private static string[] Matches(string pattern, string text) => Matches(Pattern.Regex(pattern), text);

    private static string[] Matches(Pattern pattern, string text)
    {
        var source = AlignedText.From(text);
        var found = new List<string>();
        pattern.FindAll(source.Points, (start, end) => found.Add(source.Substring(start, end)));
        return [.. found];
    }

    [Theory]
    [InlineData("a|ab", "ab", new[] { "a" })]
    [InlineData("a*?b", "aab", new[] { "aab" })]
    [InlineData("(?>a+)ab|b", "aaab", new[] { "b" })]
    [InlineData("a++ab|b", "aaab", new[] { "b" })]
    [InlineData("(?:a{2})+", "aaaaa", new[] { "aaaa" })]
    [InlineData("a{1,2}+", "aaaaa", new[] { "aaaaa" })]
    [InlineData("a{,2}b", "aaab", new[] { "aab" })]
    [InlineData("a{x", "a{x", new[] { "a{x" })]
    [InlineData("(?<=a)b|(?<!a)c", "abacc", new[] { "b", "c" })]
    [InlineData("(?<=a|bc)d", "adbcdd", new[] { "d", "d" })]
    [InlineData("(?i:'S)", "'s'S'\u017F", new[] { "'s", "'S", "'\u017F" })]
    [InlineData("a(?i)b|c", "aBCac", new[] { "aB", "ac" })]
    [InlineData("[[:alpha:]&&[^b]]+", "abca", new[] { "a", "ca" })]
    [InlineData("[^\\W_]+", "ab_c", new[] { "ab", "c" })]
    [InlineData("[]a]+", "a]", new[] { "a]" })]
    [InlineData("[a\\-z]+", "a-zb", new[] { "a-z" })]
    [InlineData("[\\p{Lu}\\p{Nd}]+", "AB1ab", new[] { "AB1" })]
    [InlineData("\\p{^L}+|\\P{N}", "1a", new[] { "1", "a" })]
    [InlineData("^a|b$", "a\nab\nb", new[] { "a", "a", "b", "b" })]
    [InlineData("\\bword\\b", "word words", new[] { "word" })]
    [InlineData(".+", "a\nb", new[] { "a", "b" })]
    [InlineData("(?m).+", "a\nb", new[] { "a\nb" })]
    [InlineData("(?x) a b # both", "ab", new[] { "ab" })]
    [InlineData("\\x{1D518}|\\u0061", "a𝔘", new[] { "a", "𝔘" })]
    [InlineData("\\p{L}+", "𝔘a𝟙", new[] { "𝔘a" })]
    [InlineData("\\p{N}", "𝟙½Ⅷ٣a", new[] { "𝟙", "½", "Ⅷ", "٣" })]
    [InlineData("[^a]", "😀", new[] { "😀" })]
    [InlineData("\\p{Han}+", "a中文", new[] { "中文" })]
    [InlineData("\\s+", "\u0085\u00A0\u3000\u200B\uFEFF\u001C", new[] { "\u0085\u00A0\u3000" })]
    [InlineData("(?:a*)*b|c", "aabc", new[] { "aab", "c" })]
    [InlineData("(?:a|b)*?c", "abac", new[] { "abac" })]
    [InlineData("a*", "ba", new[] { "", "a" })]
    [InlineData("(?:(?:){100000}){100000}a", "a", new[] { "a" })]
    [InlineData("\\R", "\r\n\n", new[] { "\r\n", "\n" })]
    public void Matches_are_found(string pattern, string text, string[] expected) => Assert.Equal(expected, Matches(pattern, text));

    [Theory]
    [InlineData("(a")]
    [InlineData("a)")]
    [InlineData("[a")]
    [InlineData("*a")]
    [InlineData("[z-a]")]
    [InlineData("\\p{Nonsense}")]
    [InlineData("(a)\\1")]
    [InlineData("(?<=a+)b")]
    [InlineData("a{100000}{100000}")]
    [InlineData("(?:ab){1000}{1000}")]
    [InlineData("\\")]
    [InlineData("(?Z)")]
    [InlineData("(?<=(?:a{1000}){100000})b")]
    public void What_is_not_served_is_said(string pattern)
    {
        var error = Assert.Throws<InterpException>(() => Pattern.Regex(pattern));
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Nesting_is_limited() => Assert.Throws<InterpException>(() => Pattern.Regex(new string('(', 5000) + new string(')', 5000)));

    [Theory]
    [InlineData("(a+)+b")]
    [InlineData("(a|a)*b")]
    [InlineData("(?:a?){40}a{40}b")]
    public void Unbounded_backtracking_is_an_error(string pattern) =>
        Assert.Throws<InterpException>(() => Matches(pattern, new string('a', 60)));

    private static readonly string[] Parts = ["a", "Bc", "é", "中", "1", "23", "½", " ", "  ", "\n", "\r", "\t", "\u00A0", "'", "'s", "'LL", "!", "_", "\u0301", "▁"];

    private const string Cases = @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        + @"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        + @"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string Signs = @"[!'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private static readonly (Pattern Ours, Regex Theirs)[] WordPatterns =
        [.. new[] { ByteLevelPreTokenizer.Gpt2, Llama3, Cases, Signs, BpeTrainer.Words }.Select(pattern => (Pattern.Regex(pattern), new Regex(pattern)))];

    [Property(MaxTest = 500)]
    public Property Word_patterns_agree_with_the_engine_of_the_framework() =>
        Prop.ForAll(Gen.Elements(Parts).ListOf().Select(parts => string.Concat(parts)).ToArbitrary(), text =>
            WordPatterns.All(pattern => Matches(pattern.Ours, text).SequenceEqual(pattern.Theirs.Matches(text).Select(match => match.Value))));
}
