using Interp.Features;
using Interp.Hooks;
using Interp.Models;
using Interp.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Interp.Core.Tests.Features;

public class SteeredGenerationTests
{
    private static readonly SteeringRecipe Recipe = new()
    {
        Prompt = "Anna has a cat and",
        Features = [new(307, 6, StrengthUnit.Raw), new(200, 0.2, StrengthUnit.Norm, SteeringMode.Add)],
        Tokens = 24,
    };

    public static TheoryData<SteeringRecipe> Recipes =>
    [
        Recipe,
        Recipe with { Temperature = 1, Seed = 9 },
        Recipe with { Positions = SteeredPositions.Generated },
        Recipe with { Positions = SteeredPositions.All, KeepError = false, Temperature = 0.8, Seed = 2 },
        Recipe with { Prompt = "<s>Anna</s> has", Tokens = 12 },
        Recipe with { Prompt = "", Features = [new(307, 6, StrengthUnit.Raw)] },
    ];

    [Theory]
    [MemberData(nameof(Recipes))]
    public void With_a_cache_the_tokens_are_those_of_whole_passes(SteeringRecipe recipe)
    {
        var cached = SteeredGeneration.Steered(World.Microscope, recipe).ToArray();
        var whole = SteeredGeneration.Steered(World.Microscope, recipe, cached: false).ToArray();
        Assert.NotEmpty(cached);
        Assert.Equal(cached.Select(token => (token.Id, token.Text)), whole.Select(token => (token.Id, token.Text)));
        Assert.All(cached.Zip(whole), pair => Assert.Equal(pair.First.LogProbability, pair.Second.LogProbability, 1e-4));
    }

    /// <summary>Token by token with whole passes in which the positions' rows are replaced by what the formula of one clean reading gives.</summary>
    [Theory]
    [MemberData(nameof(Recipes))]
    public void The_tokens_are_those_of_a_loop_over_replaced_rows(SteeringRecipe recipe)
    {
        if (recipe.Temperature > 0)
            return;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (microscope, ids) = (World.Microscope, World.Microscope.IdsOf(recipe.Prompt).ToList());
        var prompt = ids.Count;
        var norm = recipe.Features.Any(feature => feature.Unit == StrengthUnit.Norm) ? SteeredGeneration.MedianNorm(microscope, recipe.Prompt) : 0;
        foreach (var token in SteeredGeneration.Steered(microscope, recipe))
        {
            var tokens = tensor(ids.Select(id => (long)id).ToArray(), [1, ids.Count]);
            using var clean = microscope.Model.Run(tokens, [microscope.Hook]);
            var rows = clean[microscope.Hook].clone();
            for (var position = 0; position < ids.Count; position++)
            {
                if (recipe.Positions == SteeredPositions.Generated ? position < prompt : recipe.Positions == SteeredPositions.NotSpecial && ids[position] < 3)
                    continue;
                rows[0, position] = JointSteering.Apply(microscope.Sae, recipe.Features, norm, recipe.KeepError, rows[0, position].unsqueeze(0))[0];
            }
            var probabilities = microscope.Model.Resume(microscope.Hook, rows)[0, -1].to(ScalarType.Float64).log_softmax(0);
            Assert.Equal(probabilities.argmax().ToInt64(), token.Id);
            Assert.Equal(probabilities[token.Id].ToDouble(), token.LogProbability, 1e-4);
            ids.Add(token.Id);
        }
    }

    [Fact]
    public void The_plain_text_is_the_models_own_and_steering_by_nothing_leaves_it()
    {
        var model = World.Microscope.Model;
        var expected = Generation.Stream(model, World.Microscope.IdsOf(Recipe.Prompt), new GenerationOptions { MaxTokens = 24 }).Select(token => token.Id).ToArray();
        var plain = SteeredGeneration.Plain(World.Microscope, Recipe).ToArray();
        Assert.Equal(expected, plain.Select(token => token.Id));
        Assert.Equal(plain, SteeredGeneration.Steered(World.Microscope, Recipe with { Features = [] }));
        Assert.NotEqual(plain.Select(token => token.Id), SteeredGeneration.Steered(World.Microscope, Recipe).Select(token => token.Id));
        Assert.Equal(World.Microscope.Tokenizer.Decode([.. World.Microscope.IdsOf(Recipe.Prompt), .. expected], true)[Recipe.Prompt.Length..], string.Concat(plain.Select(token => token.Text)));
    }

    [Fact]
    public void A_stream_can_be_read_twice_and_stopped()
    {
        var stream = SteeredGeneration.Steered(World.Microscope, Recipe);
        Assert.Equal(stream.ToArray(), stream.ToArray());
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() =>
        {
            foreach (var _ in SteeredGeneration.Steered(World.Microscope, Recipe, cancel: stop.Token))
                stop.Cancel();
        });
    }

    [Fact]
    public void The_norm_is_the_median_of_the_tokens_rows()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var ids = World.Microscope.IdsOf(Recipe.Prompt);
        using var run = World.Microscope.Model.Run(tensor(ids.Select(id => (long)id).ToArray(), [1, ids.Length]), [World.Microscope.Hook]);
        var norms = run[World.Microscope.Hook][0].norm(1, p: 2).data<float>().ToArray().Skip(1).Order().ToArray();
        var expected = norms.Length % 2 == 1 ? norms[norms.Length / 2] : (norms[norms.Length / 2 - 1] + norms[norms.Length / 2]) / 2;
        Assert.Equal(expected, SteeredGeneration.MedianNorm(World.Microscope, Recipe.Prompt), 1e-4);
    }

    [Fact]
    public void Steering_leaves_no_tensors_behind()
    {
        _ = SteeredGeneration.Text(World.Microscope, Recipe);
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        _ = SteeredGeneration.Text(World.Microscope, Recipe);
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void A_wrong_recipe_is_refused_before_it_starts()
    {
        void Refused(string part, SteeringRecipe recipe) =>
            Assert.Contains(part, Assert.Throws<InterpException>(() => SteeredGeneration.Steered(World.Microscope, recipe)).Message, StringComparison.Ordinal);
        Refused("maximum", Recipe with { Features = [new(1, 1)] });
        Refused("511", Recipe with { Features = [new(512, 1, StrengthUnit.Raw)] });
        Refused("context has 256", Recipe with { Tokens = 300 });
        Refused("has none", Recipe with { Prompt = "" });
    }
}
