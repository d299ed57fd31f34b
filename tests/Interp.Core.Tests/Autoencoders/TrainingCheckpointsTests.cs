using System.Text.Json.Nodes;
using Interp.Activations;
using Interp.Autoencoders;
using Interp.Core.Tests.Tokenization;
using Interp.Runtime;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Autoencoders;

public sealed class TrainingCheckpointsTests : IDisposable
{
    private static readonly TrainingSpec Recipe = TrainingSpec.Default with
    {
        Latents = 64,
        K = 4,
        BatchSize = 50,
        Passes = 4,
        KSchedule = new LinearK(16, 0.5),
        LearningRate = new LearningRateSchedule(1e-3),
        Seed = 5,
    };

    private readonly SparseWorld source = new(500, 12);
    private readonly TemporaryFolder folder = new();

    private string Place => Path.Combine(folder.Path, "checkpoints");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_last_ones_are_kept_and_the_newest_lasting_one_outlives_them()
    {
        var checkpoints = new TrainingCheckpoints(Place, "key", keep: 2);
        SaveAt(checkpoints, lasting: 10, 20, 22, 24);
        Assert.Equal(["step-00000010.json", "step-00000010.safetensors", "step-00000022.json", "step-00000022.safetensors", "step-00000024.json", "step-00000024.safetensors"], Files());
        Assert.EndsWith("step-00000024.safetensors", checkpoints.Newest(Unexpected));
        Assert.Equal(10, checkpoints.KeepLasting());
        Assert.Equal(["step-00000010.json", "step-00000010.safetensors"], Files());
        checkpoints.Clear();
        Assert.Null(checkpoints.Newest(Unexpected));
        Assert.Null(checkpoints.KeepLasting());
    }

    [Fact]
    public void The_json_says_what_the_tensors_are()
    {
        SaveAt(new TrainingCheckpoints(Place, "some key"), lasting: 10);
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(Place, "step-00000010.json")))!.AsObject();
        Assert.Equal(
            "interp-checkpoint-1|some key|10|40|500|5|10|0.001|True|step-00000010.safetensors",
            string.Join('|', new[] { "format", "key", "step", "total_steps", "cursor", "seed", "k", "learning_rate", "lasting", "tensors" }.Select(name => json[name]!.ToJsonString().Trim('"')))
                .Replace("true", "True", StringComparison.Ordinal));
        Assert.Equal(ActivationStore.ChecksumOf(Path.Combine(Place, "step-00000010.safetensors")), (string?)json["sha256"]);
    }

    [Theory]
    [InlineData("tensors cut")]
    [InlineData("tensors altered")]
    [InlineData("tensors gone")]
    [InlineData("json cut")]
    [InlineData("json of another training")]
    public void A_damaged_one_gives_way_to_the_one_before_and_the_training_ends_in_the_same_bytes(string damage)
    {
        var checkpoints = new TrainingCheckpoints(Place, "key");
        var whole = SaveAt(checkpoints, lasting: 10, 20);
        var (tensors, json) = (Path.Combine(Place, "step-00000020.safetensors"), Path.Combine(Place, "step-00000020.json"));
        switch (damage)
        {
            case "tensors cut":
                File.WriteAllBytes(tensors, File.ReadAllBytes(tensors)[..^100]);
                break;
            case "tensors altered":
                var bytes = File.ReadAllBytes(tensors);
                bytes[^9] ^= 1;
                File.WriteAllBytes(tensors, bytes);
                break;
            case "tensors gone":
                File.Delete(tensors);
                break;
            case "json cut":
                File.WriteAllText(json, File.ReadAllText(json)[..40]);
                break;
            default:
                File.WriteAllText(json, File.ReadAllText(json).Replace("\"key\": \"key\"", "\"key\": \"other\"", StringComparison.Ordinal));
                break;
        }
        var warnings = new List<string>();
        var newest = checkpoints.Newest(warnings.Add)!;
        Assert.EndsWith("step-00000010.safetensors", newest);
        Assert.Contains("step-00000020.json is not used", Assert.Single(warnings));
        using var resumed = TrainingRun.Resume(newest, Recipe, source, CPU);
        Assert.True(resumed.Run(_ => { }));
        Assert.Equal(whole, Numbers(resumed));
    }

    [Fact]
    public void An_error_of_a_million_times_the_variance_is_a_divergence()
    {
        using var run = TrainingRun.Start(Recipe with { LearningRate = new LearningRateSchedule(100), DecoderRule = DecoderRule.Free }, source, CPU);
        StepReport? last = null;
        Assert.False(run.Run(report => last = report));
        Assert.Equal((true, true), (last!.IsFinite, last.HasDiverged));
    }

    /// <summary>Trains to the end, saving after some steps, of which the first is a lasting one.</summary>
    private double[] SaveAt(TrainingCheckpoints checkpoints, int lasting, params int[] steps)
    {
        using var run = TrainingRun.Start(Recipe, source, CPU);
        Assert.True(run.Run(_ =>
        {
            if (run.Trainer.CompletedSteps == lasting || steps.Contains(run.Trainer.CompletedSteps))
                checkpoints.Save(run.Trainer, run.Trainer.CompletedSteps == lasting);
        }));
        return Numbers(run);
    }

    private string[] Files() => [.. Directory.GetFiles(Place).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    private static double[] Numbers(TrainingRun run)
    {
        using var scope = NewDisposeScope();
        return [.. run.Trainer.State.Tensors().SelectMany(item => Samples.Numbers(item.Value))];
    }

    private static void Unexpected(string warning) => Assert.Fail(warning);
}
