using System.ComponentModel;
using Interp.Studio.Http;

namespace Interp.Studio.Api;

/// <summary>Whether the studio is up, and what it shows.</summary>
internal static class Health
{
    public sealed record Answer
    {
        [Description("ok.")]
        public required string Status { get; init; }

        [Description("Whether requests are served.")]
        public required bool Ready { get; init; }

        [Description("Version of the program.")]
        public required string Version { get; init; }

        [Description("Name of the model.")]
        public required string Model { get; init; }

        [Description("Name of the autoencoder.")]
        public required string Sae { get; init; }

        [Description("Where the autoencoder reads the model.")]
        public required string Hook { get; init; }

        [Description("Size of the dictionary.")]
        public required int Latents { get; init; }

        [Description("The text behind the figures.")]
        public required AtlasFacts Atlas { get; init; }

        [Description("Other dictionaries that can be compared.")]
        public required IReadOnlyList<string> Dictionaries { get; init; }
    }

    public sealed record AtlasFacts
    {
        [Description("Name of the text.")]
        public required string Corpus { get; init; }

        [Description("Tokens that counted.")]
        public required long Tokens { get; init; }

        [Description("Documents that they came from.")]
        public required int Documents { get; init; }

        [Description("Latents that never fired.")]
        public required int Dead { get; init; }
    }

    public static Operation Of(Workbench bench)
    {
        var summary = bench.Atlas.Summary;
        var answer = new Answer
        {
            Status = "ok",
            Ready = true,
            Version = typeof(Health).Assembly.GetName().Version?.ToString(3) ?? "unknown",
            Model = summary.Model,
            Sae = bench.Options.Title ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(bench.Options.Sae))),
            Hook = summary.Hook,
            Latents = bench.Latents,
            Atlas = new AtlasFacts { Corpus = summary.Corpus, Tokens = summary.Tokens, Documents = summary.Documents, Dead = summary.Dead },
            Dictionaries = [.. bench.Options.Others.Select(other => other.Name)],
        };
        return Operation.Get<Nothing, Answer>("/api/v1/health", "Whether the studio is up, and what it shows.", (_, _) => answer);
    }
}
