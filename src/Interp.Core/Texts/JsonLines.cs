using System.Text.Json;
using Interp.Runtime;
using Interp.Tokenization.Chat;

namespace Interp.Texts;

/// <summary>One JSON object a line.</summary>
internal sealed class JsonLines() : RecordFormat(".jsonl", ".jsonl.gz")
{
    /// <inheritdoc/>
    protected override IEnumerable<TextRecord> Records(string file)
    {
        var line = 0;
        foreach (var content in BoundedLines.Read(file))
        {
            line++;
            if (!string.IsNullOrWhiteSpace(content))
                yield return new Line(file, line, content);
        }
    }

    private sealed class Line : TextRecord
    {
        private readonly JsonElement root;

        public Line(string file, int line, string content)
            : base(file, "line", line) => root = Guarded(() => JsonSerializer.Deserialize<JsonElement>(content)) is { ValueKind: JsonValueKind.Object } found
                ? found
                : throw Fault("is not a JSON object; write one object per line");

        protected override string? GivenId => root.TryGetProperty("id", out var id) && id.ValueKind is JsonValueKind.String or JsonValueKind.Number
            ? Guarded(id.ToString)
            : null;

        protected override IEnumerable<string> Names => root.EnumerateObject().Select(property => property.Name);

        public override string? Text(string field)
        {
            if (!root.TryGetProperty(field, out var text))
                return null;
            return text.ValueKind == JsonValueKind.String ? Guarded(text.GetString) : throw NotText(field);
        }

        public override IReadOnlyList<ChatMessage>? Messages(string field) =>
            root.TryGetProperty(field, out var list) ? Guarded(() => Turns(field, list)) : null;

        /// <summary>Half a surrogate pair is found only when a text is taken out.</summary>
        private T Guarded<T>(Func<T> read)
        {
            try
            {
                return read();
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                throw new InterpException($"{Where}, is not valid JSON; write one object per line.", e);
            }
        }
    }
}
