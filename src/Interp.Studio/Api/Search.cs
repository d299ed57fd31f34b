using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Nodes;
using Interp.Features;
using Interp.Studio.Guards;
using Interp.Studio.Http;
using Microsoft.AspNetCore.Http;
using TorchSharp;
using static TorchSharp.torch;

namespace Interp.Studio.Api;

/// <summary>Latents by what they do: on a text, on two sets of texts, on labelled texts, or in a direction.</summary>
internal static class Search
{
    public enum Kind
    {
        Text,
        Contrast,
        Labelled,
        Direction,
    }

    public sealed record Question
    {
        [Description("By a text: those that fire in it. By contrast: those that fire in all sentences and in no contrast. By labels: those whose largest value tells the texts apart. By direction: those whose decoder rows point there.")]
        public required Kind Kind { get; init; }

        [Description("Of a search by text."), Length(1, Limits.TextCharacters)]
        public string? Text { get; init; }

        [Description("Of a search by contrast."), Length(1, Limits.Texts)]
        public IReadOnlyList<string>? Sentences { get; init; }

        [Description("Of a search by contrast; may be left out."), Length(0, Limits.Texts)]
        public IReadOnlyList<string>? Contrast { get; init; }

        [Description("Of a search by labels: at least two of each."), Length(4, Limits.Texts)]
        public IReadOnlyList<Labelled>? Texts { get; init; }

        [Description("Of a search by direction: that of this latent's decoder row, itself left out.")]
        public int? Id { get; init; }

        [Description("Of a search by direction: as many numbers as a decoder row has."), Length(1, 1 << 16)]
        public IReadOnlyList<double>? Direction { get; init; }

        [Description("Which latents are considered.")]
        public LatentFilters Filters { get; init; } = new();

        [Description("How many are wanted; at most 1000 are given."), Range(1, int.MaxValue)]
        public int Limit { get; init; } = 20;
    }

    public sealed record Labelled
    {
        [Description("A text."), Length(1, Limits.TextCharacters)]
        public required string Text { get; init; }

        [Description("Whether the latent is to fire in it.")]
        public required bool Label { get; init; }
    }

    public sealed record Answer
    {
        [Description("The latents, best first.")]
        public required IReadOnlyList<SearchHit> Results { get; init; }
    }

    public static Operation Of(Workbench bench) =>
        Operation.Post<Question, Answer>("/api/v1/search", "Latents by what they do: on a text, on two sets of texts, on labelled texts, or in a direction.", (question, call) =>
            new Answer { Results = [.. Hits(bench, question, Math.Min(question.Limit, Limits.Listed), call.Cancel)] }) with
        {
            Example = JsonNode.Parse("""{"kind": "contrast", "sentences": ["They met in October.", "In June it rained."], "contrast": ["They met in Madrid."], "filters": {"maxDensity": 0.1}, "limit": 3}"""),
        };

    private static IEnumerable<SearchHit> Hits(Workbench bench, Question question, int limit, CancellationToken cancel)
    {
        RefuseOthers(question);
        var filter = question.Filters.ToFilter();
        switch (question.Kind)
        {
            case Kind.Text:
                return LatentSearch.ByText(bench.Microscope.Read(Needed(question.Text, "text")), bench.Figures, filter, limit).Latents.Select(found => SearchHit.Of(bench, found.Latent) with { Score = found.Score });
            case Kind.Contrast:
                var options = new AnalysisOptions { Threshold = 0, Share = 1, Limit = limit, Filter = filter };
                return Analysis.Of(bench.Microscope.Read(Needed(question.Sentences, "sentences"), cancel), bench.Microscope.Read(question.Contrast ?? [], cancel), bench.Figures, options)
                    .Latents.Select(found => SearchHit.Of(bench, found.Latent) with { Score = found.Score });
            case Kind.Labelled:
                var classes = Needed(question.Texts, "texts").ToLookup(text => text.Label, text => text.Text);
                return LatentSearch.ByLabels(bench.Microscope.Read([.. classes[true]], cancel), bench.Microscope.Read([.. classes[false]], cancel), bench.Figures, filter, limit)
                    .Select(found => SearchHit.Of(bench, found.Latent) with { Auc = found.Auc.Auc, Low = found.Auc.Low, High = found.Auc.High });
            default:
                return LatentSearch.ByDirection(bench.Microscope.Sae, DirectionOf(bench, question), bench.Figures, filter, limit + 1)
                    .Where(found => found.Latent != question.Id).Take(limit).Select(found => SearchHit.Of(bench, found.Latent) with { Cosine = found.Score });
        }
    }

    /// <summary>A field of another kind of search would be without effect.</summary>
    private static void RefuseOthers(Question question)
    {
        (string Name, bool Given, Kind Kind)[] fields =
        [
            ("text", question.Text is not null, Kind.Text),
            ("sentences", question.Sentences is not null, Kind.Contrast),
            ("contrast", question.Contrast is not null, Kind.Contrast),
            ("texts", question.Texts is not null, Kind.Labelled),
            ("id", question.Id is not null, Kind.Direction),
            ("direction", question.Direction is not null, Kind.Direction),
        ];
        if (fields.FirstOrDefault(field => field.Given && field.Kind != question.Kind) is { Name: { } name, Kind: var kind })
            throw Bad($"The field {name} belongs to the kind {Word(kind)}, not to {Word(question.Kind)}; leave it out.");
    }

    private static IReadOnlyList<double> DirectionOf(Workbench bench, Question question)
    {
        if (question.Id is not { } id)
            return Needed(question.Direction, "direction");
        if (question.Direction is not null)
            throw Bad("Both id and direction name a direction; give one of them.");
        using var scope = NewDisposeScope();
        return bench.Microscope.Sae.DecoderWeight[bench.Known(id)].detach().to(ScalarType.Float64, CPU).data<double>().ToArray();
    }

    private static T Needed<T>(T? value, string name)
        where T : class => value ?? throw Bad($"The field {name} is missing; this kind of search needs it.");

    private static string Word(Kind kind) => JsonNamingPolicy.CamelCase.ConvertName(kind.ToString());

    private static Refusal Bad(string sentence) => new(StatusCodes.Status400BadRequest, sentence);
}
