using System.Globalization;
using System.Text;
using Interp.Runtime;

namespace Interp.Features;

/// <summary>Steering recipes as F#.</summary>
internal static class RecipeScript
{
    public static string Write(SteeringRecipe recipe, string model, string autoencoder) => $"""
        #load "configs/interp.fsx"
        open Interp.Features
        SteeredGeneration.Text(Microscope.Open({Text(model)}, {Text(autoencoder)}), {Recipe(recipe)}) |> System.Console.Out.Write

        """.ReplaceLineEndings("\n");

    private static string Recipe(SteeringRecipe recipe) =>
        $"SteeringRecipe(Prompt = {Text(recipe.Prompt)}, Features = [| {string.Join("; ", recipe.Features.Select(Feature))} |], Tokens = {Whole(recipe.Tokens)}, Seed = {Whole(recipe.Seed)}L, "
        + $"Temperature = {Number(recipe.Temperature)}, Positions = SteeredPositions.{recipe.Positions}, KeepError = {(recipe.KeepError ? "true" : "false")})";

    private static string Feature(SteeredLatent feature) => feature.Unit == StrengthUnit.Max
        ? throw new InterpException($"The strength of latent {feature.Id} is in units of its maximum; multiply it out before it is written as F#.")
        : $"SteeredLatent({Whole(feature.Id)}, {Number(feature.Strength)}, StrengthUnit.{feature.Unit}, SteeringMode.{feature.Mode})";

    private static string Whole(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>The shortest literal that reads back to the same bits.</summary>
    private static string Number(double number)
    {
        var text = number.ToString("R", CultureInfo.InvariantCulture);
        return text.AsSpan().IndexOfAny(".E") < 0 ? text + ".0" : text;
    }

    /// <summary>A string literal on one line, in which no character can hide.</summary>
    private static string Text(string text)
    {
        var literal = new StringBuilder("\"");
        foreach (var character in text)
        {
            literal.Append(character switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                _ when IsPlain(character) => character.ToString(),
                _ => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}"),
            });
        }
        return literal.Append('"').ToString();
    }

    private static bool IsPlain(char character) => character == ' ' || char.GetUnicodeCategory(character) is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.Surrogate or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse);
}
