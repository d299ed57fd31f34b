using Interp.Runtime;

namespace Interp.Models;

/// <summary>Finds models by their name on the Hugging Face hub among those that have been downloaded; nothing is downloaded.</summary>
public static class HuggingFaceCache
{
    /// <summary>The folder that the hub's own tools download to: <c>HF_HUB_CACHE</c>, else <c>hub</c> in <c>HF_HOME</c>, else in <c>~/.cache/huggingface</c>.</summary>
    public static string Folder => Given("HF_HUB_CACHE") ?? Path.Combine(
        Given("HF_HOME") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "huggingface"), "hub");

    /// <summary>
    /// What a model is called in commands and configs, as a path: a path stays as it is; <c>org/name</c>, where no such path exists, is
    /// the newest download of that model, its folder or, where it has no <c>config.json</c>, its only .gguf file.
    /// </summary>
    /// <exception cref="InterpException"><c>org/name</c> is neither a path nor downloaded; the message has the command that downloads it.</exception>
    public static string Resolve(string model) => Resolve(model, Folder);

    /// <summary>The same for another cache.</summary>
    internal static string Resolve(string model, string cache) => Path.Exists(model) || !IsName(model) ? model : Downloaded(model, cache);

    private static string Downloaded(string model, string cache)
    {
        var folder = Path.Combine(cache, $"models--{model.Replace("/", "--", StringComparison.Ordinal)}");
        var main = Path.Combine(folder, "refs", "main");
        var snapshot = File.Exists(main) ? Path.Combine(folder, "snapshots", File.ReadAllText(main).Trim()) : "";
        if (!Directory.Exists(snapshot))
            throw new InterpException($"There is no model {model}, neither at that path nor in the Hugging Face cache {cache}; correct the path, or fetch it with: hf download {model}");
        if (File.Exists(Path.Combine(snapshot, "config.json")))
            return snapshot;
        return Directory.GetFiles(snapshot, "*.gguf") switch
        {
            [var only] => only,
            [] => throw new InterpException($"The download of {model} in {snapshot} holds neither config.json nor a .gguf file; complete it with: hf download {model}"),
            var several => throw new InterpException($"The download of {model} holds {several.Length} .gguf files; name one of those in {snapshot}."),
        };
    }

    /// <summary>Whether a text has the form of a name on the hub.</summary>
    private static bool IsName(string model) =>
        model.Split('/') is [var organisation, var name] && IsWord(organisation) && IsWord(name) && !model.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase);

    private static bool IsWord(string text) =>
        text.Length > 0 && char.IsAsciiLetterOrDigit(text[0]) && text.All(sign => char.IsAsciiLetterOrDigit(sign) || sign is '-' or '_' or '.');

    private static string? Given(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;
}
