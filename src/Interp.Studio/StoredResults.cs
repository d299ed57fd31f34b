using Interp.Runtime;
using Microsoft.FSharp.Collections;

namespace Interp.Studio;

/// <summary>The result tables of a folder, by their names; no other path is read.</summary>
/// <param name="folder">Holds a folder per result.</param>
internal sealed class StoredResults(string folder)
{
    /// <summary>Names of the results, in ordinal order.</summary>
    public IReadOnlyList<string> Names =>
        Directory.Exists(folder)
            ? [.. Directory.GetDirectories(folder).Where(result => File.Exists(Path.Combine(result, "table.csv"))).Select(result => Path.GetFileName(result)).Order(StringComparer.Ordinal)]
            : [];

    /// <summary>A result; null: there is none of this name.</summary>
    /// <exception cref="DamagedFileException">Its files cannot be read.</exception>
    public Side? Find(string name) => Names.Contains(name) ? Read(() => Sides.stored(PathOf(name))) : null;

    /// <summary>The page of a result that <see cref="Names"/> has.</summary>
    /// <exception cref="DamagedFileException">Its files cannot be read.</exception>
    public string Report(string name) => Read(() => ReportPage.load(PathOf(name)));

    /// <summary>The metrics that a result's experiment names.</summary>
    public static FSharpList<Metric> MetricsOf(Side side) => (side.Experiment is { } experiment ? experiment.Value : ExperimentModule.create(side.Name)).Metrics;

    /// <summary>Header and rows of the table of means over seeds.</summary>
    public static (IReadOnlyList<string> Header, IReadOnlyList<IReadOnlyList<string>> Rows) TableOf(Side side)
    {
        var (header, rows) = ResultSummary.rows(MetricsOf(side), side.Results);
        return ([.. header], [.. rows.Select(row => (IReadOnlyList<string>)[.. row])]);
    }

    /// <summary>What differs between two results, in lines, and the verdict in a sentence.</summary>
    public static (IReadOnlyList<DiffLine> Lines, string Verdict, bool Same) Compare(Side before, Side after)
    {
        var shown = ListModule.OfSeq(MetricsOf(before).Concat(MetricsOf(after)).Select(metric => metric.Name).Distinct());
        var diff = DiffModule.make(before, after);
        return ([.. DiffText.lines(shown, diff)], DiffText.verdict(diff), !DiffModule.differs(diff));
    }

    /// <summary>Of a result that is there, only its files can be to blame.</summary>
    private static T Read<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InterpException error)
        {
            throw new DamagedFileException(error.Message, error);
        }
    }

    private string PathOf(string name) => Path.Combine(folder, name);
}
