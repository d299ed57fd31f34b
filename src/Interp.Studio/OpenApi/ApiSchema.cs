using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using Interp.Studio.Http;

namespace Interp.Studio.OpenApi;

/// <summary>JSON schemas of questions and answers, with the meanings and ranges that the types state.</summary>
internal static class ApiSchema
{
    private static readonly JsonSchemaExporterOptions Exporting = new() { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Annotate };

    public static JsonNode Of(Type type) => StudioJson.Options.GetJsonSchemaAsNode(type, Exporting);

    private static JsonNode Annotate(JsonSchemaExporterContext context, JsonNode schema)
    {
        var fields = IsNumber(context.TypeInfo.Type) ? Number(context.TypeInfo.Type) : schema as JsonObject;
        if (fields is null || context.PropertyInfo?.AttributeProvider is not { } property)
            return fields ?? schema;
        if (Attribute<DescriptionAttribute>() is { } meaning)
            fields["description"] = meaning.Description;
        if (Attribute<RangeAttribute>() is { } range)
        {
            var ranged = fields["items"] as JsonObject ?? fields;
            ranged["minimum"] = JsonValue.Create(range.Minimum);
            ranged["maximum"] = JsonValue.Create(range.Maximum);
        }
        if (Attribute<LengthAttribute>() is { } length)
        {
            var unit = context.TypeInfo.Type == typeof(string) ? "Length" : "Items";
            fields["min" + unit] = length.MinimumLength;
            fields["max" + unit] = length.MaximumLength;
        }
        return fields;

        T? Attribute<T>()
            where T : Attribute => property.GetCustomAttributes(typeof(T), inherit: false).FirstOrDefault() as T;
    }

    /// <summary>The exporter cannot know what the converters of these types write.</summary>
    private static bool IsNumber(Type type) => (Nullable.GetUnderlyingType(type) ?? type) is var bare && (bare == typeof(float) || bare == typeof(double));

    private static JsonObject Number(Type type) => new() { ["type"] = Nullable.GetUnderlyingType(type) is null ? "number" : new JsonArray("number", "null") };
}
