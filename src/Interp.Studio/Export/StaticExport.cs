using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Interp.Features;
using Interp.Formats;
using Interp.Runtime;
using Interp.Studio.Pages;

namespace Interp.Studio.Export;

/// <summary>
/// The feature pages of an atlas as files that open from disk or from any static host: <c>index.html</c>, a script for each latent under
/// <c>data/</c>, and the modules of the studio's pages joined into one script, as a browser loads neither modules nor data from a file.
/// </summary>
public static class StaticExport
{
    /// <summary>The pages' modules in the order in which each finds what it needs above it.</summary>
    private static readonly string[] Modules =
    [
        "dom.js", "format.js", "roving.js", "tooltip.js", "heatmap.js", "router.js", "theme-button.js", "charts/scale.js", "charts/histogram.js",
        "parts/examples.js", "parts/explanation.js", "parts/latent.js", "parts/copy.js", "feature/view.js", "static/export.js",
    ];

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the files.</summary>
    /// <param name="atlas">The atlas.</param>
    /// <param name="folder">Where they go; created when absent.</param>
    /// <param name="progress">Is told how many latents are done.</param>
    /// <param name="cancel">Asks to stop.</param>
    /// <exception cref="InterpException">A file cannot be written.</exception>
    public static void Write(Atlas atlas, string folder, Action<int>? progress = null, CancellationToken cancel = default)
    {
        void WriteFile(string name, ReadOnlySpan<byte> bytes)
        {
            var copy = bytes.ToArray();
            AtomicFile.Write(Path.Combine(folder, name), stream => stream.Write(copy));
        }
        var assets = new EmbeddedAssets();
        byte[] Asset(string name) => assets.Find(name)?.Bytes ?? throw new InvalidOperationException($"The pages have no file {name}.");
        WriteFile("studio.js", Encoding.UTF8.GetBytes(Joined(name => Encoding.UTF8.GetString(Asset($"js/{name}")))));
        WriteFile("theme.js", Asset("js/theme.js"));
        foreach (var name in assets.Names.Where(name => name.StartsWith("css/", StringComparison.Ordinal)))
            WriteFile(name, Asset(name));
        var labels = new string?[atlas.Latents];
        for (var latent = 0; latent < atlas.Latents; latent++)
        {
            cancel.ThrowIfCancellationRequested();
            labels[latent] = LabelOf(atlas.Page(latent));
            WriteFile($"data/{latent}.js", [.. "interpRecord("u8, .. atlas.PageJson(latent), .. ");\n"u8]);
            progress?.Invoke(latent + 1);
        }
        var summary = new { atlas.Latents, atlas.Summary.Model, atlas.Summary.Hook, atlas.Summary.Tokens, Labels = labels };
        WriteFile("data/summary.js", Encoding.UTF8.GetBytes($"interpSummary({JsonSerializer.Serialize(summary, Json)});\n"));
        WriteFile("index.html", Asset("static/index.html"));
    }

    /// <summary>What a list says of a latent: its explanation, and the concept that it fits best, each with its F1.</summary>
    private static string? LabelOf(LatentPage page)
    {
        var rule = page.Explanation is { } explanation ? FormattableString.Invariant($"{explanation.Text} (F1\u00a0{explanation.F1:0.00})") : null;
        var concept = page.Concept is { } fit ? FormattableString.Invariant($"concept {fit.Name} (F1\u00a0{fit.F1:0.00})") : null;
        return string.Join("; ", new[] { rule, concept }.OfType<string>()) is { Length: > 0 } label ? label : null;
    }

    /// <summary>The modules as one classic script: without imports and exports, in a function of its own.</summary>
    private static string Joined(Func<string, string> read)
    {
        var script = new StringBuilder("(() => {\n'use strict';\n");
        foreach (var line in Modules.SelectMany(name => read(name).Split('\n')).Where(line => !line.StartsWith("import ", StringComparison.Ordinal)))
            script.Append(line.StartsWith("export ", StringComparison.Ordinal) ? line["export ".Length..] : line).Append('\n');
        return script.Append("})();\n").ToString();
    }
}
