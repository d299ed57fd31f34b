using System.Globalization;
using System.Text;

namespace Interp.Tokenization;

/// <summary>Unicode properties of code points, as the Hugging Face library sees them.</summary>
internal static class CodePoints
{
    public static UnicodeCategory Category(int point) => CharUnicodeInfo.GetUnicodeCategory(point);

    /// <summary>The White_Space property.</summary>
    public static bool IsSpace(int point) => point <= char.MaxValue && char.IsWhiteSpace((char)point);

    /// <summary>Categories Nd, Nl and No.</summary>
    public static bool IsNumber(int point) =>
        Category(point) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    public static bool IsMark(int point) =>
        Category(point) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;

    public static bool IsLetter(int point) => Category(point) <= UnicodeCategory.OtherLetter;

    /// <summary>The Alphabetic property less marks: letters, letter numbers and the enclosed letters.</summary>
    public static bool IsAlphabetic(int point) =>
        IsLetter(point) || Category(point) == UnicodeCategory.LetterNumber
        || point is (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);

    /// <summary>What <c>\w</c> matches: alphabetic, marks, decimal digits, connectors and the two joiners.</summary>
    public static bool IsWord(int point) =>
        IsAlphabetic(point) || IsMark(point) || point is 0x200C or 0x200D
        || Category(point) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.ConnectorPunctuation;

    public static bool IsPunctuation(int point) =>
        Category(point) is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation;

    public static int Utf8Length(int point) => point switch { < 0x80 => 1, < 0x800 => 2, < 0x10000 => 3, _ => 4 };

    /// <summary>Simple case folding.</summary>
    public static int Fold(int point) => point switch
    {
        < 0x80 => point is >= 'A' and <= 'Z' ? point + 32 : point,
        0x17F => 's',
        0x212A => 'k',
        0x1E9E => 0xDF,
        >= 0xD800 and < 0xE000 => point,
        _ => Rune.ToLowerInvariant(Rune.ToUpperInvariant(new Rune(point))).Value,
    };
}
