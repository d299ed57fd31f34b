using System.Text;
using Interp.Tokenization.Patterns;

namespace Interp.Tokenization;

/// <summary>A step that rewrites text before it is cut into words.</summary>
internal abstract class Normalizer
{
    /// <summary>Appends the rewritten form of a stretch of <paramref name="source"/> to <paramref name="target"/>.</summary>
    public abstract void Apply(AlignedText source, int start, int end, AlignedText target);

    public string Apply(string text)
    {
        var source = AlignedText.From(text);
        var target = new AlignedText(source.Length);
        Apply(source, 0, source.Length, target);
        return target.Substring(0, target.Length);
    }
}

internal sealed class NormalizerSequence(IReadOnlyList<Normalizer> steps) : Normalizer
{
    public override void Apply(AlignedText source, int start, int end, AlignedText target)
    {
        if (steps.Count == 0)
            target.AddRange(source, start, end);
        for (var i = 0; i < steps.Count; i++)
        {
            var output = i == steps.Count - 1 ? target : new AlignedText(end - start + 1);
            steps[i].Apply(source, start, end, output);
            (source, start, end) = (output, 0, output.Length);
        }
    }
}

/// <summary>Puts a text before everything that is not empty, aligned with the first character.</summary>
internal sealed class PrependNormalizer(string prefix) : Normalizer
{
    private readonly int[] prefix = AlignedText.PointsOf(prefix);

    public override void Apply(AlignedText source, int start, int end, AlignedText target)
    {
        if (start < end)
            foreach (var point in prefix)
                target.AddLike(point, source, start);
        target.AddRange(source, start, end);
    }
}

/// <summary>Replaces what a pattern matches; the replacement is aligned with the last character of the match.</summary>
internal sealed class ReplaceNormalizer(Pattern pattern, string content) : Normalizer
{
    private readonly int[] content = AlignedText.PointsOf(content);

    public override void Apply(AlignedText source, int start, int end, AlignedText target)
    {
        var copied = start;
        pattern.FindAll(source.Points[start..end], (from, to) =>
        {
            target.AddRange(source, copied, start + from);
            foreach (var point in content)
                if (start + to > 0)
                    target.AddLike(point, source, start + to - 1);
                else
                    target.Add(point, 0, 0);
            copied = start + to;
        });
        target.AddRange(source, copied, end);
    }
}

/// <summary>Rewrites each code point by itself; every part is aligned with the code point it came from.</summary>
internal sealed class MapNormalizer(Func<int, IEnumerable<int>> map) : Normalizer
{
    public override void Apply(AlignedText source, int start, int end, AlignedText target)
    {
        for (var i = start; i < end; i++)
            foreach (var point in map(source.Point(i)))
                target.AddLike(point, source, i);
    }

    public static MapNormalizer Lowercase() => new(point => point switch
    {
        0x130 => ['i', 0x307],
        >= 0xD800 and < 0xE000 => [point],
        _ => [Rune.ToLowerInvariant(new Rune(point)).Value],
    });

    public static MapNormalizer StripAccents() => new(point => CodePoints.IsMark(point) ? [] : [point]);

    public static MapNormalizer ByteLevel() => new(ByteLevelPreTokenizer.StandIns);
}

/// <summary>Takes white space off the ends.</summary>
internal sealed class StripNormalizer(bool left, bool right) : Normalizer
{
    public override void Apply(AlignedText source, int start, int end, AlignedText target)
    {
        while (left && start < end && CodePoints.IsSpace(source.Point(start)))
            start++;
        while (right && start < end && CodePoints.IsSpace(source.Point(end - 1)))
            end--;
        target.AddRange(source, start, end);
    }
}
