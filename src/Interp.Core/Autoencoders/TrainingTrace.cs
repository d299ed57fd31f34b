using System.Text.Json;
using Interp.Runtime;

namespace Interp.Autoencoders;

/// <summary>A recorded training run: <c>spec.json</c> and <c>trace.json</c> of its folder.</summary>
internal sealed class TrainingTrace
{
    private readonly TraceFormat format;
    private readonly JsonElement[] recorded;

    private TrainingTrace(TraceFormat format, JsonElement spec, JsonElement trace)
    {
        this.format = format;
        Steps = spec.GetProperty("steps").GetInt32();
        K = Numbers(spec, "k");
        LearningRates = Numbers(spec, "lr");
        recorded = [.. trace.GetProperty("steps").EnumerateArray()];
        IsComplete = Steps >= 1 && K.Length == Steps && LearningRates.Length == Steps && recorded.Length == Steps;
        SelectionGap = trace.GetProperty("min_selection_gap") is { ValueKind: JsonValueKind.Number } gap ? gap.GetDouble() : null;
        if (IsComplete)
            Spec = Recipe(spec);
    }

    /// <summary>The recipe, with schedules as our own types where the library has a rule for them.</summary>
    public TrainingSpec Spec { get; } = TrainingSpec.Default;

    public int Steps { get; }

    /// <summary>k per step as recorded; NaN for kinds without one.</summary>
    public double[] K { get; }

    /// <summary>Learning rate per step as recorded.</summary>
    public double[] LearningRates { get; }

    /// <summary>The smallest difference between a selected and the next value anywhere in the run, where there is a selection.</summary>
    public double? SelectionGap { get; }

    /// <summary>The recording's tensors, in the order of <see cref="TrainerState.Parameters"/>.</summary>
    public IReadOnlyList<TraceTensor> Tensors => format.Tensors;

    /// <summary>The recording's loss terms and ours.</summary>
    public IReadOnlyList<(string Theirs, string Ours)> Terms =>
        [.. format.Terms.Concat(recorded[0].GetProperty("terms").EnumerateObject()
            .Where(term => term.Name.StartsWith("inner_mse_loss_", StringComparison.Ordinal))
            .Select(term => (term.Name, term.Name.Replace("inner_mse_loss_", "prefix_"))))];

    private bool IsComplete { get; }

    /// <summary>A recorded number of each step, such as <c>loss</c> or <c>terms.aux</c>.</summary>
    public double[] Column(string path) =>
        [.. recorded.Select(step => path.Split('.').Aggregate(step, (element, name) => element.GetProperty(name)).GetDouble())];

    /// <summary>Why a kind of recording is not served; null: it is.</summary>
    public static string? Unserved(JsonElement spec) => TraceFormat.All.ContainsKey(Kind(spec)) ? null
        : $"records a run of kind '{Kind(spec)}', which is not served; served are {string.Join(", ", TraceFormat.All.Keys)} and gradients.";

    /// <exception cref="InterpException">Files are missing or malformed.</exception>
    public static TrainingTrace Read(string folder, JsonElement spec)
    {
        var kind = Kind(spec);
        var format = TraceFormat.All[kind];
        var recording = Json(Path.Combine(folder, "trace.json"));
        try
        {
            var trace = new TrainingTrace(format, spec, recording);
            return trace.IsComplete ? trace
                : throw new InterpException($"{folder} announces {trace.Steps} steps but does not list as many; the recording is incomplete.");
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InterpException($"{folder} is not a recorded training run of kind '{kind}': {e.Message}", e);
        }
    }

    private static string Kind(JsonElement spec) => spec.ValueKind == JsonValueKind.Object && spec.TryGetProperty("kind", out var kind) ? kind.ToString() : "nothing";

    private TrainingSpec Recipe(JsonElement spec)
    {
        var adam = spec.GetProperty("optimizer");
        var clip = spec.GetProperty("clip");
        var recipe = format.Recipe(spec);
        return recipe with
        {
            Latents = spec.GetProperty("d_sae").GetInt32(),
            K = recipe.Kind.UsesK ? (int)K[^1] : 1,
            BatchSize = spec.GetProperty("batch").GetInt32(),
            Optimiser = new OptimiserSpec(adam.GetProperty("beta1").GetDouble(), adam.GetProperty("beta2").GetDouble(), adam.GetProperty("eps").GetDouble(), adam.GetProperty("weight_decay").GetDouble()),
            Clip = clip.ValueKind == JsonValueKind.Null ? null : clip.GetDouble(),
            Normalisation = recipe.Normalisation == InputNormalisation.PerTokenLayerNorm ? recipe.Normalisation : InputNormalisation.None,
        };
    }

    private static double[] Numbers(JsonElement element, string name) =>
        [.. element.GetProperty(name).EnumerateArray().Select(item => item.ValueKind == JsonValueKind.Null ? double.NaN : item.GetDouble())];

    /// <exception cref="InterpException">The file cannot be read.</exception>
    public static JsonElement Json(string path)
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
}
