using System.Text.Json;
using Interp.Runtime;

namespace Interp.Tokenization;

/// <summary>A value of a JSON file that knows where it stands, so that every error can say it.</summary>
internal readonly record struct JsonField(JsonElement Value, string Where)
{
    /// <summary>Parses a file; nesting is limited.</summary>
    public static JsonField Parse(ReadOnlyMemory<byte> content, string path)
    {
        try
        {
            var text = content.Span.StartsWith("\uFEFF"u8) ? content[3..] : content;
            using var document = JsonDocument.Parse(text);
            return new JsonField(document.RootElement.Clone(), path);
        }
        catch (JsonException e)
        {
            throw new InterpException($"{path} is not JSON that can be read (line {e.LineNumber + 1}); fetch the file again.", e);
        }
    }

    public bool IsNull => Value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined;

    public InterpException Bad(string what) => new($"{Where} {what}.");

    /// <summary>A member, or a null field when it is absent.</summary>
    public JsonField this[string name]
    {
        get
        {
            if (Value.ValueKind != JsonValueKind.Object)
                throw Bad("is no JSON object");
            var where = Where.EndsWith(".json", StringComparison.Ordinal) ? $"{Where}: {name}" : $"{Where}.{name}";
            var element = Value;
            return new JsonField(Unescaped(() => element.TryGetProperty(name, out var value) ? value : default), where);
        }
    }

    public IEnumerable<JsonField> Items
    {
        get
        {
            if (Value.ValueKind != JsonValueKind.Array)
                throw Bad(IsNull ? "is missing" : "is no JSON array");
            var where = Where;
            return Value.EnumerateArray().Select((item, i) => new JsonField(item, $"{where}[{i}]"));
        }
    }

    public IEnumerable<(string Name, JsonField Field)> Members
    {
        get
        {
            if (Value.ValueKind != JsonValueKind.Object)
                throw Bad(IsNull ? "is missing" : "is no JSON object");
            var where = Where;
            var self = this;
            return Value.EnumerateObject().Select(member =>
            {
                var name = self.Unescaped(() => member.Name);
                return (name, new JsonField(member.Value, $"{where}.{name}"));
            });
        }
    }

    public string Text
    {
        get
        {
            if (Value.ValueKind != JsonValueKind.String)
                throw Bad(IsNull ? "is missing" : "is no text");
            var element = Value;
            return Unescaped(() => element.GetString()!);
        }
    }

    public string? OptionalText => IsNull ? null : Text;

    public int Count => Value.ValueKind == JsonValueKind.Number && Value.TryGetInt32(out var number) && number >= 0
        ? number
        : throw Bad(IsNull ? "is missing" : "is no whole number that can count or name something");

    public bool Flag(bool absent) => Value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Null or JsonValueKind.Undefined => absent,
        _ => throw Bad("is neither true nor false"),
    };

    /// <summary>The <c>type</c> member.</summary>
    public string Type => this["type"].Text;

    private T Unescaped<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException e)
        {
            throw new InterpException($"{Where} holds half a surrogate pair.", e);
        }
    }
}
