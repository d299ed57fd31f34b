using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Interp.Texts;

/// <summary>
/// Which texts have come by. Two texts are the same when they agree in Unicode form C with every run of white space as one space
/// and none at the ends; of each, 128 bits of its SHA-256 are kept: at most 80 MiB for a million documents.
/// </summary>
internal sealed class SeenTexts
{
    private readonly HashSet<UInt128> seen = [];

    /// <summary>Texts that came again.</summary>
    public long Repeated { get; private set; }

    /// <summary>Whether a text is new; from then on it is not.</summary>
    public bool IsNew(string text)
    {
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(Normalised(text)));
        var isNew = seen.Add(BinaryPrimitives.ReadUInt128LittleEndian(digest));
        Repeated += isNew ? 0 : 1;
        return isNew;
    }

    /// <summary>The sentence on what was left out; null when nothing was.</summary>
    public string? Note(string corpus) =>
        Repeated == 0 ? null : FormattableString.Invariant($"{Repeated} documents of the corpus {corpus} repeat an earlier one and were left out.");

    private static string Normalised(string text)
    {
        var spaced = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return IsSound(spaced) ? spaced.Normalize() : spaced;
    }

    /// <summary>Whether a text has no half of a surrogate pair, which no form is defined for.</summary>
    private static bool IsSound(string text)
    {
        for (var i = 0; i < text.Length; i++)
            if (char.IsSurrogate(text[i]) && !(i + 1 < text.Length && char.IsSurrogatePair(text[i], text[++i])))
                return false;
        return true;
    }
}
