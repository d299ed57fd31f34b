using Interp.Models;
using Interp.Pretraining;
using Interp.Runtime;
using TorchSharp;
using Xunit;

namespace Interp.Core.Tests.Pretraining;

/// <summary>Training is the same bits whatever the number of threads and however often it is interrupted.</summary>
public class LanguageModelTrainerTests
{
    private static readonly ModelConfig Tiny = new()
    {
        Architecture = "Phi3ForCausalLM",
        LayerCount = 2,
        Width = 16,
        HeadCount = 2,
        KeyValueHeadCount = 2,
        HeadWidth = 8,
        MlpWidth = 24,
        VocabularySize = 13,
        ContextLength = 16,
        NormEpsilon = 1e-5,
        Rope = new RopeConfig(10_000, 8, new RopeScaling.None()),
        BosId = 1,
        EosIds = [2],
    };

    private static readonly LanguageModelRecipe Recipe = new() { Model = Tiny, Seed = 3, Steps = 100, Microbatches = 4, WarmUpSteps = 10, LearningRate = 1e-2 };

    /// <summary>Documents that count upwards from a random digit, so that there is something to learn.</summary>
    private static PackedContexts Text(string name, int documents)
    {
        var stream = new RandomStream(11, name);
        return PackedContexts.Pack(Enumerable.Range(0, documents).Select(_ =>
        {
            var first = stream.Next(10);
            return Enumerable.Range(0, 5 + stream.Next(20)).Select(i => 3 + (first + i) % 10).ToArray();
        }), Tiny.ContextLength, Tiny.BosId!.Value);
    }

    private static byte[] Bits(LanguageModelTrainer trainer) =>
        [.. trainer.Parameters.Values.SelectMany(parameter => parameter.bytes.ToArray())];

    private static string TemporaryFile() => Path.Combine(Path.GetTempPath(), $"interp-{Guid.NewGuid():N}.safetensors");

    [Fact]
    public void A_hundred_steps_are_the_same_bits_as_fifty_and_fifty_after_a_resume()
    {
        var (train, validation, checkpoint) = (Text("train", 300), Text("validation", 20), TemporaryFile());
        try
        {
            using var whole = new LanguageModelTrainer(Recipe, train);
            whole.Train(validation, 25, null, _ => { });

            using (var first = new LanguageModelTrainer(Recipe, train))
            {
                using var stop = new CancellationTokenSource();
                Assert.Throws<OperationCanceledException>(() => first.Train(validation, 25, checkpoint, point =>
                {
                    if (point.Step == 50)
                        stop.Cancel();
                }, stop.Token));
            }
            using var second = new LanguageModelTrainer(Recipe, train);
            second.Resume(checkpoint);
            Assert.Equal(50, second.Step);
            second.Train(validation, 25, checkpoint, _ => { });

            Assert.Equal(Bits(whole), Bits(second));
            Assert.Equal(TrainingCurve.ToCsv(whole.Curve), TrainingCurve.ToCsv(second.Curve));
            Assert.Equal([25, 50, 75, 100], second.Curve.Select(point => point.Step));
        }
        finally
        {
            File.Delete(checkpoint);
        }
    }

    [Fact]
    public void Training_again_from_the_seed_gives_the_same_bits_and_learns()
    {
        var (train, validation) = (Text("train", 300), Text("validation", 20));
        using var one = new LanguageModelTrainer(Recipe, train);
        using var two = new LanguageModelTrainer(Recipe, train);
        one.Train(validation, 100, null, _ => { });
        two.Train(validation, 100, null, _ => { });
        Assert.Equal(Bits(one), Bits(two));
        Assert.True(one.Curve[^1].ValidationLoss < 1.2, $"The loss is {one.Curve[^1].ValidationLoss}.");
    }

    [Fact]
    public void Gradients_of_a_step_are_those_of_the_whole_batch()
    {
        var train = Text("train", 300);
        var cut = Recipe with { Microbatches = 4, ContextsPerMicrobatch = 2 };
        var whole = Recipe with { Microbatches = 1, ContextsPerMicrobatch = 8 };
        using var one = new LanguageModelTrainer(cut, train);
        using var two = new LanguageModelTrainer(whole, train);
        Assert.Equal(one.Advance(), two.Advance(), 1e-5);
        Assert.Equal(one.Advance(), two.Advance(), 1e-3);
    }

    [Fact]
    public void A_checkpoint_of_another_recipe_is_refused()
    {
        var (train, checkpoint) = (Text("train", 300), TemporaryFile());
        try
        {
            using var one = new LanguageModelTrainer(Recipe, train);
            one.Save(checkpoint);
            using var two = new LanguageModelTrainer(Recipe with { Steps = 200 }, train);
            Assert.Contains(checkpoint, Assert.Throws<InterpException>(() => two.Resume(checkpoint)).Message);
        }
        finally
        {
            File.Delete(checkpoint);
        }
    }

    [Fact]
    public void The_learning_rate_rises_and_falls_to_its_final_share()
    {
        var recipe = Recipe with { LearningRate = 1, FinalShare = 0.1 };
        Assert.Equal(0.1, recipe.LearningRateAt(0), 1e-12);
        Assert.Equal(1, recipe.LearningRateAt(10), 1e-12);
        Assert.Equal(0.55, recipe.LearningRateAt(55), 1e-12);
        Assert.Equal(0.1, recipe.LearningRateAt(100), 1e-12);
    }

    [Fact]
    public void A_written_folder_opens_as_a_model_and_gives_the_logits_of_the_rounded_weights()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"interp-{Guid.NewGuid():N}");
        try
        {
            using var trainer = new LanguageModelTrainer(Recipe, Text("train", 300));
            trainer.Advance();
            HuggingFaceFolder.Write(folder, Tiny, trainer.Parameters, "{}", new SpecialTokens("<unk>", "<s>", "</s>"));
            using var stored = LanguageModel.Load(folder, torch.CPU);
            Assert.Equal(Tiny.ParameterCount, stored.Config.ParameterCount);
            Assert.Equal(Tiny.BosId, stored.Config.BosId);

            using var scope = torch.NewDisposeScope();
            using var _ = torch.no_grad();
            var rounded = trainer.Parameters.ToDictionary(pair => pair.Key, pair => pair.Value.to(torch.ScalarType.BFloat16).to(torch.ScalarType.Float32));
            using var expected = LanguageModel.FromParameters(Tiny, rounded);
            var tokens = torch.tensor(new long[] { 1, 3, 4, 5 }, [1, 4], dtype: torch.ScalarType.Int64, device: torch.CPU);
            Assert.Equal(0, (stored.Logits(tokens) - expected.Logits(tokens)).abs().max().ToSingle());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
