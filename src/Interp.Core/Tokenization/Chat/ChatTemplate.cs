using System.Security.Cryptography;
using System.Text;
using Interp.Runtime;

namespace Interp.Tokenization.Chat;

/// <summary>
/// Writes conversations as a model was trained to read them, from the template that comes with it. Templates are Jinja; what those of
/// Phi-3, Llama 2, Mistral and the ChatML family use of it is served: loops, conditions, variables, slices, the usual filters,
/// tests and text methods. Anything else is an error, never a guess. Immutable; any number of threads may use it at once.
/// </summary>
public sealed class ChatTemplate
{
    private const int Longest = 1 << 20;

    private readonly string where;
    private readonly string? bos;
    private readonly string? eos;
    private readonly TemplateStatement body;

    /// <param name="template">The template's text.</param>
    /// <param name="bos">Text of the token that begins a text, which templates call <c>bos_token</c>; null: the tokenizer has none.</param>
    /// <param name="eos">The same of the token that ends one.</param>
    /// <param name="where">Where the template comes from, for messages.</param>
    /// <exception cref="InterpException">The template is not of the subset that is served.</exception>
    public ChatTemplate(string template, string? bos, string? eos, string where)
    {
        (this.where, this.bos, this.eos) = (where, bos, eos);
        Digest = Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"chat template 1\n{bos}\n{eos}\n{template}")));
        try
        {
            body = template.Length <= Longest
                ? TemplateStatements.Read(TemplateText.Cut(template))
                : throw new UnservedTemplateException($"it has more than {Longest} characters");
        }
        catch (UnservedTemplateException e)
        {
            throw new InterpException($"The chat template of {where} is not served: {e.Message}; the templates of Phi-3, Llama 2, Mistral and ChatML are.", e);
        }
    }

    /// <summary>SHA-256 (hex) of the template and the two tokens it may name.</summary>
    public string Digest { get; }

    /// <summary>Reads the template of a Hugging Face folder (<c>chat_template.jinja</c>, else <c>tokenizer_config.json</c>) or of a .gguf file.</summary>
    /// <exception cref="InterpException">There is none, or it is not served.</exception>
    public static ChatTemplate Load(string path) => ChatTemplateFiles.Load(path);

    /// <summary>Writes a conversation. Special tokens stand in it by their text, which <see cref="Tokenizer.Encode"/> finds; it begins with BOS only where the template says so.</summary>
    /// <param name="messages">The turns, in order.</param>
    /// <param name="addGenerationPrompt">Whether to end with what begins the assistant's next turn.</param>
    /// <exception cref="InterpException">The template refuses the conversation, or does something that is not served.</exception>
    public string Render(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt = false)
    {
        var scope = new TemplateScope
        {
            ["messages"] = messages.Select(Fields).ToList<object?>(),
            ["add_generation_prompt"] = addGenerationPrompt,
        };
        if (bos is not null)
            scope["bos_token"] = bos;
        if (eos is not null)
            scope["eos_token"] = eos;
        var output = new StringBuilder();
        try
        {
            body(scope, output);
        }
        catch (UnservedTemplateException e)
        {
            throw new InterpException($"The chat template of {where} is not served: it uses {e.Message}; the templates of Phi-3, Llama 2, Mistral and ChatML are.", e);
        }
        catch (RefusedConversationException e)
        {
            throw new InterpException($"The chat template of {where} refuses a conversation: {e.Message.TrimEnd('.')}; leave such conversations out.", e);
        }
        return output.ToString();
    }

    private static Dictionary<string, object?> Fields(ChatMessage message) => new(StringComparer.Ordinal)
    {
        ["role"] = message.Role,
        ["content"] = message.Content,
    };
}
