using Interp.Studio.Http;

namespace Interp.Studio.Api;

/// <summary>The whole API; a new operation is a file and a line here.</summary>
internal static class Operations
{
    public static IReadOnlyList<Operation> Of(Workbench bench) =>
    [
        Health.Of(bench),
        Analyze.Of(bench),
        Tokens.Of(bench),
        FeatureList.Of(bench),
        Feature.Of(bench),
        FeatureVector.Of(bench),
        FeatureTest.Of(bench),
        SearchWords.Of(bench),
        Search.Of(bench),
        Steer.AtOnce(bench),
        Steer.Streamed(bench),
        DoseCurve.Of(bench),
        Why.Of(bench),
        Map.Of(bench),
        Compare.Of(bench),
        Experiments.List(bench),
        Experiments.Table(bench),
        Experiments.Report(bench),
        Experiments.Difference(bench),
    ];
}
