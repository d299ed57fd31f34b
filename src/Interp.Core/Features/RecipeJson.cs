using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Interp.Runtime;

namespace Interp.Features;

/// <summary>Steering recipes as JSON, read strictly.</summary>
internal static class RecipeJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    public static string Write(SteeringRecipe recipe) => JsonSerializer.Serialize(recipe, Options);

    public static SteeringRecipe Read(string json)
    {
        try
        {
            var recipe = JsonSerializer.Deserialize<SteeringRecipe>(json, Options) ?? throw new JsonException("", "$", null, null);
            return recipe.Features.Contains(null!) ? throw new JsonException("", "$.features", null, null) : recipe;
        }
        catch (JsonException e)
        {
            throw new InterpException($"The steering recipe is wrong at {e.Path ?? "$"}; it is one JSON object with prompt, features (each with id, strength, unit max, norm or raw, mode clamp or add), tokens, seed, temperature, positions (notSpecial, all or generated) and keepError.", e);
        }
    }
}
