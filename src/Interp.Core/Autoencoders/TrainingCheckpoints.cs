using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Interp.Activations;
using Interp.Formats;
using Interp.Runtime;

namespace Interp.Autoencoders;

/// <summary>
/// The last checkpoints of one training: for each a <c>step-N.safetensors</c> of <see cref="SaeTrainer.Save"/>, and beside it a
/// <c>step-N.json</c> that says what it is and holds its digest. The JSON is written last, so a checkpoint counts when both are
/// there and agree; what a killed process left half-done does not.
/// </summary>
/// <param name="folder">Where they are; created when needed.</param>
/// <param name="key">Identity of what is trained; checkpoints of another one are not taken.</param>
/// <param name="keep">How many are kept.</param>
public sealed class TrainingCheckpoints(string folder, string key, int keep = TrainingCheckpoints.DefaultKeep)
{
    /// <summary>How many are kept unless someone asks for more: one to go on from, one more should that be damaged.</summary>
    public const int DefaultKeep = 2;

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private long saved = Stopwatch.GetTimestamp();
    private TimeSpan cost;

    /// <summary>Whether a kill would now cost more than a minute, and saving at most a thirtieth of the time.</summary>
    public bool IsDue => Stopwatch.GetElapsedTime(saved) is var since && since > Interval && since > 30 * cost;

    /// <summary>Writes a checkpoint and deletes those that are no longer kept.</summary>
    /// <param name="trainer">What is saved, between two steps.</param>
    /// <param name="lasting">Whether it is made at a step that the recipe fixes; the newest of these outlives all others.</param>
    /// <exception cref="InterpException">A file cannot be written.</exception>
    public void Save(SaeTrainer trainer, bool lasting)
    {
        var start = Stopwatch.GetTimestamp();
        var step = trainer.CompletedSteps;
        trainer.Save(TensorsOf(step));
        AtomicFile.WriteText(JsonOf(step), Describe(trainer, lasting).ToJsonString(Indented) + "\n");
        Keep([.. Steps().Take(keep), .. NewestLasting() is { } last ? [last] : Array.Empty<int>()]);
        saved = Stopwatch.GetTimestamp();
        cost = Stopwatch.GetElapsedTime(start, saved);
    }

    /// <summary>Path of the newest checkpoint that is whole; null when there is none.</summary>
    /// <param name="warn">Is told in a sentence of each newer one that is not.</param>
    public string? Newest(Action<string>? warn = null)
    {
        foreach (var step in Steps())
        {
            if (Fault(step) is not { } fault)
                return TensorsOf(step);
            warn?.Invoke($"The checkpoint {JsonOf(step)} is not used, because {fault}; training goes on from the one before.");
        }
        return null;
    }

    /// <summary>The step of the newest checkpoint in a folder, whole or not; 0 when there is none.</summary>
    public static int NewestStep(string folder) => Steps(folder).FirstOrDefault();

    /// <summary>The tensors of a step's checkpoint in a folder.</summary>
    public static string PathOf(string folder, int step) => Path.Combine(folder, FormattableString.Invariant($"step-{step:00000000}.safetensors"));

    /// <summary>Leaves the newest lasting one alone: the last good state of a training that diverged, the same whenever it runs.</summary>
    /// <returns>Its step; null when there is none.</returns>
    public int? KeepLasting()
    {
        var kept = NewestLasting();
        Keep(kept is { } step ? [step] : []);
        return kept;
    }

    /// <summary>Deletes all.</summary>
    public void Clear()
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    private JsonObject Describe(SaeTrainer trainer, bool lasting)
    {
        var step = trainer.CompletedSteps;
        var schedule = Math.Min(step, trainer.TotalSteps - 1);
        return new JsonObject
        {
            ["format"] = "interp-checkpoint-1",
            ["key"] = key,
            ["step"] = step,
            ["total_steps"] = trainer.TotalSteps,
            ["cursor"] = (long)step * trainer.Spec.BatchSize,
            ["seed"] = trainer.Spec.Seed,
            ["k"] = trainer.KAt(schedule),
            ["learning_rate"] = trainer.Spec.LearningRate.At(schedule, trainer.TotalSteps, trainer.Spec.Latents),
            ["dead"] = trainer.DeadLatents(),
            ["lasting"] = lasting,
            ["tensors"] = Path.GetFileName(TensorsOf(step)),
            ["sha256"] = ActivationStore.ChecksumOf(TensorsOf(step)),
        };
    }

    private string? Fault(int step)
    {
        if (Read(step) is not { } described)
            return "it is no JSON of a checkpoint";
        if (Text(described, "key") != key)
            return "it belongs to another training";
        if (!File.Exists(TensorsOf(step)))
            return "its tensors are missing";
        return ActivationStore.ChecksumOf(TensorsOf(step)) == Text(described, "sha256") ? null : "its tensors are not those that were written (the checksum differs)";
    }

    private JsonObject? Read(int step)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(JsonOf(step))) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private int? NewestLasting() => Steps().Where(step => Text(Read(step), "lasting") == "true").Cast<int?>().FirstOrDefault();

    private static string? Text(JsonObject? described, string name) => described?[name]?.ToString();

    /// <summary>Steps of which there is a JSON, the newest first.</summary>
    private int[] Steps() => Steps(folder);

    private static int[] Steps(string folder) => !Directory.Exists(folder) ? [] :
        [.. Directory.GetFiles(folder, "step-*.json")
            .Select(path => int.TryParse(Path.GetFileNameWithoutExtension(path)[5..], NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step : -1)
            .Where(step => step >= 0).OrderDescending()];

    /// <summary>Deletes the files of all other steps, what a killed process left without its JSON included.</summary>
    private void Keep(IEnumerable<int> steps)
    {
        var kept = steps.SelectMany(step => new[] { JsonOf(step), TensorsOf(step) }).ToHashSet();
        if (!Directory.Exists(folder))
            return;
        foreach (var file in Directory.GetFiles(folder).Where(file => !kept.Contains(file)).Order(StringComparer.Ordinal))
            File.Delete(file);
    }

    private string TensorsOf(int step) => PathOf(folder, step);

    private string JsonOf(int step) => Path.ChangeExtension(TensorsOf(step), "json");
}
