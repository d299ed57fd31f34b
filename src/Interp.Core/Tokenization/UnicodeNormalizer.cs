using System.Text;

namespace Interp.Tokenization;

/// <summary>
/// The four Unicode normalization forms with alignment. A composed character takes the place of its first constituent; the further parts
/// of a decomposed character share its place.
/// </summary>
internal sealed class UnicodeNormalizer(NormalizationForm form) : Normalizer
{
    private readonly bool composes = form is NormalizationForm.FormC or NormalizationForm.FormKC;
    private readonly NormalizationForm decomposed = form is NormalizationForm.FormC or NormalizationForm.FormD
        ? NormalizationForm.FormD
        : NormalizationForm.FormKD;

    public override void Apply(AlignedText source, int start, int end, AlignedText target)
    {
        for (var from = start; from < end;)
        {
            var to = from + 1;
            while (to < end && Continues(source.Point(to)))
                to++;
            Segment(source, from, to, target);
            from = to;
        }
    }

    /// <summary>Whether a code point may interact with the one before it: marks, trailing jamo and half-width voicing marks.</summary>
    private static bool Continues(int point) =>
        point >= 0x300 && (point is (>= 0x1160 and <= 0x11FF) or 0xFF9E or 0xFF9F || CodePoints.IsMark(point));

    private void Segment(AlignedText source, int start, int end, AlignedText target)
    {
        if (end == start + 1 && source.Point(start) < 0xA0)
        {
            target.AddLike(source.Point(start), source, start);
            return;
        }
        var text = source.Substring(start, end);
        if (!CanNormalize(source.Points[start..end]) || text.IsNormalized(form))
        {
            target.AddRange(source, start, end);
            return;
        }
        var position = start;
        foreach (var (point, change) in Changes(source.Points[start..end], text))
        {
            if (change > 0)
            {
                target.AddLike(point, source, Math.Max(position - 1, start));
                continue;
            }
            target.AddLike(point, source, Math.Min(position, end - 1));
            position += 1 - change;
        }
    }

    private static bool CanNormalize(ReadOnlySpan<int> points)
    {
        foreach (var point in points)
            if ((point & 0xFFFE) == 0xFFFE || point is >= 0xFDD0 and <= 0xFDEF)
                return false;
        return true;
    }

    /// <summary>
    /// The output characters, each with its change: 0 takes the place of one input character, 1 is inserted, -n takes its place and that
    /// of n more. Changes travel with the parts of decomposed characters through the canonical ordering and add up when parts compose.
    /// </summary>
    private List<(int Point, int Change)> Changes(ReadOnlySpan<int> input, string text)
    {
        var parts = new List<(int Point, int Change)>();
        foreach (var point in input)
        {
            var first = true;
            foreach (var part in AlignedText.PointsOf(new Rune(point).ToString().Normalize(decomposed)))
            {
                parts.Add((part, first ? 0 : 1));
                first = false;
            }
        }
        var ordered = new List<(int Point, int Change)>();
        foreach (var point in AlignedText.PointsOf(text.Normalize(decomposed)))
            ordered.Add((point, TakeChange(parts, point)));
        if (!composes)
            return ordered;
        var result = new List<(int Point, int Change)>();
        foreach (var point in AlignedText.PointsOf(text.Normalize(form)))
        {
            var constituents = AlignedText.PointsOf(new Rune(point).ToString().Normalize(NormalizationForm.FormD));
            var change = 1 - constituents.Length;
            foreach (var constituent in constituents)
                change += TakeChange(ordered, constituent);
            result.Add((point, change));
        }
        return result;
    }

    private static int TakeChange(List<(int Point, int Change)> parts, int point)
    {
        var index = parts.FindIndex(part => part.Point == point);
        if (index < 0)
            return 0;
        var change = parts[index].Change;
        parts.RemoveAt(index);
        return change;
    }
}
