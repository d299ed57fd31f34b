using System.Text.Json;
using Interp.Formats;
using Interp.Runtime;

namespace Interp.Tokenization.Chat;

/// <summary>Finds the chat template that comes with a model.</summary>
internal static class ChatTemplateFiles
{
    private const string Template = "chat_template.jinja";
    private const string Configuration = "tokenizer_config.json";
    private const string GgufKey = "tokenizer.chat_template";
    private const string GgufTokens = "tokenizer.ggml.tokens";

    public static ChatTemplate Load(string path)
    {
        if (path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase))
            return FromGguf(path);
        var folder = Path.GetDirectoryName(Path.GetFullPath(TokenizerFiles.Find(path)))!;
        var (bos, eos) = TokenizerFiles.Ends(folder);
        return new ChatTemplate(Text(folder) ?? throw Missing(path), bos, eos, path);
    }

    /// <summary>The template's text in a folder; of several in its configuration, the one called <c>default</c>.</summary>
    private static string? Text(string folder)
    {
        if (Path.Combine(folder, Template) is var file && File.Exists(file))
            return System.Text.Encoding.UTF8.GetString(TokenizerFiles.Read(file));
        if (Path.Combine(folder, Configuration) is var configuration && !File.Exists(configuration))
            return null;
        var template = JsonField.Parse(TokenizerFiles.Read(configuration), configuration)["chat_template"];
        return template.Value.ValueKind == JsonValueKind.Array
            ? template.Items.Where(item => item["name"].Text == "default").Select(item => item["template"].Text).FirstOrDefault()
            : template.OptionalText;
    }

    private static ChatTemplate FromGguf(string path)
    {
        using var file = Gguf.Open(path);
        var template = file.Metadata.GetValueOrDefault(GgufKey) as string ?? throw Missing(path);
        var tokens = file.Metadata.GetValueOrDefault(GgufTokens) as string[] ?? [];
        return new ChatTemplate(template, Token("bos"), Token("eos"), path);

        string? Token(string end) =>
            file.Metadata.GetValueOrDefault($"tokenizer.ggml.{end}_token_id") is ulong id && id < (ulong)tokens.Length ? tokens[id] : null;
    }

    private static InterpException Missing(string path) =>
        new($"{path} has no chat template; use a model that was trained on conversations, or take the text of a field instead.");
}
