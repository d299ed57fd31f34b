using System.Globalization;
using Interp.Runtime;

namespace Interp.Tokenization.Patterns;

/// <summary>The names that <c>\p{...}</c> and <c>[:...:]</c> may hold.</summary>
internal static class CodePointProperties
{
    private static readonly Dictionary<string, Func<int, bool>> Named = new(StringComparer.Ordinal)
    {
        ["any"] = _ => true,
        ["alpha"] = Alphabetic,
        ["alphabetic"] = Alphabetic,
        ["digit"] = point => CodePoints.Category(point) == UnicodeCategory.DecimalDigitNumber,
        ["alnum"] = point => Alphabetic(point) || CodePoints.Category(point) == UnicodeCategory.DecimalDigitNumber,
        ["space"] = CodePoints.IsSpace,
        ["whitespace"] = CodePoints.IsSpace,
        ["word"] = CodePoints.IsWord,
        ["upper"] = point => CodePoints.Category(point) == UnicodeCategory.UppercaseLetter,
        ["lower"] = point => CodePoints.Category(point) == UnicodeCategory.LowercaseLetter,
        ["punct"] = point => CodePoints.IsPunctuation(point) || point is '$' or '+' or '<' or '=' or '>' or '^' or '`' or '|' or '~',
        ["cntrl"] = point => CodePoints.Category(point) == UnicodeCategory.Control,
        ["xdigit"] = IsHexDigit,
        ["ascii"] = point => point < 0x80,
        ["blank"] = point => point == '\t' || CodePoints.Category(point) == UnicodeCategory.SpaceSeparator,
        ["han"] = IsHan,
        ["hiragana"] = point => point is (>= 0x3041 and <= 0x3096) or (>= 0x309D and <= 0x309F) or (>= 0x1B001 and <= 0x1B11F) or 0x1B132
            or (>= 0x1B150 and <= 0x1B152) or 0x1F200,
        ["katakana"] = point => point is (>= 0x30A1 and <= 0x30FA) or (>= 0x30FD and <= 0x30FF) or (>= 0x31F0 and <= 0x31FF)
            or (>= 0x32D0 and <= 0x32FE) or (>= 0x3300 and <= 0x3357) or (>= 0xFF66 and <= 0xFF6F) or (>= 0xFF71 and <= 0xFF9D),
        ["hangul"] = point => point is (>= 0x1100 and <= 0x11FF) or 0x302E or 0x302F or (>= 0x3131 and <= 0x318E) or (>= 0x3200 and <= 0x321E)
            or (>= 0x3260 and <= 0x327E) or (>= 0xA960 and <= 0xA97C) or (>= 0xAC00 and <= 0xD7A3) or (>= 0xD7B0 and <= 0xD7FB)
            or (>= 0xFFA0 and <= 0xFFDC),
    };

    private static readonly Dictionary<string, UnicodeCategory[]> Categories = MakeCategories();

    /// <summary>The predicate of a property: a general category in its short or long spelling, or one of a few others.</summary>
    public static Func<int, bool> Find(string name, string pattern)
    {
        var key = name.Replace("_", "").Replace(" ", "").Replace("-", "").ToLowerInvariant();
        if (Named.TryGetValue(key, out var predicate))
            return predicate;
        if (Categories.TryGetValue(key, out var categories))
            return point => categories.Contains(CodePoints.Category(point));
        throw new InterpException($"The regular expression {Pattern.Short(pattern)} uses the character property '{name}', which is not known; use a general category such as L or Nd.");
    }

    public static bool IsHexDigit(int point) => point < 0x80 && char.IsAsciiHexDigit((char)point);

    private static bool Alphabetic(int point) => CodePoints.IsAlphabetic(point) || CodePoints.IsMark(point);

    private static bool IsHan(int point) => point is (>= 0x2E80 and <= 0x2E99) or (>= 0x2E9B and <= 0x2EF3) or (>= 0x2F00 and <= 0x2FD5) or 0x3005
        or 0x3007 or (>= 0x3021 and <= 0x3029) or (>= 0x3038 and <= 0x303B) or (>= 0x3400 and <= 0x4DBF) or (>= 0x4E00 and <= 0x9FFF)
        or (>= 0xF900 and <= 0xFA6D) or (>= 0xFA70 and <= 0xFAD9) or (>= 0x16FE2 and <= 0x16FE3) or (>= 0x16FF0 and <= 0x16FF1)
        or (>= 0x20000 and <= 0x2FFFF and not 0x2FFFE and not 0x2FFFF) or (>= 0x30000 and <= 0x323AF);

    private static Dictionary<string, UnicodeCategory[]> MakeCategories()
    {
        var shortNames = new[]
        {
            "lu", "ll", "lt", "lm", "lo", "mn", "mc", "me", "nd", "nl", "no", "zs", "zl", "zp", "cc", "cf", "cs", "co", "pc", "pd", "ps", "pe",
            "pi", "pf", "po", "sm", "sc", "sk", "so", "cn",
        };
        var result = shortNames.Select((name, i) => (name, category: (UnicodeCategory)i))
            .ToDictionary(pair => pair.name, pair => new[] { pair.category }, StringComparer.Ordinal);
        foreach (var category in Enum.GetValues<UnicodeCategory>())
            result.TryAdd(category.ToString().ToLowerInvariant(), [category]);
        foreach (var group in shortNames.GroupBy(name => name[..1]).ToArray())
            result[group.Key] = [.. group.SelectMany(name => result[name])];
        foreach (var (longName, shortName) in new[]
        {
            ("letter", "l"), ("mark", "m"), ("number", "n"), ("separator", "z"), ("other", "c"), ("punctuation", "p"), ("symbol", "s"),
            ("decimalnumber", "nd"), ("nonspacingmark", "mn"), ("spacingmark", "mc"),
        })
            result[longName] = result[shortName];
        result["lc"] = [.. result["lu"], .. result["ll"], .. result["lt"]];
        return result;
    }
}
