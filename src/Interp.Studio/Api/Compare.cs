using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using Interp.Features;
using Interp.Studio.Guards;
using Interp.Studio.Http;
using Microsoft.AspNetCore.Http;

namespace Interp.Studio.Api;

/// <summary>Which latents of this dictionary another one has too.</summary>
internal static class Compare
{
    /// <summary>Examples of a latent.</summary>
    private const int Examples = 3;

    /// <summary>A part, or the nearest of one that is neither lost nor new, has this share of a match's least cosine.</summary>
    private const double PartOfMatch = 5.0 / 7;

    public sealed record Question
    {
        [Description("Name of the other dictionary; /api/v1/health lists them."), Length(1, 255)]
        public required string Sae { get; init; }

        [Description("Least cosine of the decoder rows of a match; 5/7 of it of a part of a split or merged latent."), Range(0.0, 1.0)]
        public double Threshold { get; init; } = 0.7;

        [Description("How many of each kind are shown."), Range(1, Limits.Listed)]
        public int Limit { get; init; } = 50;
    }

    public sealed record Answer
    {
        [Description("How many there are of each kind.")]
        public required Counts Counts { get; init; }

        [Description("Each other's nearest, nearest first.")]
        public required IReadOnlyList<Row> Matched { get; init; }

        [Description("One here, several there.")]
        public required IReadOnlyList<Row> Split { get; init; }

        [Description("Several here, one there.")]
        public required IReadOnlyList<Row> Merged { get; init; }

        [Description("Here only.")]
        public required IReadOnlyList<Row> Lost { get; init; }

        [Description("There only.")]
        public required IReadOnlyList<Row> New { get; init; }
    }

    public sealed record Counts
    {
        [Description("Pairs.")]
        public required int Matched { get; init; }

        [Description("Latents of this dictionary.")]
        public required int Split { get; init; }

        [Description("Latents of the other.")]
        public required int Merged { get; init; }

        [Description("Latents of this dictionary.")]
        public required int Lost { get; init; }

        [Description("Latents of the other.")]
        public required int New { get; init; }
    }

    public sealed record Row
    {
        [Description("Latents of this dictionary.")]
        public required IReadOnlyList<Shown> Here { get; init; }

        [Description("Latents of the other.")]
        public required IReadOnlyList<Shown> There { get; init; }
    }

    public sealed record Shown
    {
        [Description("The latent.")]
        public required int Id { get; init; }

        [Description("Cosine with the one on the other side; null where it is the one, or alone.")]
        public required float? Cosine { get; init; }

        [Description("Its largest value in its atlas; null: there is no atlas.")]
        public required float? Max { get; init; }

        [Description("The rule in words; null: none.")]
        public required string? Explanation { get; init; }

        [Description("The rule's F1 on held-out text; null: there is no rule.")]
        public required double? ExplanationF1 { get; init; }

        [Description("Where it fires most.")]
        public required IReadOnlyList<PageExample> Examples { get; init; }
    }

    public static Operation Of(Workbench bench) =>
        Operation.Post<Question, Answer>("/api/v1/compare", "Which latents of this dictionary another one has too: matched, split, merged, lost, new.", (question, call) => Run(bench, question, call.Cancel)) with
        {
            Example = bench.Others is [var first, ..] ? new JsonObject { ["sae"] = first.Name, ["limit"] = 3 } : null,
        };

    private static Answer Run(Workbench bench, Question question, CancellationToken cancel)
    {
        var other = bench.Others.FirstOrDefault(other => other.Name == question.Sae)
            ?? throw new Refusal(StatusCodes.Status404NotFound, "There is no dictionary of this name; /api/v1/health lists those that can be compared.");
        Func<int, bool>? aliveThere = other.Atlas is { } atlas ? latent => atlas.Max[latent] > 0 : null;
        var result = DictionaryComparison.Of(bench.Microscope.Sae, other.Sae, latent => bench.Atlas.Max[latent] > 0, aliveThere, question.Threshold, question.Threshold * PartOfMatch, cancel);
        return new Answer
        {
            Counts = new Counts { Matched = result.Matched.Count, Split = result.Split.Count, Merged = result.Merged.Count, Lost = result.Lost.Count, New = result.New.Count },
            Matched = Rows(result.Matched, pair => Pair([Here(pair.A)], [There(pair.B, pair.Cosine)])),
            Split = Rows(result.Split, split => Pair([Here(split.Latent)], split.Parts.Select(part => There(part.Latent, part.Cosine)))),
            Merged = Rows(result.Merged, merged => Pair(merged.Parts.Select(part => Here(part.Latent, part.Cosine)), [There(merged.Latent)])),
            Lost = Rows(result.Lost, latent => Pair([Here(latent)], [])),
            New = Rows(result.New, latent => Pair([], [There(latent)])),
        };

        Row[] Rows<T>(IReadOnlyList<T> found, Func<T, Row> row) => [.. found.Take(question.Limit).Select(row)];
        Shown Here(int latent, float? cosine = null) => ShownOf(bench.Atlas, latent, cosine);
        Shown There(int latent, float? cosine = null) => ShownOf(other.Atlas, latent, cosine);
    }

    private static Row Pair(IEnumerable<Shown> here, IEnumerable<Shown> there) => new() { Here = [.. here], There = [.. there] };

    private static Shown ShownOf(Features.Atlas? atlas, int latent, float? cosine)
    {
        var page = atlas?.Page(latent);
        return new Shown { Id = latent, Cosine = cosine, Max = page?.Max, Explanation = page?.Explanation?.Text, ExplanationF1 = page?.Explanation?.F1, Examples = [.. (page?.Top ?? []).Take(Examples)] };
    }
}
