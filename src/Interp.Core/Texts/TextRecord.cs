using System.Text.Json;
using Interp.Runtime;
using Interp.Tokenization.Chat;

namespace Interp.Texts;

/// <summary>A record of a file with named fields: a JSON line, or a row of a table.</summary>
internal abstract class TextRecord(string file, string unit, long number)
{
    /// <summary>File and place, for messages.</summary>
    public string Where { get; } = FormattableString.Invariant($"{file}, {unit} {number}");

    /// <summary>The record's name in the corpus: its <c>id</c> field, else file name and place.</summary>
    public string Id => GivenId ?? FormattableString.Invariant($"{Path.GetFileName(file)}:{number}");

    /// <summary>The text or number in the <c>id</c> field.</summary>
    protected abstract string? GivenId { get; }

    /// <summary>The names of its fields.</summary>
    protected abstract IEnumerable<string> Names { get; }

    /// <summary>The text in a field; null where there is no such field.</summary>
    /// <exception cref="InterpException">The field is not text.</exception>
    public abstract string? Text(string field);

    /// <summary>The turns in a field; null where there is no such field.</summary>
    /// <exception cref="InterpException">The field is no list of objects with <c>role</c> and <c>content</c>.</exception>
    public abstract IReadOnlyList<ChatMessage>? Messages(string field);

    /// <summary>An error of this record.</summary>
    public InterpException Fault(string what) => new($"{Where}, {what}.");

    /// <summary>The error that a field is missing; it names the nearest there is.</summary>
    public InterpException Lacks(string field) => NearestName.Of(field, Names) is { } near
        ? Fault($"has no field '{field}' (the nearest is '{near}'); name the text's field with --text-field")
        : Fault($"has no field '{field}'; name the text's field with --text-field");

    /// <summary>The error that a field is not text.</summary>
    protected InterpException NotText(string field) => Fault($"has a field '{field}' that is not text; name the text's field with --text-field");

    /// <summary>Reads turns from JSON.</summary>
    protected IReadOnlyList<ChatMessage> Turns(string field, JsonElement list)
    {
        if (list.ValueKind != JsonValueKind.Array)
            throw NoTurns(field);
        return [.. list.EnumerateArray().Select(turn => new ChatMessage(Part(turn, "role"), Part(turn, "content")))];

        string Part(JsonElement turn, string name) =>
            turn.ValueKind == JsonValueKind.Object && turn.TryGetProperty(name, out var part) && part.ValueKind == JsonValueKind.String
                ? part.GetString()!
                : throw NoTurns(field);
    }

    /// <summary>The error that a field holds no conversation.</summary>
    protected InterpException NoTurns(string field) =>
        Fault($"has a field '{field}' that is no list of turns with the texts 'role' and 'content'; name another field with corpus.chat");
}
