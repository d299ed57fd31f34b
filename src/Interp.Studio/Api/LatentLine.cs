using System.ComponentModel;

namespace Interp.Studio.Api;

/// <summary>A latent in a list.</summary>
internal record LatentLine
{
    [Description("The latent.")]
    public required int Id { get; init; }

    [Description("Share of the tokens on which it fires.")]
    public required double Density { get; init; }

    [Description("Its largest value; 0: it never fired.")]
    public required float Max { get; init; }

    [Description("The atlas's rule in words; null: none.")]
    public required string? Explanation { get; init; }

    [Description("The rule's F1 on held-out text, 0 to 1; null: there is no rule.")]
    public required double? ExplanationF1 { get; init; }

    [Description("The labelled concept that it fits best; null: none.")]
    public required string? Concept { get; init; }

    [Description("How well it fits the concept, on labelled texts that were not used to choose it; null: there is none.")]
    public required double? ConceptF1 { get; init; }

    public static LatentLine Of(Workbench bench, int latent)
    {
        var page = bench.Atlas.Page(latent);
        return new LatentLine
        {
            Id = latent,
            Density = page.Density,
            Max = page.Max,
            Explanation = page.Explanation?.Text,
            ExplanationF1 = page.Explanation?.F1,
            Concept = page.Concept?.Name,
            ConceptF1 = page.Concept?.F1,
        };
    }
}
