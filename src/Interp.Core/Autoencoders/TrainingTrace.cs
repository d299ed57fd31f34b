using System.Text.Json;
using System.Text.RegularExpressions;
using Interp.Runtime;

namespace Interp.Autoencoders;

/// <summary>A recorded training run: <c>spec.json</c> and <c>trace.json</c> of its folder.</summary>
internal sealed partial class TrainingTrace
{
    private static readonly string[] Served = ["openai-topk", "openai-topk-exact"];

    private TrainingTrace(TrainingSpec spec, int steps, double[] k, double[] rates, JsonElement[] recorded, double gap) =>
        (Spec, Steps, K, LearningRates, Recorded, SelectionGap) = (spec, steps, k, rates, recorded, gap);

    /// <summary>The recipe, with schedules as our own types.</summary>
    public TrainingSpec Spec { get; }

    public int Steps { get; }

    /// <summary>k per step as recorded.</summary>
    public double[] K { get; }

    /// <summary>Learning rate per step as recorded.</summary>
    public double[] LearningRates { get; }

    private JsonElement[] Recorded { get; }

    /// <summary>The smallest difference between a selected and the next value anywhere in the run.</summary>
    public double SelectionGap { get; }

    /// <summary>A recorded number of each step, such as <c>loss</c> or <c>terms.aux</c>.</summary>
    public double[] Column(string path) =>
        [.. Recorded.Select(step => path.Split('.').Aggregate(step, (element, name) => element.GetProperty(name)).GetDouble())];

    /// <exception cref="InterpException">Files are missing or malformed, or the kind of run is not served.</exception>
    public static TrainingTrace Read(string folder)
    {
        var spec = Json(Path.Combine(folder, "spec.json"));
        var kind = spec.TryGetProperty("kind", out var value) ? value.ToString() : "nothing";
        if (!Served.Contains(kind))
            throw new InterpException($"{folder} records a run of kind '{kind}', which is not served; served are {string.Join(" and ", Served)}.");
        var trace = Json(Path.Combine(folder, "trace.json"));
        try
        {
            var steps = spec.GetProperty("steps").GetInt32();
            var k = Numbers(spec, "k");
            var rates = Numbers(spec, "lr");
            var recorded = trace.GetProperty("steps").EnumerateArray().ToArray();
            if (steps < 1 || k.Length != steps || rates.Length != steps || recorded.Length != steps)
                throw new InterpException($"{folder} announces {steps} steps but does not list as many; the recording is incomplete.");
            return new TrainingTrace(Recipe(spec, kind, k, rates, steps), steps, k, rates, recorded, trace.GetProperty("min_selection_gap").GetDouble());
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InterpException($"{folder} is not a recorded training run of kind '{kind}': {e.Message}", e);
        }
    }

    private static TrainingSpec Recipe(JsonElement spec, string kind, double[] k, double[] rates, int steps)
    {
        var aux = spec.GetProperty("aux");
        var adam = spec.GetProperty("optimizer");
        var clip = spec.GetProperty("clip");
        return new TrainingSpec
        {
            Latents = spec.GetProperty("d_sae").GetInt32(),
            K = (int)k[^1],
            KSchedule = Schedule(spec.GetProperty("schedules").GetString()!, (int)k[^1]),
            BatchSize = spec.GetProperty("batch").GetInt32(),
            LearningRate = new LearningRateSchedule(Peak: rates[0]),
            Adam = new AdamSpec(adam.GetProperty("beta1").GetDouble(), adam.GetProperty("beta2").GetDouble(), adam.GetProperty("eps").GetDouble(), adam.GetProperty("weight_decay").GetDouble()),
            Clip = clip.ValueKind == JsonValueKind.Null ? null : clip.GetDouble(),
            Normalisation = InputNormalisation.None,
            DecoderRule = DecoderRule.UnitBeforeStep,
            MseScale = spec.GetProperty("mse_scale").GetDouble(),
            Auxiliary = new AuxiliaryLoss(aux.GetProperty("k_aux").GetInt32(), aux.GetProperty("coefficient").GetDouble(), BiasGradient: kind == "openai-topk-exact"),
            Dead = new DeadRule(spec.GetProperty("dead_window").GetInt64(), DeadUnit.Steps, 1e-3),
        };
    }

    /// <summary><c>k = int(4k + (k-4k)*step/T), T = steps//4; ...</c>: a linear schedule; without a T, a constant k.</summary>
    private static KSchedule Schedule(string formula, int target)
    {
        var match = LinearFormula().Match(formula);
        return match.Success
            ? new LinearK(int.Parse(match.Groups[1].ValueSpan) * target, 1.0 / int.Parse(match.Groups[2].ValueSpan))
            : KSchedule.Constant;
    }

    private static double[] Numbers(JsonElement element, string name) => [.. element.GetProperty(name).EnumerateArray().Select(item => item.GetDouble())];

    private static JsonElement Json(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return document.RootElement.Clone();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new InterpException($"{path} cannot be read as JSON: {e.Message} Give the folder of a recorded training run.", e);
        }
    }

    [GeneratedRegex(@"int\((\d+)k.*steps//(\d+)")]
    private static partial Regex LinearFormula();
}
