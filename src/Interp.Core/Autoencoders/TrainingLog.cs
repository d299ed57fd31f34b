using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Interp.Autoencoders.Kernels;
using Interp.Runtime;

namespace Interp.Autoencoders;

/// <summary>
/// Appends a line of JSON to a file now and then while an autoencoder is trained: loss terms, FVU, L0, dead latents, K or null, learning
/// rate, gradient norms, tokens per second and the share of each part of the step. For eyes and plots, not for results: its times
/// differ from run to run. A training that goes on takes away what it had logged beyond the step where it goes on.
/// </summary>
public sealed class TrainingLog : IDisposable
{
    private readonly StreamWriter writer;
    private readonly SaeTrainer trainer;
    private readonly int every;
    private long since = Stopwatch.GetTimestamp();
    private int steps;

    /// <param name="path">The file; lines of earlier steps stay.</param>
    /// <param name="trainer">Whose steps are logged.</param>
    /// <param name="every">Steps between two lines.</param>
    /// <exception cref="InterpException">The file cannot be written.</exception>
    public TrainingLog(string path, SaeTrainer trainer, int every = 25)
    {
        (this.trainer, this.every) = (trainer, every);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            var earlier = File.Exists(path) ? File.ReadAllLines(path).Where(line => StepOf(line) < trainer.CompletedSteps).ToArray() : [];
            writer = new StreamWriter(path) { AutoFlush = true };
            foreach (var line in earlier)
                writer.WriteLine(line);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InterpException($"The training log {path} cannot be written: {e.Message} Make room or name another store.", e);
        }
    }

    /// <summary>Takes note of a step.</summary>
    public void Add(StepReport report)
    {
        steps++;
        if (steps < every && report.Step + 1 < trainer.TotalSteps && !report.HasDiverged)
            return;
        var seconds = Stopwatch.GetElapsedTime(since).TotalSeconds;
        var parts = trainer.TakeParts();
        var sum = parts.Values.Sum();
        var line = new JsonObject
        {
            ["step"] = report.Step,
            ["k"] = trainer.Spec.Kind.UsesK ? report.K : null,
            ["learning_rate"] = report.LearningRate,
            ["loss"] = Number(report.Loss),
            ["terms"] = Fields(report.Terms),
            ["fvu"] = Number(report.Fvu),
            ["l0"] = Number(report.Active),
            ["dead"] = report.Dead,
            ["gradient_norms"] = Fields(report.GradientNorms),
            ["tokens_per_second"] = Number(steps * (double)trainer.Spec.BatchSize / seconds),
            ["parts"] = Fields(parts.Where(_ => sum > 0).Select(part => KeyValuePair.Create(part.Key.ToString().ToLowerInvariant(), part.Value / sum))),
        };
        writer.WriteLine(line.ToJsonString());
        steps = 0;
        since = Stopwatch.GetTimestamp();
    }

    /// <inheritdoc/>
    public void Dispose() => writer.Dispose();

    /// <summary>The step of a line; a line that was cut off has none.</summary>
    private static int StepOf(string line)
    {
        try
        {
            return JsonNode.Parse(line)?["step"]?.GetValue<int>() ?? int.MaxValue;
        }
        catch (JsonException)
        {
            return int.MaxValue;
        }
    }

    private static JsonObject Fields(IEnumerable<KeyValuePair<string, double>> numbers) =>
        new(numbers.Select(pair => KeyValuePair.Create(pair.Key, Number(pair.Value))));

    /// <summary>A number, or null where it is none.</summary>
    private static JsonNode? Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;
}
