using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;

namespace Interp.Studio.Api;

/// <summary>A latent that a search found, with the figure that the search ranks by.</summary>
internal sealed record SearchHit : LatentLine
{
    [Description("Of a search by words, text or contrast: the larger the better.")]
    public double? Score { get; init; }

    [Description("Of a search by labels: area under the ROC curve of its largest value in a text.")]
    public double? Auc { get; init; }

    [Description("Lower end of the area's 95 % interval.")]
    public double? Low { get; init; }

    [Description("Upper end of it.")]
    public double? High { get; init; }

    [Description("Of a search by direction: cosine with its decoder row.")]
    public double? Cosine { get; init; }

    [SetsRequiredMembers]
    private SearchHit(LatentLine line)
        : base(line)
    {
    }

    public static new SearchHit Of(Workbench bench, int latent) => new(LatentLine.Of(bench, latent));
}
