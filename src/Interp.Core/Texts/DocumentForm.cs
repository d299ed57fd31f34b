using Interp.Runtime;
using Interp.Tokenization.Chat;

namespace Interp.Texts;

/// <summary>Which fields of a record hold its conversation.</summary>
public abstract record ChatFields
{
    private ChatFields()
    {
    }

    /// <summary>How digests name it.</summary>
    internal abstract string Rule { get; }

    /// <summary>The conversation of a record, or null where it has no such field.</summary>
    internal abstract IReadOnlyList<ChatMessage>? Of(TextRecord record);

    /// <summary>One field that lists the turns, each with <c>role</c> and <c>content</c>.</summary>
    /// <param name="Field">Its name.</param>
    public sealed record MessageList(string Field) : ChatFields
    {
        internal override string Rule => $"messages {Field}";

        internal override IReadOnlyList<ChatMessage>? Of(TextRecord record) => record.Messages(Field);
    }

    /// <summary>Two fields: what the user says, and what the assistant answers.</summary>
    /// <param name="Prompt">Name of the former.</param>
    /// <param name="Response">Name of the latter.</param>
    public sealed record PromptAndResponse(string Prompt, string Response) : ChatFields
    {
        internal override string Rule => $"columns {Prompt}\n{Response}";

        internal override IReadOnlyList<ChatMessage>? Of(TextRecord record) => record.Text(Prompt) is { } prompt
            ? [new("user", prompt), new("assistant", record.Text(Response) ?? throw record.Lacks(Response))]
            : null;
    }
}

/// <summary>How conversations become texts.</summary>
/// <param name="Template">The template that comes with the model.</param>
/// <param name="Fields">Where the turns are.</param>
public sealed record ChatRule(ChatTemplate Template, ChatFields Fields);

/// <summary>How a record becomes a document: a field is its text, or its conversation is written by a chat template.</summary>
/// <param name="TextField">Name of the field that holds the text.</param>
public sealed record DocumentForm(string TextField = "text")
{
    /// <summary>Writes the conversation of a record that has one; the others are taken by their text. Null: all are.</summary>
    public ChatRule? Chat { get; init; }

    /// <summary>All of the above in a text, for digests: the text field alone where no conversation is written.</summary>
    public string Rule => Chat is { } chat ? $"{TextField}\nchat\n{chat.Template.Digest}\n{chat.Fields.Rule}" : TextField;

    /// <summary>Makes a document of a record.</summary>
    /// <exception cref="InterpException">It has neither conversation nor text, or the template refuses it.</exception>
    internal Document Make(TextRecord record)
    {
        if (Chat is { } chat && chat.Fields.Of(record) is { } messages)
            return new Document(record.Id, Written(chat.Template, messages, record));
        return new Document(record.Id, record.Text(TextField) ?? throw record.Lacks(TextField));
    }

    private static string Written(ChatTemplate template, IReadOnlyList<ChatMessage> messages, TextRecord record)
    {
        if (messages.Count == 0)
            throw record.Fault("has a conversation without a turn; leave it out");
        try
        {
            return template.Render(messages);
        }
        catch (InterpException e)
        {
            throw new InterpException($"{record.Where}: {e.Message}", e);
        }
    }
}
