using Interp.Runtime;

namespace Interp.Models;

/// <summary>Reads rotary settings in the spelling of transformers 4 (rope_theta, rope_scaling) and 5 (rope_parameters).</summary>
internal static class RopeReader
{
    public static RopeConfig Read(ConfigJson json, int headWidth, int contextLength)
    {
        if (json.Has("rope_parameters") && json.Has("rope_scaling"))
            throw json.Fault("rope_parameters", "stands beside rope_scaling, and which of them counts is not clear");
        var modern = json.Section("rope_parameters");
        var scaling = modern ?? json.Section("rope_scaling");
        var theta = (modern is not null && modern.Has("rope_theta") ? modern : json).Number("rope_theta", 10_000);
        var share = (modern is not null && modern.Has("partial_rotary_factor") ? modern : json).Number("partial_rotary_factor", 1);
        var rotated = (int)(headWidth * share);
        if (rotated < 2 || rotated > headWidth || rotated % 2 != 0)
            throw json.Fault("partial_rotary_factor", $"rotates {rotated} of {headWidth} dimensions of a head; an even number of at least 2 is needed");
        if (theta <= 0)
            throw json.Fault("rope_theta", "is not above 0");
        return new RopeConfig(theta, rotated, scaling is null ? new RopeScaling.None() : Scaling(json, scaling, rotated, contextLength));
    }

    private static RopeScaling Scaling(ConfigJson json, ConfigJson scaling, int rotated, int contextLength)
    {
        var type = scaling.Text("rope_type") ?? scaling.Text("type")
            ?? throw json.Fault("rope_scaling", "has no rope_type");
        return type switch
        {
            "default" => new RopeScaling.None(),
            "linear" => new RopeScaling.Linear(Positive(scaling, "factor")),
            "dynamic" => new RopeScaling.Dynamic(Positive(scaling, "factor"), contextLength),
            "llama3" => new RopeScaling.Llama3(
                Positive(scaling, "factor"), Positive(scaling, "low_freq_factor"), Positive(scaling, "high_freq_factor"),
                scaling.Size("original_max_position_embeddings")),
            "longrope" or "su" => LongRope(json, scaling, rotated, contextLength),
            _ => throw json.Fault("rope_type", $"is '{type}', which is not served (default, linear, dynamic, llama3 and longrope are)"),
        };
    }

    private static RopeScaling.LongRope LongRope(ConfigJson json, ConfigJson scaling, int rotated, int contextLength)
    {
        var original = (scaling.Has("original_max_position_embeddings") ? scaling : json).Size("original_max_position_embeddings");
        var ratio = (double)contextLength / original;
        var amplitude = scaling.Has("attention_factor") ? Positive(scaling, "attention_factor")
            : ratio <= 1 ? 1 : Math.Sqrt(1 + Math.Log(ratio) / Math.Log(original));
        var shortFactors = Factors(scaling, "short_factor", rotated);
        return new RopeScaling.LongRope(shortFactors, Factors(scaling, "long_factor", rotated), original, amplitude);
    }

    private static IReadOnlyList<double> Factors(ConfigJson scaling, string key, int rotated)
    {
        var factors = scaling.Numbers(key);
        if (factors.Count != rotated / 2 || factors.Any(factor => factor <= 0))
            throw scaling.Fault(key, $"has {factors.Count} entries; {rotated / 2} above 0 are needed");
        return factors;
    }

    private static double Positive(ConfigJson json, string key) =>
        json.Number(key) is > 0 and var number ? number : throw json.Fault(key, "is not above 0");
}
