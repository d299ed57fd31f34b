namespace Interp.Models;

/// <summary>Keys of a family's rotary settings beside those that all share.</summary>
/// <param name="Base">Another name of <c>rope_theta</c>, or null.</param>
/// <param name="Share">Another name of <c>partial_rotary_factor</c>, or null.</param>
/// <param name="DefaultShare">The share of a head that is rotated when none is given.</param>
internal sealed record RopeKeys(string? Base, string? Share, double DefaultShare)
{
    /// <summary>No other names, and whole heads.</summary>
    public static readonly RopeKeys Usual = new(null, null, 1);
}

/// <summary>Reads rotary settings in the spelling of transformers 4 (rope_theta, rope_scaling) and 5 (rope_parameters).</summary>
internal static class RopeReader
{
    private const string OriginalLength = "original_max_position_embeddings";

    public static RopeConfig Read(ConfigJson json, RopeKeys keys, int headWidth, int contextLength)
    {
        if (json.Has("rope_parameters") && json.Has("rope_scaling"))
            throw json.Fault("rope_parameters", "stands beside rope_scaling, and which of them counts is not clear");
        var modern = json.Section("rope_parameters");
        var scaling = modern ?? json.Section("rope_scaling");
        var theta = Number(json, modern, "rope_theta", keys.Base, 10_000);
        var share = Number(json, modern, "partial_rotary_factor", keys.Share, keys.DefaultShare);
        var rotated = (int)(headWidth * share);
        if (rotated < 2 || rotated > headWidth || rotated % 2 != 0)
            throw json.Fault("partial_rotary_factor", $"rotates {rotated} of {headWidth} dimensions of a head; an even number of at least 2 is needed");
        if (theta <= 0)
            throw json.Fault("rope_theta", "is not above 0");
        var rule = scaling is null ? new RopeScaling.None() : Scaling(json, scaling, modern is null ? null : "default", rotated, contextLength);
        if (rule is RopeScaling.None)
            json.Harmless(OriginalLength);
        scaling?.RequireAllServed(modern is null ? "rope_scaling." : "rope_parameters.");
        return new RopeConfig(theta, rotated, rule);
    }

    /// <summary>A number that may stand in the section of version 5, or under one of two names; where it stands twice it must agree.</summary>
    private static double Number(ConfigJson json, ConfigJson? modern, string key, string? alias, double missing)
    {
        var places = new[] { (Json: modern, Key: key), (Json: json, Key: key), (Json: json, Key: alias) };
        var found = places.Where(place => place.Key is not null && place.Json?.Has(place.Key) == true).Select(place => (place.Key, Value: place.Json!.Number(place.Key!))).ToArray();
        var other = Array.FindIndex(found, place => place.Value != found[0].Value);
        return found.Length == 0 ? missing
            : other < 0 ? found[0].Value
            : throw json.Fault(found[other].Key!, $"differs from {found[0].Key} elsewhere in it, and which of them counts is not clear");
    }

    /// <param name="json">The whole configuration.</param>
    /// <param name="scaling">Its rotary section.</param>
    /// <param name="missing">The type where the section names none; null where it must name one.</param>
    /// <param name="rotated">Rotated dimensions of a head.</param>
    /// <param name="contextLength">The longest context.</param>
    private static RopeScaling Scaling(ConfigJson json, ConfigJson scaling, string? missing, int rotated, int contextLength)
    {
        var (type, older) = (scaling.Text("rope_type"), scaling.Text("type"));
        if (type is not null && older is not null && type != older)
            throw scaling.Fault("type", $"is '{older}', but rope_type is '{type}'");
        return (type ?? older ?? missing) switch
        {
            null => throw json.Fault("rope_scaling", "has no rope_type"),
            "default" => new RopeScaling.None(),
            "linear" => new RopeScaling.Linear(scaling.Positive("factor")),
            "dynamic" => Dynamic(scaling, contextLength),
            "llama3" => new RopeScaling.Llama3(
                scaling.Positive("factor"), scaling.Positive("low_freq_factor"), scaling.Positive("high_freq_factor"), scaling.Size(OriginalLength)),
            "longrope" or "su" => LongRope(json, scaling, rotated, contextLength),
            var other => throw json.Fault("rope_type", $"is '{other}', which is not served (default, linear, dynamic, llama3 and longrope are)"),
        };
    }

    private static RopeScaling.Dynamic Dynamic(ConfigJson scaling, int contextLength) =>
        scaling.Size(OriginalLength, contextLength) == contextLength
            ? new RopeScaling.Dynamic(scaling.Positive("factor"), contextLength)
            : throw scaling.Fault(OriginalLength, $"differs from max_position_embeddings {contextLength}, which is not served for dynamic scaling");

    private static RopeScaling.LongRope LongRope(ConfigJson json, ConfigJson scaling, int rotated, int contextLength)
    {
        var original = (json.Has(OriginalLength) ? json : scaling).Size(OriginalLength);
        if (scaling.OptionalSize(OriginalLength) is { } within && within != original)
            throw scaling.Fault(OriginalLength, "differs from the same elsewhere in it, and which of them counts is not clear");
        var amplitude = scaling.Has("attention_factor") ? scaling.Positive("attention_factor") : Amplitude(scaling, original, contextLength);
        scaling.Harmless("factor");
        var shortFactors = Factors(scaling, "short_factor", rotated);
        return new RopeScaling.LongRope(shortFactors, Factors(scaling, "long_factor", rotated), original, amplitude);
    }

    /// <summary>√(1 + ln s / ln original) for contexts s times as long as the original.</summary>
    private static double Amplitude(ConfigJson scaling, int original, int contextLength)
    {
        var ratio = (double)contextLength / original;
        if (scaling.Has("factor") && scaling.Positive("factor") != ratio)
            throw scaling.Fault("factor", $"differs from max_position_embeddings / {OriginalLength}, and which of them counts is not clear");
        return ratio <= 1 ? 1 : Math.Sqrt(1 + Math.Log(ratio) / Math.Log(original));
    }

    private static IReadOnlyList<double> Factors(ConfigJson scaling, string key, int rotated)
    {
        var factors = scaling.Numbers(key);
        if (factors.Count != rotated / 2 || factors.Any(factor => factor <= 0))
            throw scaling.Fault(key, $"has {factors.Count} entries; {rotated / 2} above 0 are needed");
        return factors;
    }
}
