using System.Globalization;
using Interp.Features;
using Interp.Runtime;
using Xunit;

namespace Interp.Core.Tests.Features;

public class SteeringRecipeTests
{
    private static readonly SteeringRecipe Recipe = new()
    {
        Prompt = "A \"cat\"\n<s> \u202e\\ \u00e9",
        Features = [new(3, 0.1, StrengthUnit.Raw, SteeringMode.Add), new(7, -2, StrengthUnit.Norm)],
        Tokens = 12,
        Seed = 1L << 40,
        Temperature = 0.7,
        Positions = SteeredPositions.Generated,
        KeepError = false,
    };

    private static void Same(SteeringRecipe expected, SteeringRecipe found)
    {
        Assert.Equal(expected.Features, found.Features);
        Assert.Equal(expected with { Features = [] }, found with { Features = [] });
    }

    [Fact]
    public void Json_comes_back_as_the_same_recipe_in_every_culture()
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("tr-TR");
            Same(Recipe, SteeringRecipe.Parse(Recipe.ToJson()));
            Assert.Contains("\"strength\":0.1,\"unit\":\"raw\",\"mode\":\"add\"", Recipe.ToJson(), StringComparison.Ordinal);
            Assert.Contains("SteeredLatent(3, 0.1, StrengthUnit.Raw, SteeringMode.Add); SteeredLatent(7, -2.0, StrengthUnit.Norm, SteeringMode.Clamp)", Recipe.ToFSharp("m", "s"), StringComparison.Ordinal);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Fields_that_are_left_out_have_their_defaults() =>
        Same(new SteeringRecipe { Prompt = "x", Features = [new(1, 2, StrengthUnit.Max, SteeringMode.Clamp)] }, SteeringRecipe.Parse("""{"prompt":"x","features":[{"id":1,"strength":2}]}"""));

    [Theory]
    [InlineData("{}", "$")]
    [InlineData("null", "$")]
    [InlineData("[]", "$")]
    [InlineData("{\"prompt\":\"x\",\"promt\":\"y\"}", "$.promt")]
    [InlineData("{\"prompt\":\"x\",\"Tokens\":4}", "$.Tokens")]
    [InlineData("{\"prompt\":null}", "$.prompt")]
    [InlineData("{\"prompt\":\"x\",\"prompt\":\"y\"}", "$.prompt")]
    [InlineData("{\"prompt\":\"x\",\"tokens\":1.5}", "$.tokens")]
    [InlineData("{\"prompt\":\"x\",\"tokens\":\"4\"}", "$.tokens")]
    [InlineData("{\"prompt\":\"x\",\"features\":null}", "$.features")]
    [InlineData("{\"prompt\":\"x\",\"features\":[null]}", "$.features")]
    [InlineData("{\"prompt\":\"x\",\"features\":[{\"id\":1}]}", "$.features[0]")]
    [InlineData("{\"prompt\":\"x\",\"features\":[{\"id\":1,\"strength\":1,\"unit\":\"mad\"}]}", "$.features[0].unit")]
    [InlineData("{\"prompt\":\"x\",\"features\":[{\"id\":1,\"strength\":1,\"mode\":1}]}", "$.features[0].mode")]
    [InlineData("{\"prompt\":\"x\",\"features\":[{\"id\":1,\"strength\":1,\"more\":1}]}", "$.features[0].more")]
    [InlineData("{\"prompt\":\"x\"", "$")]
    [InlineData("", "$")]
    public void Other_json_is_refused_with_the_place(string json, string place) =>
        Assert.Contains(place, Assert.Throws<InterpException>(() => SteeringRecipe.Parse(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void Maxima_are_multiplied_out_and_the_rest_stays()
    {
        var figures = new GivenFigures(10, [1, 4], [], [0.5f]);
        var recipe = Recipe with { Features = [new(0, 1.5), new(2, 3, StrengthUnit.Norm), new(1, 2, StrengthUnit.Raw)] };
        Assert.Equal([new SteeredLatent(0, 6, StrengthUnit.Raw), recipe.Features[1], recipe.Features[2]], recipe.Resolved(figures).Features);
        Assert.Contains("never fired", Assert.Throws<InterpException>(() => (recipe with { Features = [new(1, 1)] }).Resolved(figures)).Message, StringComparison.Ordinal);
        Assert.Contains("no latent 3", Assert.Throws<InterpException>(() => (recipe with { Features = [new(3, 1)] }).Resolved(figures)).Message, StringComparison.Ordinal);
        Assert.Contains("not known", Assert.Throws<InterpException>(() => recipe.Resolved(null)).Message, StringComparison.Ordinal);
        Assert.Contains("multiply", Assert.Throws<InterpException>(() => recipe.ToFSharp("m", "s")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_script_hides_no_character_and_ends_no_string_early()
    {
        var script = Recipe.ToFSharp("a\\b", "c\"d");
        Assert.Contains("""Prompt = "A \"cat\"\n<s> \u202e\\ é",""", script, StringComparison.Ordinal);
        Assert.Contains("""Microscope.Open("a\\b", "c\"d")""", script, StringComparison.Ordinal);
        Assert.Equal(4, script.Split('\n').Length);
    }

    [Fact]
    public void What_cannot_be_done_is_refused()
    {
        void Refused(string part, SteeringRecipe recipe) => Assert.Contains(part, Assert.Throws<InterpException>(() => recipe.Validate(10)).Message, StringComparison.Ordinal);
        Refused("no latent 10", Recipe with { Features = [new(10, 1)] });
        Refused("twice", Recipe with { Features = [new(1, 1), new(1, 2)] });
        Refused("finite", Recipe with { Features = [new(1, double.PositiveInfinity)] });
        Refused("-1", Recipe with { Tokens = -1 });
        Refused("temperature", Recipe with { Temperature = double.NaN });
    }
}
